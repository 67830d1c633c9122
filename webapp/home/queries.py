"""A client's numbers for the overview and beside the menu. Reads the rooms' tables, changes nothing."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlmodel import Session, col

from webapp import clock
from webapp.contacts.models import Contact, Filter, UserDatabase
from webapp.destinations.base import Account
from webapp.destinations.registry import destination
from webapp.shell import Badge
from webapp.uploads.models import Batch, Upload
from webapp.uploads.status import BatchStatus, UploadStatus

RECENT = timedelta(days=30)
RUNNING = (UploadStatus.PREPARING, UploadStatus.SENDING)


@dataclass(frozen=True)
class Steps:
    """How far a client has come: what the first-run steps show as done."""

    has_account: bool
    database: UserDatabase | None
    has_contacts: bool
    has_upload: bool

    @property
    def all_done(self) -> bool:
        return self.has_account and self.has_contacts and self.has_upload


@dataclass(frozen=True)
class Numbers:
    """Of the last 30 days, except those that say how things are now."""

    users_sent: int
    audiences: int
    running: int
    waiting: int
    paused: int
    to_check: int


def steps(session: Session, client_id: int) -> Steps:
    databases = select(UserDatabase).where(col(UserDatabase.client_id) == client_id)
    contacts = select(col(Contact.id)).join(UserDatabase, col(UserDatabase.id) == Contact.database_id)
    return Steps(
        has_account=bool(destination("meta").accounts(client_id)),
        database=session.scalars(databases.order_by(col(UserDatabase.id))).first(),
        has_contacts=_any(session, contacts.where(col(UserDatabase.client_id) == client_id)),
        has_upload=_any(session, select(col(Upload.id)).where(col(Upload.client_id) == client_id)),
    )


def numbers(session: Session, client_id: int) -> Numbers:
    since = clock.now() - RECENT
    mine = col(Upload.client_id) == client_id
    sent = (
        select(func.coalesce(func.sum(Batch.n_rows), 0), func.count(col(Upload.audience_name).distinct()))
        .join(Upload, col(Upload.id) == Batch.upload_id)
        .where(mine, col(Batch.status) == BatchStatus.SENT, col(Batch.sent_at) >= since)
    )
    users_sent, audiences = session.execute(sent).one()
    counted = select(col(Upload.status), func.count()).where(mine).group_by(col(Upload.status))
    by_status = dict(session.execute(counted).tuples())
    troubled = select(func.count()).where(
        mine, col(Upload.status) == UploadStatus.FAILED, col(Upload.created_at) >= since
    )
    return Numbers(
        users_sent=users_sent,
        audiences=audiences,
        running=sum(by_status.get(status, 0) for status in RUNNING),
        waiting=by_status.get(UploadStatus.QUEUED, 0),
        paused=by_status.get(UploadStatus.PAUSED, 0),
        to_check=session.scalar(troubled) or 0,
    )


def accounts_to_check(client_id: int) -> list[Account]:
    return [account for account in destination("meta").accounts(client_id) if account.problem]


def menu_counts(session: Session, client_id: int) -> dict[str, Badge]:
    """Databases, filters and running uploads in one query, for every page."""
    databases = select(func.count(col(UserDatabase.id))).where(col(UserDatabase.client_id) == client_id)
    filters = (
        select(func.count(col(Filter.id)))
        .join(UserDatabase, col(UserDatabase.id) == Filter.database_id)
        .where(col(UserDatabase.client_id) == client_id)
    )
    running = select(func.count(col(Upload.id))).where(
        col(Upload.client_id) == client_id, col(Upload.status).in_(RUNNING)
    )
    row = session.execute(select(*(query.scalar_subquery() for query in (databases, filters, running)))).one()
    badges = {"database": Badge(str(row[0])), "filters": Badge(str(row[1]))}
    if row[2]:
        badges["uploads"] = Badge(f"{row[2]} in corso", "is-run")
    return badges


def _any(session: Session, query: Select[Any]) -> bool:
    return bool(session.scalar(select(exists(query))))
