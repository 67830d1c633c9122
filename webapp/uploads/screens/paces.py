"""How long the uploads at work will still take: what `pace` decides by is read here."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import func, select
from sqlmodel import Session, col

from webapp import clock
from webapp.uploads.events import Event
from webapp.uploads.models import Batch, BatchEvent
from webapp.uploads.pace import MOST, Confirmed, remaining
from webapp.uploads.screens.rows import UploadRow
from webapp.uploads.status import BatchStatus, UploadStatus

SET_GOING = (Event.PREPARED, Event.RESUMED, Event.REOPENED)


def of_rows(session: Session, rows: Iterable[UploadRow]) -> dict[int, timedelta]:
    """Upload id → how long its rest takes; those of which nothing can be said are not in it."""
    found = {row.id: _left(session, row) for row in rows if row.status == UploadStatus.SENDING}
    return {upload_id: left for upload_id, left in found.items() if left is not None}


def _left(session: Session, row: UploadRow) -> timedelta | None:
    """A pause is no part of the pace: only what has been confirmed since the upload was last set going."""
    set_going = (
        select(func.max(col(BatchEvent.at)))
        .where(col(BatchEvent.upload_id) == row.id, col(BatchEvent.kind).in_(SET_GOING))
        .scalar_subquery()
    )
    newest = (
        select(col(Batch.sent_at), col(Batch.n_rows))
        .where(
            col(Batch.upload_id) == row.id,
            col(Batch.status) == BatchStatus.SENT,
            col(Batch.sent_at) >= func.coalesce(set_going, row.created_at),
        )
        .order_by(col(Batch.sent_at).desc())
        .limit(MOST)
    )
    confirmed = [Confirmed(at, rows) for at, rows in session.execute(newest)]
    numbers = row.numbers
    return remaining(confirmed, numbers.left_to_do, numbers.on_its_way + numbers.leaving_now, clock.now())
