"""All uploads of the clients an operator follows: what is at work, what failed, who is there to work."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlmodel import Session, col

from webapp import clock, db, periodic, workers
from webapp.access.models import Client
from webapp.uploads.models import Batch, Upload
from webapp.uploads.screens import queries
from webapp.uploads.screens.detail import queries_detail
from webapp.uploads.screens.lists import crew_texts, summary
from webapp.uploads.screens.lists.list_state import ListState
from webapp.uploads.screens.queries import Scope
from webapp.uploads.screens.rows import RowPage
from webapp.uploads.status import MOVING, RUNNING, BatchStatus, UploadStatus

LATELY = timedelta(hours=24)
ACTIVE_S, IDLE_S = 5, 30


class MonitorGroup(StrEnum):
    """The groups that the monitor can be narrowed to; the values stand in its URL."""

    ACTIVE = "attivi"
    CHECK = "da-controllare"
    LATELY = "ultime-24-ore"
    ALL = "tutti"


GROUPS = {
    MonitorGroup.ACTIVE: "Attivi",
    MonitorGroup.CHECK: "Da controllare",
    MonitorGroup.LATELY: "Ultime 24 ore",
    MonitorGroup.ALL: "Tutti",
}


@dataclass(frozen=True, slots=True)
class ListFilter:
    """The monitor's URL: a list state, and one client or account when chosen (public id, name)."""

    state: ListState[MonitorGroup]
    client: Client | None = None
    account: str = ""

    def args(self, **changed: object) -> dict[str, Any]:
        kept = {"cliente": self.client.public_id if self.client else None, "account": self.account or None}
        return {**kept, **self.state.args(**changed)}


@dataclass(frozen=True, slots=True)
class Load:
    """The four numbers on top."""

    moving: int
    still_to_send: int
    queued: int
    oldest_queued: datetime | None
    paused: int
    failed_lately: int
    completed_lately: int


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker as it signs. *doing*: what it is at, in words; None while it waits for work.

    *clock_off_s*: by how much its host's clock is ahead of the database's; 0 when that is little.
    """

    name: str
    host: str
    version: str
    seen_at: datetime
    is_alive: bool
    clock_off_s: float = 0.0
    doing: str | None = None


def scope(clients: Sequence[Client], list_filter: ListFilter) -> ColumnElement[bool]:
    chosen = [list_filter.client] if list_filter.client else clients
    parts: list[ColumnElement[bool]] = [Scope(tuple(db.saved_id(client) for client in chosen)).condition()]
    if list_filter.account:
        parts.append(col(Upload.account_name) == list_filter.account)
    if list_filter.state.q:
        parts.append(queries.named_like(list_filter.state.q))
    return and_(*parts)


def in_group(group: MonitorGroup) -> ColumnElement[bool]:
    if group == MonitorGroup.ACTIVE:
        return col(Upload.status).in_(RUNNING)
    if group == MonitorGroup.CHECK:
        return queries.in_group(queries.StatusGroup.CHECK)
    if group == MonitorGroup.LATELY:
        since = clock.now() - LATELY
        return or_(col(Upload.created_at) >= since, col(Upload.finished_at) >= since)
    return queries.in_group(queries.StatusGroup.ALL)


def load(session: Session, where: ColumnElement[bool]) -> Load:
    """Counts over *where*, which may name the database and client too."""
    status, ended_lately = col(Upload.status), col(Upload.finished_at) >= clock.now() - LATELY
    groups = (
        status.in_(MOVING),
        status == UploadStatus.QUEUED,
        status == UploadStatus.PAUSED,
        and_(status == UploadStatus.FAILED, ended_lately),
        and_(status.in_(queries.DONE), ended_lately),
    )
    counts = [func.coalesce(func.sum(case((group, 1), else_=0)), 0) for group in groups]
    oldest = func.min(case((status == UploadStatus.QUEUED, col(Upload.created_at))))
    moving, queued, paused, failed, done, waits_since = session.execute(
        queries.joined(select(*counts, oldest)).where(where)
    ).one()
    return Load(moving, _still_to_send(session, where), queued, waits_since, paused, failed, done)


def _still_to_send(session: Session, where: ColumnElement[bool]) -> int:
    unsent = col(Batch.status).in_((BatchStatus.PENDING, BatchStatus.SENDING))
    moving = queries.joined(select(col(Upload.id))).where(where, col(Upload.status).in_(MOVING))
    rows = select(func.coalesce(func.sum(col(Batch.n_rows)), 0))
    return int(session.execute(rows.where(col(Batch.upload_id).in_(moving), unsent)).scalar_one())


def tab_counts(session: Session, where: ColumnElement[bool]) -> dict[MonitorGroup, int]:
    counts = [func.coalesce(func.sum(case((in_group(group), 1), else_=0)), 0) for group in MonitorGroup]
    found = session.execute(queries.joined(select(*counts)).where(where)).one()
    return {group: int(count) for group, count in zip(MonitorGroup, found, strict=True)}


def account_names(session: Session, clients: Sequence[Client]) -> list[str]:
    mine = Scope(tuple(db.saved_id(client) for client in clients)).condition()
    names = select(col(Upload.account_name)).where(mine, col(Upload.account_name) != "").distinct()
    return list(session.execute(names.order_by(col(Upload.account_name))).scalars())


def crew(session: Session, clients: Sequence[Client]) -> list[Worker]:
    """The workers heard of in the last 24 hours, the living first, and what each is at.

    Work for a client that is not one of *clients* is said without naming it.
    """
    living = {signal.name for signal in workers.alive(session)}
    doing = _doing(session, {db.saved_id(client) for client in clients})
    known = select(workers.WorkerSignal).where(col(workers.WorkerSignal.seen_at) >= clock.now() - LATELY)
    found = [
        Worker(
            signal.name,
            signal.host,
            signal.version,
            signal.seen_at,
            signal.name in living,
            signal.clock_off_s if signal.has_wrong_clock else 0.0,
            doing.get(signal.name) if signal.name in living else None,
        )
        for signal in session.execute(known).scalars()
    ]
    return sorted(found, key=lambda worker: (not worker.is_alive, worker.name))


def _doing(session: Session, client_ids: set[int]) -> dict[str, str]:
    """Worker → the batch it sends, or the upload it prepares."""
    upload = (col(Upload.number), col(Upload.audience_name), col(Upload.client_id))
    sends = (
        select(col(Batch.worker), col(Batch.seq), *upload)
        .join(Upload, col(Upload.id) == col(Batch.upload_id))
        .where(col(Upload.status).in_(RUNNING), col(Batch.status) == BatchStatus.SENDING)
    )
    prepares = select(col(Upload.worker), *upload).where(col(Upload.status) == UploadStatus.PREPARING)
    found: dict[str, str] = {}
    for worker, called, name, client_id in session.execute(prepares):
        is_ours = client_id in client_ids
        found[worker] = crew_texts.prepares(called, name) if is_ours else crew_texts.PREPARES_FOR_OTHERS
    for worker, seq, called, name, client_id in session.execute(sends):
        is_ours = client_id in client_ids
        found[worker] = crew_texts.sends(seq, called, name) if is_ours else crew_texts.SENDS_FOR_OTHERS
    return found


def lines(session: Session, page: RowPage) -> dict[int, queries_detail.EventLine]:
    return queries_detail.last_lines(session, page.rows)


def etag_parts(session: Session, clients: Sequence[Client], list_filter: ListFilter) -> tuple[object, ...]:
    """The parts of the monitor's entity tag."""
    everyone = Scope(tuple(db.saved_id(client) for client in clients))
    signals = tuple((one.name, one.seen_at, one.is_alive, one.doing) for one in crew(session, clients))
    tasks = tuple((run.name, run.succeeded_at, run.failures, run.is_late) for run in periodic.runs(session))
    chosen = list_filter.client.id if list_filter.client else None
    shown = (everyone, chosen, list_filter.account, list_filter.state)
    return (*shown, *summary.etag_parts(session, everyone), signals, tasks)
