"""How many users an upload would send, before anybody presses anything."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import ColumnElement, and_, case, false, func, not_, or_, select
from sqlmodel import Session

from webapp.contacts import queries as contact_queries
from webapp.contacts.answers import Answer
from webapp.contacts.consent import (
    Answers,
    ConsentPolicy,
    answer,
    answers_of,
    is_refused,
    is_undecided,
    is_undecided_elsewhere,
    says_no,
)
from webapp.contacts.filters.selection import selected
from webapp.contacts.models import CONTACT, Contact
from webapp.destinations.base import Medium
from webapp.uploads import values
from webapp.uploads.media_columns import DIGEST
from webapp.uploads.screens.sources import Source


@dataclass(frozen=True, slots=True)
class MediumCounts:
    """Contacts of the source with a *valid* detail for a medium, and how many different ones those are.

    *allowed*: how many different ones may be sent under each choice; one that is not in it leaves nobody out.
    *included*: how many of those of ANYONE said no. *refused* and *undecided*: contacts of the source that
    said no, or something nobody could read yet.
    """

    valid: int
    distinct: int
    allowed: Mapping[ConsentPolicy, int] = field(default_factory=dict)
    included: int = 0
    refused: int = 0
    undecided: int = 0

    @property
    def duplicates(self) -> int:
        return self.valid - self.distinct

    def to_send(self, policy: ConsentPolicy) -> int:
        return self.allowed.get(policy, self.distinct)


@dataclass(frozen=True, slots=True)
class Forecast:
    """The content of the source now; *media* are those its whole database has valid contacts for.

    *by_consent*: whether its database has answers about consent, so that there is something to choose.
    """

    selected: int
    reach: dict[Medium, MediumCounts]
    media: tuple[Medium, ...]
    by_consent: bool = False

    def to_send(self, medium: Medium, policy: ConsentPolicy) -> int:
        return self.reach[medium].to_send(policy)

    @property
    def refused(self) -> dict[Medium, int]:
        return {medium: self.reach[medium].refused for medium in self.media}

    @property
    def undecided(self) -> dict[Medium, int]:
        return {medium: self.reach[medium].undecided for medium in self.media}


def shown_before(given: Mapping[str, str]) -> dict[Medium, MediumCounts]:
    """The counts that the form was given: of all, and of a choice by consent where it leaves somebody out."""

    def count(name: str) -> int | None:
        number = given.get(name, "")
        return int(number) if number.isdecimal() else None

    def of(medium: Medium) -> MediumCounts:
        by_choice = {policy: count(f"n_{medium}_{policy}") for policy in ConsentPolicy}
        allowed = {policy: sent for policy, sent in by_choice.items() if sent is not None}
        return MediumCounts(0, count(f"n_{medium}") or 0, allowed, count(f"n_{medium}_no") or 0)

    return {medium: of(medium) for medium in Medium}


def forecast(session: Session, source: Source, today: date, value_field: str = "") -> Forecast:
    """The forecast for the source now. Raises BrokenRule for a filter that uses a field that is gone.

    *value_field*: only who has a value there is counted among those that are sent.
    """
    database_id = source.database.id
    assert database_id is not None
    rule = source.filter.rule if source.filter else None
    chosen = selected(database_id, rule, contact_queries.field_types(session, database_id), today)
    total = session.execute(select(func.count()).select_from(Contact).where(chosen)).scalar_one()
    held = answers_of(session, database_id)
    # One statement each: of a whole database they read the index alone, 0.5 s a million in place of 3.
    is_whole = rule is None and not value_field
    sendable = and_(chosen, values.has_value(value_field)) if value_field else chosen
    reach = {medium: _reach(session, database_id, sendable, medium, held, is_whole) for medium in DIGEST}
    return Forecast(total, reach, media_of(session, database_id), held.given)


def _reach(
    session: Session,
    database_id: int,
    chosen: ColumnElement[bool],
    medium: Medium,
    held: Answers,
    is_whole: bool,
) -> MediumCounts:
    digest = DIGEST[medium]
    if not held.given:
        counts = select(func.count(digest), func.count(digest.distinct())).where(chosen)
        valid, distinct = session.execute(counts).one()
        return MediumCounts(valid, distinct, {ConsentPolicy.GIVEN: 0})

    def some(answered: ColumnElement[bool]) -> ColumnElement[int]:
        return func.max(case((answered, 1), else_=0))

    each = select(
        digest,
        func.count().label("contacts"),
        some(answer(medium, held) == Answer.YES.value).label("yes"),
        some(says_no(CONTACT, medium, held)).label("no"),
        some(is_undecided(CONTACT, medium, held)).label("undecided"),
    )
    person = each.where(chosen, digest.is_not(None)).group_by(digest).subquery()
    no, undecided = person.c.no == 1, person.c.undecided == 1
    if not is_whole:  # whom a filter leaves out may have answered for somebody whom it chooses
        of_digest = (database_id, person.c[digest.key], medium, held)
        no, undecided = or_(no, is_refused(*of_digest)), or_(undecided, is_undecided_elsewhere(*of_digest))
    may = and_(not_(no), not_(undecided))
    sums = (
        func.sum(person.c.contacts),
        func.count(),
        *(
            func.sum(case((one, 1), else_=0))
            for one in (may, and_(may, person.c.yes == 1), not_(undecided), and_(no, not_(undecided)))
        ),
    )
    counted = (int(one or 0) for one in session.execute(select(*sums).select_from(person)).one())
    valid, distinct, not_refused, given, anyone, included = counted
    allowed = {
        ConsentPolicy.NOT_REFUSED: not_refused,
        ConsentPolicy.GIVEN: given,
        ConsentPolicy.ANYONE: anyone,
    }
    return MediumCounts(valid, distinct, allowed, included, *_answered(session, chosen, medium, held))


def _answered(
    session: Session, chosen: ColumnElement[bool], medium: Medium, held: Answers
) -> tuple[int, int]:
    """Contacts that said no, and those whose answer nobody could read; whether they can be sent or not."""
    if not held.refused and not held.undecided:
        return 0, 0
    no = says_no(CONTACT, medium, held) if held.refused else false()
    counts = (func.sum(case((one, 1), else_=0)) for one in (no, is_undecided(CONTACT, medium, held)))
    refused, undecided = session.execute(select(*counts).where(chosen)).one()
    return int(refused or 0), int(undecided or 0)


def media_of(session: Session, database_id: int) -> tuple[Medium, ...]:
    """The media the database has a valid contact for."""
    return tuple(map(Medium, contact_queries.media_of(session, database_id)))
