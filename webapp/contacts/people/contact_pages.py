"""A page of contacts by keyset, so that the thousandth costs what the first does; and the search."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlmodel import Session

from webapp import db
from webapp.contacts.cells import fold
from webapp.contacts.filters import word_index
from webapp.contacts.models import CONTACT, Contact, UserDatabase
from webapp.contacts.store.row_converter import digest_email, digest_mobile

PAGE_ROWS = 50
LONGEST_SEARCH = 100
MAX_WORDS = 5
MAX_EXACT = 200
MOST_AT_ONCE = 5_000  # candidates


@dataclass(frozen=True, slots=True)
class ContactPage:
    """Contacts in the order they came; *previous* and *next* are the ids to go on from, None at the ends."""

    contacts: list[Contact]
    previous: int | None
    next: int | None


def read_page(
    session: Session,
    chosen: ColumnElement[bool],
    after: int | None = None,
    before: int | None = None,
    candidates: word_index.IndexQuery | None = None,
    is_newest: bool = False,
) -> ContactPage:
    """The contacts of *chosen* after the id *after*, or those just before *before*; else the first.

    *candidates*: the question to `word_index` by which they are found, when there is one. *is_newest*: the
    order is turned round, so what comes after has a smaller id.
    """
    if is_newest:
        return _newest(session, chosen, after, before, candidates)
    backwards = before is not None
    if candidates:
        found = _among(session, chosen, candidates, after or 0, before)
    else:
        found = _in_order(session, chosen, after or 0, before)
    more, found = len(found) > PAGE_ROWS, found[:PAGE_ROWS]
    if backwards:
        found.reverse()
    has_previous, has_next = (more, True) if backwards else (after is not None, more)
    return ContactPage(
        found,
        found[0].id if found and has_previous else None,
        found[-1].id if found and has_next else None,
    )


def _newest(
    session: Session,
    chosen: ColumnElement[bool],
    after: int | None,
    before: int | None,
    candidates: word_index.IndexQuery | None,
) -> ContactPage:
    """The same from the last to the first: a page before an id, read backwards, is the page after it here."""
    last = (1 << 63) - 1
    turned = read_page(session, chosen, before, None, candidates) if before is not None else None
    page = turned or read_page(session, chosen, None, after or last, candidates)
    found = page.contacts[::-1]
    if turned:
        more = len(found) == PAGE_ROWS and turned.next is not None
        return ContactPage(found, found[0].id if found and more else None, found[-1].id if found else None)
    has_previous = after is not None
    return ContactPage(
        found,
        found[0].id if found and has_previous else None,
        found[-1].id if found and page.previous is not None else None,
    )


def _in_order(session: Session, chosen: ColumnElement[bool], after: int, before: int | None) -> list[Contact]:
    """One more than a page, nearest first."""
    wanted = select(Contact).where(chosen)
    if before is not None:
        wanted = wanted.where(CONTACT.c.id < before).order_by(CONTACT.c.id.desc())
    else:
        wanted = wanted.where(CONTACT.c.id > after).order_by(CONTACT.c.id)
    return list(session.execute(wanted.limit(PAGE_ROWS + 1)).scalars())


def _among(
    session: Session,
    chosen: ColumnElement[bool],
    question: word_index.IndexQuery,
    after: int,
    before: int | None,
) -> list[Contact]:
    """The same among the candidates, some at a time: nearly all are right, and a page is soon full."""
    found: list[Contact] = []
    limit = 2 * PAGE_ROWS
    while len(found) <= PAGE_ROWS:
        ids = word_index.candidates(session, question, limit, after, before)
        if not ids:
            break
        found += _in_order(session, chosen & CONTACT.c.id.in_(ids), after, before)
        after, before = (after, ids[-1]) if before is not None else (ids[-1], None)
        limit = min(limit * 4, MOST_AT_ONCE)
    return found[: PAGE_ROWS + 1]


@dataclass(frozen=True, slots=True)
class Search:
    """Contacts that *matching* means; *candidates* as of `read_page`."""

    matching: ColumnElement[bool]
    candidates: word_index.IndexQuery | None = None


def search(session: Session, database: UserDatabase, text: str) -> Search:
    """Contacts that *text* may mean: a whole e-mail, mobile or code if there is one, else part of a name.

    What is exact is looked for by its index first: mixed with parts of names it would read all contacts.
    """
    if exact := _exactly(session, database, text):
        return Search(CONTACT.c.id.in_(exact))
    words = fold(text).split()[:MAX_WORDS]
    return Search(word_index.having(session, words), word_index.of_search(db.saved_id(database), words))


def _exactly(session: Session, database: UserDatabase, text: str) -> list[int]:
    """Ids of the contacts that have *text* as their code, e-mail or mobile."""
    keys: dict[str, Any] = {
        "code": text,
        "email_sha256": digest_email(text).sha256,
        "mobile_sha256": digest_mobile(text, database.country).sha256,
    }
    found: list[int] = []
    for column, key in keys.items():
        if key is not None:
            wanted = select(CONTACT.c.id).where(
                CONTACT.c.database_id == database.id, CONTACT.c[column] == key
            )
            found += session.execute(wanted.limit(MAX_EXACT)).scalars()
    return found
