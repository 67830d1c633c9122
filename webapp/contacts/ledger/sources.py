"""How many people each source has put into an audience, and how many of them are still to be taken out."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, case, func, select
from sqlmodel import Session, col

from webapp.contacts.ledger.idents import CELL
from webapp.contacts.ledger.models import DUE, MAYBE, MEMBER, Feed
from webapp.contacts.models import Filter, SentAudience, UserDatabase


@dataclass(frozen=True, slots=True)
class SourceCounts:
    """What the ledger holds of one source; *feed_id* None gathers what belongs to no source that is there.

    *members*: people who are in the audience; *maybe*: those of them of whom no answer told. *unnamed*: sent
    before idents were kept, so that they leave only when the source is aligned. *to_remove*, *refused*:
    people still to be taken out, and those that the vendor refuses to take out for now. *filter_name*: None
    for the whole database, and for a filter that is gone (*filter_public_id* is not empty then).
    """

    feed_id: int | None
    database_public_id: str = ""
    database_name: str = ""
    is_deleted: bool = True
    filter_public_id: str = ""
    filter_name: str | None = None
    medium: str = ""
    members: int = 0
    maybe: int = 0
    unnamed: int = 0
    to_remove: int = 0
    refused: int = 0


def of_audience(session: Session, client_id: int, destination: str, audience_id: str) -> list[SourceCounts]:
    """The client's own sources of the audience, oldest first; whoever belongs to none comes last."""
    same = (
        col(SentAudience.client_id) == client_id,
        col(SentAudience.destination) == destination,
        col(SentAudience.audience_id) == audience_id,
    )
    audience_ref = session.execute(select(col(SentAudience.id)).where(*same)).scalar_one_or_none()
    if audience_ref is None:
        return []
    named = (
        select(Feed, UserDatabase, Filter)
        .join(UserDatabase, col(UserDatabase.id) == col(Feed.database_id))
        .outerjoin(
            Filter,
            and_(
                col(Filter.public_id) == col(Feed.filter_public_id),
                col(Filter.database_id) == col(Feed.database_id),
            ),
        )
        .where(col(Feed.audience_ref) == audience_ref)
        .order_by(col(Feed.id))
    )
    found = session.execute(named).all()
    there = _members(session, [feed.id for feed, _, _ in found])
    owed = _owed(session, audience_ref)
    counts = [
        SourceCounts(
            feed.id,
            database.public_id,
            database.name,
            database.deleted_at is not None,
            feed.filter_public_id,
            saved.name if saved else None,
            feed.medium,
            *there.get(feed.id, (0, 0, 0)),
            *owed.pop(feed.id, (0, 0)),
        )
        for feed, database, saved in found
    ]
    if left := [sum(numbers) for numbers in zip(*owed.values(), strict=True)]:
        counts.append(SourceCounts(None, to_remove=left[0], refused=left[1]))
    return counts


def different_people(session: Session, counts: Sequence[SourceCounts]) -> int:
    """The members of *counts*, each counted once however many sources put them there by the same datum."""
    feed_ids = [one.feed_id for one in counts if one.feed_id is not None and one.members]
    if len(feed_ids) < 2:
        return sum(one.members for one in counts)
    first = func.substr(MEMBER.c.ident, 1, CELL)
    distinct = select(func.count(first.distinct())).where(
        MEMBER.c.feed_id.in_(feed_ids), MEMBER.c.ident != b""
    )
    return int(session.execute(distinct).scalar_one())


def _members(session: Session, feed_ids: Sequence[int | None]) -> dict[int, tuple[int, int, int]]:
    named, is_maybe = MEMBER.c.ident != b"", MEMBER.c.print == MAYBE
    # A duplicate, and whoever left with an audience that is gone, has no ident either; their batch is known.
    before = and_(MEMBER.c.ident == b"", MEMBER.c.batch_id == 0)
    sums = (func.sum(case((one, 1), else_=0)) for one in (named, and_(named, is_maybe), before))
    counted = select(MEMBER.c.feed_id, *sums).where(MEMBER.c.feed_id.in_(feed_ids))
    rows = session.execute(counted.group_by(MEMBER.c.feed_id)).all()
    return {row[0]: (int(row[1]), int(row[2]), int(row[3])) for row in rows}


def _owed(session: Session, audience_ref: int) -> dict[int | None, tuple[int, int]]:
    """Feed → still to be taken out, refused for now."""
    was_refused = DUE.c.tries > 0
    sums = (func.sum(case((one, 1), else_=0)) for one in (~was_refused, was_refused))
    wanted = select(DUE.c.feed_id, *sums).where(DUE.c.audience_ref == audience_ref, DUE.c.done_at.is_(None))
    return {row[0]: (int(row[1]), int(row[2])) for row in session.execute(wanted.group_by(DUE.c.feed_id))}
