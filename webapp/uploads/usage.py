"""Filters, databases and accounts that uploads use: other rooms ask here before they delete one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlmodel import Session, col

from webapp import db
from webapp.contacts.hooks import Use
from webapp.uploads.models import Upload
from webapp.uploads.status import RUNNING
from webapp.values.texts import STATUSES, moment

SHOWN_USES = 10


def is_account_busy(session: Session, kind: str, client_id: int, account_id: int) -> bool:
    """Whether an upload of the client that has not ended sends to this account of the destination *kind*."""
    return _any(session, _to_account(kind, client_id, account_id))


def running_names(session: Session, kind: str, client_id: int, account_id: int) -> list[str]:
    """The audiences of the client's uploads to that account that have not ended, newest first."""
    there = _to_account(kind, client_id, account_id)
    query = select(col(Upload.audience_name)).where(there, col(Upload.status).in_(RUNNING))
    return list(session.execute(query.order_by(col(Upload.id).desc()).limit(SHOWN_USES)).scalars())


def running_on(destination: str, audience_id: str) -> Select[Any]:
    """Ids of the uploads, of whichever client, that fill that audience or wait for it."""
    return select(col(Upload.id)).where(
        col(Upload.destination) == destination,
        col(Upload.audience_id) == audience_id,
        col(Upload.status).in_(RUNNING),
    )


def why_database_busy(session: Session, database_id: int, since: datetime | None = None) -> str | None:
    """Why its contacts must stay, in Italian: an upload that has not ended, or one begun after *since*."""
    held: ColumnElement[bool] = col(Upload.status).in_(RUNNING)
    if since is not None:
        held = or_(held, col(Upload.created_at) >= since)
    query = select(Upload).where(col(Upload.database_id) == database_id, held)
    found = session.execute(query.order_by(col(Upload.id).desc()).limit(1)).scalar_one_or_none()
    if found is None:
        return None
    name = f"Il caricamento su “{found.audience_name}” del {moment(found.created_at)}"
    return f"{name} è in attesa o in corso." if found.status in RUNNING else f"{name} usa questi contatti."


def last_account_uses(session: Session, kind: str, owners: Mapping[int, int]) -> dict[int, datetime]:
    """When the last upload to each of those accounts was started; one without uploads is not in it.

    *owners*: account → the client that it belongs to, whose uploads alone count.
    """
    to, of = col(Upload.account_id), col(Upload.client_id)
    query = select(to, of, func.max(col(Upload.created_at))).where(
        col(Upload.destination) == kind, to.in_(owners)
    )
    found = session.execute(query.group_by(to, of)).all()
    return {account: at for account, client, at in found if owners[account] == client}


def _to_account(kind: str, client_id: int, account_id: int) -> ColumnElement[bool]:
    return and_(
        col(Upload.client_id) == client_id,
        col(Upload.destination) == kind,
        col(Upload.account_id) == account_id,
    )


def is_filter_busy(session: Session, filter_id: int) -> bool:
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


def count_of_database(session: Session, database_id: int) -> int:
    """The uploads that started from the database or from one of its filters."""
    of = select(func.count()).where(col(Upload.database_id) == database_id)
    return int(session.execute(of).scalar_one())


def count_of_filter(session: Session, filter_id: int) -> int:
    return int(session.execute(select(func.count()).where(col(Upload.filter_id) == filter_id)).scalar_one())


def last_filter_uses(session: Session, filter_ids: Sequence[int]) -> dict[int, datetime]:
    """When the last upload from each of those filters was started."""
    return _last_started(session, col(Upload.filter_id), col(Upload.filter_id).in_(filter_ids))


def _last_started(session: Session, of: Any, where: ColumnElement[bool]) -> dict[int, datetime]:
    """Value of the column *of* → when the newest upload with it was started."""
    query = select(of, func.max(col(Upload.created_at))).where(where).group_by(of)
    return {row[0]: row[1] for row in session.execute(query)}


def _any(session: Session, held: ColumnElement[bool]) -> bool:
    return db.finds_any(session, select(col(Upload.id)).where(held, col(Upload.status).in_(RUNNING)))
