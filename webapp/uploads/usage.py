"""What uploads hold on to: other rooms ask before they delete it, and when it was last used."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, col

from webapp.contacts.holders import Use
from webapp.texts import STATUSES
from webapp.uploads.models import Upload
from webapp.uploads.rows import RUNNING

SHOWN_USES = 10


def account_is_busy(session: Session, account_id: int, kind: str = "meta") -> bool:
    """Whether an upload that has not ended sends to this account of the destination *kind*."""
    return _any(session, (col(Upload.destination) == kind) & (col(Upload.account_id) == account_id))


def running_names(session: Session, account_id: int, kind: str = "meta") -> list[str]:
    """The audiences of the uploads to that account that have not ended, newest first."""
    query = select(col(Upload.audience_name)).where(
        col(Upload.destination) == kind, col(Upload.account_id) == account_id, col(Upload.status).in_(RUNNING)
    )
    return list(session.execute(query.order_by(col(Upload.id).desc()).limit(SHOWN_USES)).scalars())


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


def filter_uses(session: Session, filter_id: int) -> list[Use]:
    """The newest uploads that started from the filter, for who is about to delete it."""
    query = select(Upload).where(col(Upload.filter_id) == filter_id).order_by(col(Upload.id).desc())
    return [
        Use(
            upload.created_at,
            f"“{upload.audience_name}” su {upload.account_name}: {STATUSES[upload.status].label}",
            ("uploads.detail", {"upload_id": upload.public_id}),
        )
        for upload in session.execute(query.limit(SHOWN_USES)).scalars()
    ]


def last_filter_uploads(session: Session, filter_ids: Sequence[int]) -> dict[int, datetime]:
    """When the last upload from each of those filters was started."""
    query = (
        select(col(Upload.filter_id), func.max(col(Upload.created_at)))
        .where(col(Upload.filter_id).in_(filter_ids))
        .group_by(col(Upload.filter_id))
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _any(session: Session, held: ColumnElement[bool]) -> bool:
    query = select(col(Upload.id)).where(held, col(Upload.status).in_(RUNNING)).limit(1)
    return session.execute(query).first() is not None
