"""Contacts of a client by what somebody typed, whichever database they are in: a few, found by an index.

Never by reading all contacts: where no index answers, somebody is found by a part of their name among the
first thousands of a database (PostgreSQL without pg_trgm) or not at all (words of one or two letters, figures
alone), and `Found.unanswered` says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from webapp import db
from webapp.contacts.cells import fold
from webapp.contacts.filters import word_index
from webapp.contacts.models import CONTACT, Contact, UserDatabase
from webapp.contacts.store.row_converter import digest_email, digest_mobile

MOST_WORDS = 5
MOST_DATABASES = 20  # asked for a part of a name, one after the other
AT_ONCE = 50  # candidates of the index, nearly all of which are right
LOOKS = 4  # at candidates of one database


@dataclass(frozen=True, slots=True)
class Found:
    """Contacts, each with its database. *unanswered*: not everybody was looked for by name."""

    contacts: list[tuple[Contact, UserDatabase]]
    unanswered: bool = False


def find(session: Session, databases: Sequence[UserDatabase], typed: str, most: int) -> Found:
    """At most *most* contacts that *typed* means: by a whole code, e-mail or mobile, else by words."""
    exact = _exactly(session, databases, typed, most)
    if exact:
        return Found(exact)
    words = fold(typed).split()[:MOST_WORDS]
    is_named = any(letter.isalpha() for letter in typed)  # digits alone are in half of all addresses
    if not is_named or word_index.of_search(0, words) is None:
        return Found([], unanswered=True)
    has_index = word_index.is_there(session)
    found: list[tuple[Contact, UserDatabase]] = []
    for database in databases[:MOST_DATABASES]:
        found += [(one, database) for one in _named(session, database, words, most - len(found), has_index)]
        if len(found) == most:
            break
    return Found(found, unanswered=len(found) < most and (len(databases) > MOST_DATABASES or not has_index))


def _exactly(
    session: Session, databases: Sequence[UserDatabase], typed: str, most: int
) -> list[tuple[Contact, UserDatabase]]:
    """By the indexes of codes and digests; a mobile is read by the country of each database."""
    by_id = {db.saved_id(one): one for one in databases}
    mobiles = {digest_mobile(typed, country).sha256 for country in {one.country for one in databases}}
    keys: dict[str, set[Any]] = {
        "code": {typed},
        "email_sha256": {digest_email(typed).sha256} - {None},
        "mobile_sha256": mobiles - {None},
    }
    found: dict[int, Contact] = {}
    for column, values in keys.items():
        if values:
            wanted = select(Contact).where(CONTACT.c.database_id.in_(by_id), CONTACT.c[column].in_(values))
            found |= {db.saved_id(one): one for one in session.execute(wanted.limit(most)).scalars()}
    return [(one, by_id[one.database_id]) for one in list(found.values())[:most]]


def _named(
    session: Session, database: UserDatabase, words: Sequence[str], most: int, has_index: bool
) -> list[Contact]:
    question = word_index.of_search(db.saved_id(database), words)
    assert question is not None
    if not has_index:
        return _right(session, words, word_index.among_the_first(session, question, most))
    found: list[Contact] = []
    after = 0
    for _ in range(LOOKS):
        ids = word_index.candidates(session, question, AT_ONCE, after)
        found += _right(session, words, ids)
        if len(found) >= most or len(ids) < AT_ONCE:
            break
        after = ids[-1]
    return found[:most]


def _right(session: Session, words: Sequence[str], ids: Sequence[int]) -> list[Contact]:
    """Of the candidates *ids*, whom the words mean."""
    right = word_index.having(session, words) & CONTACT.c.id.in_(ids)
    return list(session.execute(select(Contact).where(right).order_by(CONTACT.c.id)).scalars())
