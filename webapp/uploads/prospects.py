"""How many users an upload would send, before anybody presses anything."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlmodel import Session

from webapp.contacts import queries as contact_queries
from webapp.contacts.models import Contact
from webapp.contacts.selection import selected
from webapp.destinations.base import Medium
from webapp.uploads.sources import Source

CONTACT = Contact.__table__.c  # type: ignore[attr-defined]
DIGESTS = {Medium.EMAIL: CONTACT.email_sha256, Medium.SMS: CONTACT.mobile_sha256}


@dataclass(frozen=True, slots=True)
class Reach:
    """Contacts of the source with a *valid* detail for a medium, and how many different ones those are."""

    valid: int
    distinct: int

    @property
    def duplicates(self) -> int:
        return self.valid - self.distinct


@dataclass(frozen=True, slots=True)
class Prospect:
    """What the source holds now; *media* are those its whole database has valid contacts for."""

    selected: int
    reach: dict[Medium, Reach]
    media: tuple[Medium, ...]

    def to_send(self, medium: Medium) -> int:
        return self.reach[medium].distinct


def look_at(session: Session, source: Source, today: date) -> Prospect:
    """One pass over the source. Raises BrokenRule for a filter that uses a field that is gone."""
    database_id = source.database.id
    assert database_id is not None
    rule = source.filter.rule if source.filter else None
    chosen = selected(database_id, rule, contact_queries.field_types(session, database_id), today)
    counts = [
        count for digest in DIGESTS.values() for count in (func.count(digest), func.count(digest.distinct()))
    ]
    total, *found = session.execute(select(func.count(), *counts).where(chosen)).one()
    reach = {medium: Reach(*found[2 * place : 2 * place + 2]) for place, medium in enumerate(DIGESTS)}
    return Prospect(total, reach, _media(session, database_id))


def _media(session: Session, database_id: int) -> tuple[Medium, ...]:
    def has(medium: Medium) -> bool:
        some = select(CONTACT.id).where(CONTACT.database_id == database_id, DIGESTS[medium].is_not(None))
        return session.execute(some.limit(1)).first() is not None

    return tuple(medium for medium in DIGESTS if has(medium))
