""" "Riconosci più persone": how many of the users that an upload would send have each further datum."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlmodel import Session

from webapp import db
from webapp.contacts import queries as contact_queries
from webapp.contacts.consent import ConsentPolicy, answers_of, why_left_out
from webapp.contacts.filters.selection import selected
from webapp.contacts.models import CONTACT
from webapp.destinations.base import OF_MEDIUM, OTHER_MEDIUM, Identifier, Medium
from webapp.uploads import values
from webapp.uploads.identifier_words import LABELS
from webapp.uploads.media_columns import DIGEST
from webapp.uploads.screens.sources import Source
from webapp.values.texts import percent

NOTES = {
    Identifier.COUNTRY: "solo di chi lo ha scritto",
    Identifier.CODE: "parte com’è, non come impronta: serve se lo invia anche il tuo sito",
}
# The medium's own datum, after "Aggiungi".
TO = {Medium.EMAIL: "all’email", Medium.SMS: "al cellulare"}


@dataclass(frozen=True, slots=True)
class Row:
    """A datum as the form offers it. *users*: how many have it, None while nobody has counted."""

    identifier: Identifier
    label: str
    note: str
    is_chosen: bool
    users: int | None


def counts(
    session: Session,
    source: Source,
    medium: Medium,
    policy: ConsentPolicy,
    today: date,
    value_field: str = "",
) -> tuple[int, dict[Identifier, int]]:
    """The users that would be sent now, and how many of them have each datum.

    Of several contacts with one address the engine sends the first: that one's data count. *value_field*:
    only who has a value there is sent. Raises BrokenRule.
    """
    database_id = db.saved_id(source.database)
    rule = source.filter.rule if source.filter else None
    chosen = selected(database_id, rule, contact_queries.field_types(session, database_id), today)
    held = answers_of(session, database_id)
    allowed = and_(chosen, DIGEST[medium].is_not(None), why_left_out(policy, medium, held).is_(None))
    if value_field:
        allowed = and_(allowed, values.has_value(value_field))
    users = select(func.min(CONTACT.c.id)).where(allowed).group_by(DIGEST[medium])
    other = OTHER_MEDIUM[medium]
    has: dict[Identifier, ColumnElement[bool]] = {
        one: CONTACT.c[one.value].is_not(None) for one in Identifier if one not in OF_MEDIUM.values()
    }
    goes = why_left_out(policy, other, held).is_(None)
    has[OF_MEDIUM[other]] = and_(DIGEST[other].is_not(None), goes)
    sums = [func.sum(case((condition, 1), else_=0)) for condition in has.values()]
    total, *found = session.execute(select(func.count(), *sums).where(CONTACT.c.id.in_(users))).one()
    return int(total), {one: int(count or 0) for one, count in zip(has, found, strict=True)}


def rows(
    medium: Medium,
    chosen: tuple[Identifier, ...],
    offered: frozenset[Identifier],
    found: dict[Identifier, int],
) -> list[Row]:
    """The data beside that of *medium*, in order. *found*: as `counts` says, empty before that."""
    return [
        Row(one, label, NOTES.get(one, ""), one in chosen, found.get(one))
        for one, label in LABELS.items()
        if one in offered and one != OF_MEDIUM[medium]
    ]


def share(count: int, users: int) -> str:
    """“71%”; of some it is never 0%, and only of all 100%."""
    if 0 < count < users:
        return percent(min(max(count / users, 0.01), 0.99), 0)
    return percent(1 if count else 0, 0)
