"""Queries of the page of one upload: its batches and events, never the rows that were sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select
from sqlmodel import Session, col

from webapp.destinations import registry
from webapp.uploads.models import Batch, BatchEvent
from webapp.uploads.screens import texts
from webapp.uploads.screens.rows import UploadRow
from webapp.uploads.status import BatchStatus

BATCHES_PER_PAGE = 10
LATEST_EVENTS = 12
MOST_EVENTS = 2_000
MOST_ANSWERS = 500  # of the newest events that hold an answer of the vendor
MOST_TICKS = 60  # more are thinner than the gap between them


@dataclass(frozen=True, slots=True)
class BatchRow:
    seq: int
    operation: str
    status: BatchStatus
    n_rows: int
    attempt: int
    num_rejected: int
    error_code: str | None
    error: str | None
    trace: str | None
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class BatchPage:
    rows: Sequence[BatchRow]
    total: int
    number: int

    @property
    def first(self) -> int:
        return (self.number - 1) * BATCHES_PER_PAGE + 1 if self.total else 0

    @property
    def last(self) -> int:
        return (self.number - 1) * BATCHES_PER_PAGE + len(self.rows)


@dataclass(frozen=True, slots=True)
class EventLine:
    at: datetime
    kind: str
    text: str
    code: str | None
    trace: str | None


def batch_page(session: Session, upload_id: int, total: int, number: int) -> BatchPage:
    """Page *number* (from 1) of the batches in the order of sending; past the end, the last page."""
    number = min(max(number, 1), max(1, -(-total // BATCHES_PER_PAGE)))
    columns = (getattr(Batch, name) for name in BatchRow.__slots__)
    query = (
        select(*columns).where(col(Batch.upload_id) == upload_id).order_by(col(Batch.phase), col(Batch.seq))
    )
    found = session.execute(query.limit(BATCHES_PER_PAGE).offset((number - 1) * BATCHES_PER_PAGE))
    return BatchPage([BatchRow(**row._mapping) for row in found], total, number)


def ticks(session: Session, row: UploadRow) -> list[BatchStatus]:
    """The state of every batch in the order of sending; nothing when there are too many to tell apart."""
    if not 1 < row.batches <= MOST_TICKS:
        return []
    query = (
        select(col(Batch.status))
        .where(col(Batch.upload_id) == row.id)
        .order_by(col(Batch.phase), col(Batch.seq))
    )
    return [BatchStatus(status) for status in session.execute(query).scalars()]


def attempts(session: Session, upload_id: int) -> int:
    """Requests made for the batches of the upload, those that did not get through included."""
    made = select(func.coalesce(func.sum(col(Batch.attempt)), 0)).where(col(Batch.upload_id) == upload_id)
    return int(session.execute(made).scalar_one())


def events(session: Session, row: UploadRow, limit: int) -> tuple[list[EventLine], bool]:
    """Events, newest first, and whether there is more than *limit* lines of it."""
    query = select(BatchEvent).where(col(BatchEvent.upload_id) == row.id)
    found = session.execute(query.order_by(col(BatchEvent.id).desc()).limit(limit + 1)).scalars().all()
    return [_line(event, row) for event in found[:limit]], len(found) > limit


def raw_events(session: Session, upload_id: int, limit: int) -> Sequence[BatchEvent]:
    """Events, newest first, as they were written down."""
    query = select(BatchEvent).where(col(BatchEvent.upload_id) == upload_id)
    return session.execute(query.order_by(col(BatchEvent.id).desc()).limit(limit)).scalars().all()


def batches_to_look_at(session: Session, upload_id: int, limit: int) -> list[BatchRow]:
    """At most *limit* batches, those that were not received before all others."""
    columns = (getattr(Batch, name) for name in BatchRow.__slots__)
    was_sent = case((col(Batch.status) == BatchStatus.SENT, 1), else_=0)
    query = select(*columns).where(col(Batch.upload_id) == upload_id).order_by(was_sent, col(Batch.seq))
    return [BatchRow(**row._mapping) for row in session.execute(query.limit(limit))]


def last_event_id(session: Session, upload_id: int) -> int:
    last = select(func.max(col(BatchEvent.id))).where(col(BatchEvent.upload_id) == upload_id)
    return session.execute(last).scalar_one() or 0


def last_lines(session: Session, rows: Sequence[UploadRow]) -> dict[int, EventLine]:
    """The newest line of each of those uploads."""
    by_id = {row.id: row for row in rows}
    newest = select(func.max(col(BatchEvent.id))).where(col(BatchEvent.upload_id).in_(by_id))
    query = select(BatchEvent).where(col(BatchEvent.id).in_(newest.group_by(col(BatchEvent.upload_id))))
    return {
        event.upload_id: _line(event, by_id[event.upload_id]) for event in session.execute(query).scalars()
    }


def _line(event: BatchEvent, row: UploadRow) -> EventLine:
    detail: dict[str, Any] = event.detail
    said = texts.event(registry.destination(row.destination), event.kind, event.seq, event.attempt, detail)
    return EventLine(event.at, event.kind, said, detail.get("code"), detail.get("trace"))
