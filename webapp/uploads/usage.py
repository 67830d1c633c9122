"""What uploads hold on to: other rooms ask before they delete it, and when it was last used."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, col

from webapp.uploads.models import Upload
from webapp.uploads.rows import RUNNING


def account_is_busy(session: Session, account_id: int, kind: str = "meta") -> bool:
    """Whether an upload that has not ended sends to this account of the destination *kind*."""
    return _any(session, (col(Upload.destination) == kind) & (col(Upload.account_id) == account_id))


def last_uploads(session: Session, account_ids: Sequence[int], kind: str = "meta") -> dict[int, datetime]:
    """When the last upload to each of those accounts was started; one without uploads is not in it."""
    query = (
        select(col(Upload.account_id), func.max(col(Upload.created_at)))
        .where(col(Upload.destination) == kind, col(Upload.account_id).in_(account_ids))
        .group_by(col(Upload.account_id))
    )
    return {row[0]: row[1] for row in session.execute(query)}


def filter_is_busy(session: Session, filter_id: int) -> bool:
    """Whether an upload that has not ended started from this filter; ended ones keep its name and rule."""
    return _any(session, col(Upload.filter_id) == filter_id)


def _any(session: Session, held: ColumnElement[bool]) -> bool:
    query = select(col(Upload.id)).where(held, col(Upload.status).in_(RUNNING)).limit(1)
    return session.execute(query).first() is not None
