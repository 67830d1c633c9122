"""Writing and reading what is known of how an account is doing; `health` is who finds it out."""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import select
from sqlmodel import Session, col

from webapp import clock
from webapp.destinations.base import Size
from webapp.destinations.meta.models import AudienceSize, MetaHealth


def note(session: Session, account_id: int, **values: object) -> None:
    row = session.get(MetaHealth, account_id) or MetaHealth(account_id=account_id)
    for name, value in values.items():
        setattr(row, name, value)
    session.add(row)


def note_good_start(session: Session, account_id: int) -> None:
    """Saving an account asks Facebook for everything a look asks, except for the list of audiences."""
    now = clock.now()
    seen = {"asked_at": now, "checked_at": now, "answered_at": now}
    note(session, account_id, **seen, trouble=None, has_permission=True, has_terms=True)


def of_accounts(session: Session, account_ids: Sequence[int]) -> Mapping[int, MetaHealth]:
    """The notes on each account; an account nobody has looked at yet is not in it."""
    query = select(MetaHealth).where(col(MetaHealth.account_id).in_(account_ids))
    return {row.account_id: row for row in session.execute(query).scalars()}


def sizes(session: Session, account_id: int, audience_id: str, since: date) -> dict[date, Size]:
    query = select(AudienceSize).where(
        col(AudienceSize.account_id) == account_id,
        col(AudienceSize.audience_id) == audience_id,
        col(AudienceSize.day) >= since,
    )
    return {
        one.day: Size(one.size, one.largest or one.size, one.read_at)
        for one in session.execute(query).scalars()
    }
