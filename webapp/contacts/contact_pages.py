"""A page of contacts by keyset, so that the thousandth costs what the first does; and the search."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlmodel import Session

from webapp.contacts.cells import fold
from webapp.contacts.contact_rows import digest_email, digest_mobile
from webapp.contacts.models import Contact
from webapp.contacts.selection import folded_text

CONTACT = Contact.__table__  # type: ignore[attr-defined]
PAGE_ROWS = 50
LONGEST_SEARCH = 100


@dataclass(frozen=True, slots=True)
class ContactPage:
    """Contacts in the order they came; *previous* and *next* are the ids to go on from, None at the ends."""

    contacts: list[Contact]
    previous: int | None
    next: int | None


def read_page(
    session: Session, chosen: ColumnElement[bool], after: int | None = None, before: int | None = None
) -> ContactPage:
    """The contacts of *chosen* after the id *after*, or those just before *before*; else the first."""
    backwards = before is not None
    wanted = select(Contact).where(chosen)
    if backwards:
        wanted = wanted.where(CONTACT.c.id < before).order_by(CONTACT.c.id.desc())
    else:
        wanted = wanted.where(CONTACT.c.id > (after or 0)).order_by(CONTACT.c.id)
    found = list(session.execute(wanted.limit(PAGE_ROWS + 1)).scalars())
    more, found = len(found) > PAGE_ROWS, found[:PAGE_ROWS]
    if backwards:
        found.reverse()
    has_previous, has_next = (more, True) if backwards else (after is not None, more)
    return ContactPage(
        found,
        found[0].id if found and has_previous else None,
        found[-1].id if found and has_next else None,
    )


def matches(text: str, country: str = "IT") -> ColumnElement[bool]:
    """Contacts that *text* may mean: a whole e-mail, a mobile or a code by its index, else part of a name."""
    found: list[ColumnElement[bool]] = [CONTACT.c.code == text]
    email, mobile = digest_email(text).sha256, digest_mobile(text, country).sha256
    if email or mobile:
        found += [CONTACT.c.email_sha256 == email] if email else []
        found += [CONTACT.c.mobile_sha256 == mobile] if mobile else []
        return or_(*found)
    columns: list[Any] = [CONTACT.c.last_name, CONTACT.c.first_name, CONTACT.c.email, CONTACT.c.city]
    words = fold(text).split()
    for word in words[:5]:
        anywhere = or_(*(folded_text(column).contains(word, autoescape=True) for column in columns))
        found.append(anywhere)
    return or_(found[0], _all(found[1:])) if words else found[0]


def _all(clauses: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    whole = clauses[0]
    for clause in clauses[1:]:
        whole = whole & clause
    return whole
