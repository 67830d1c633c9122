"""The numbers above a list of uploads, and the mark that says whether anything of it has changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, bindparam, case, func, select
from sqlmodel import Session, col

from webapp import clock, workers
from webapp.uploads.models import Batch, Upload
from webapp.uploads.screens import queries
from webapp.uploads.screens.queries import RECENT, Scope, StatusGroup
from webapp.uploads.screens.rows import UploadRow
from webapp.uploads.status import MOVING, RUNNING, UploadStatus
from webapp.workers import WorkerSignal


@dataclass(frozen=True, slots=True)
class Recent:
    """The sums of the last 30 days, counted over the uploads started in them."""

    sent: int
    audiences: int
    invalid: int
    selected: int

    @property
    def invalid_share(self) -> float:
        return self.invalid / self.selected if self.selected else 0.0


@dataclass(frozen=True, slots=True)
class StatusCounts:
    """How many uploads are where, now."""

    moving: int
    queued: int
    paused: int
    need_person: int
    to_check: int

    @property
    def active(self) -> int:
        return self.moving + self.queued + self.paused

    @property
    def interval_s(self) -> int | None:
        """How often a page has to ask again: see the table of live screens; None when nothing can change."""
        if self.moving:
            return 3
        return 10 if self.active else None


def recent(session: Session, scope: Scope) -> Recent:
    return add_up(recent_rows(session, scope))


def recent_rows(session: Session, scope: Scope) -> list[UploadRow]:
    """The uploads started in the last 30 days, newest first."""
    since = col(Upload.created_at) >= clock.now() - RECENT
    return queries.read_all(session, and_(scope.condition(), since))


def add_up(rows: Sequence[UploadRow]) -> Recent:
    return Recent(
        sent=sum(row.numbers.sent for row in rows),
        audiences=len({(row.account_id, row.audience_id) for row in rows if row.numbers.sent}),
        invalid=sum(row.numbers.invalid for row in rows),
        selected=sum(row.numbers.selected or 0 for row in rows),
    )


def count_by_status(session: Session, where: ColumnElement[bool]) -> StatusCounts:
    status = col(Upload.status)
    waits = and_(status == UploadStatus.PAUSED, col(Upload.resume_at).is_(None))
    groups = (
        status.in_(MOVING),
        status == UploadStatus.QUEUED,
        status == UploadStatus.PAUSED,
        waits,
        queries.in_group(StatusGroup.CHECK),
    )
    sums = (func.coalesce(func.sum(case((group, 1), else_=0)), 0) for group in groups)
    return StatusCounts(*map(int, session.execute(select(*sums).select_from(Upload).where(where)).one()))


def etag_parts(session: Session, scope: Scope) -> tuple[object, ...]:
    """Changes when anything a list of these uploads shows may have changed; cheap, nothing is rendered.

    Batches made by a preparation touch no upload, so they are counted; the queue is everybody's, so it is
    looked at whole; whether a worker is alive is on the page too.
    """
    *changed, alive = session.execute(_asked(scope), _signs()).one()
    return (*changed, bool(alive))


@lru_cache(maxsize=256)
def _asked(scope: Scope) -> Select[Any]:
    """Made once a scope: open pages ask every few seconds, and making it takes longer than answering."""
    waiting = func.coalesce(func.sum(case((col(Upload.status).in_(RUNNING), 1), else_=0)), 0)
    asked: list[Any] = [func.max(col(Upload.updated_at)), func.count(), waiting]
    asked += [_made(scope), *_queue(), _alive()]
    return select(*asked).select_from(Upload).where(scope.condition())


def _made(scope: Scope) -> ScalarSelect[int]:
    """The batches that preparations have made so far."""
    made = select(func.count()).select_from(Batch).join(Upload, col(Upload.id) == col(Batch.upload_id))
    preparing = col(Upload.status) == UploadStatus.PREPARING
    return made.where(scope.condition(), preparing).correlate(None).scalar_subquery()


def _queue() -> list[ScalarSelect[int | None]]:
    queued = col(Upload.status) == UploadStatus.QUEUED
    asked: tuple[ColumnElement[Any], ...] = (func.min(col(Upload.id)), func.count(col(Upload.id)))
    return [select(one).where(queued).correlate(None).scalar_subquery() for one in asked]


def _signs() -> dict[str, Any]:
    return {"since": workers.lately(), "until": workers.soon()}


def _alive() -> ScalarSelect[int]:
    signed = col(WorkerSignal.seen_at).between(bindparam("since"), bindparam("until"))
    return select(func.count(col(WorkerSignal.name))).where(signed).correlate(None).scalar_subquery()


def no_worker_for(session: Session, scope: Scope) -> bool:
    """Whether something waits to be worked on and nobody is there to do it."""
    waiting = select(func.count()).where(scope.condition(), col(Upload.status).in_(RUNNING))
    return bool(session.execute(waiting).scalar_one()) and not workers.alive(session)
