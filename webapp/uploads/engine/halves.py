"""Two batches of half the size in place of one, and what is known of a batch that keeps failing."""

from datetime import datetime

from sqlalchemy import func, or_, select
from sqlmodel import Session, col

from webapp import clock, db
from webapp.destinations.base import TemporaryError
from webapp.uploads import plan
from webapp.uploads.engine.claimed import ClaimedBatch
from webapp.uploads.events import Event, note
from webapp.uploads.models import Batch, BatchEvent, BatchRows, Upload
from webapp.uploads.packed_ids import pack
from webapp.uploads.status import BatchStatus


def trouble_of(session: Session, claimed: ClaimedBatch, error: TemporaryError, errors: int) -> plan.Trouble:
    """The facts that `plan.after_error` decides by; *errors* of the batch, this one included."""
    first = _first_failure(session, claimed, errors)
    return plan.Trouble(
        rows=len(claimed.rows),
        errors=errors,
        too_large=error.too_large,
        in_a_row=error.in_a_row,
        others_passed=_others_passed(session, claimed, first),
        halved=_halved(session, claimed.upload_id),
        is_smallest=_is_smallest(session, claimed),
        lasted_s=(clock.now() - first).total_seconds(),
    )


def halve(session: Session, claimed: ClaimedBatch) -> None:
    """Both halves keep the errors and the wait of the whole: it failed, and they are tried no sooner."""
    batch = session.get_one(Batch, claimed.batch_id, populate_existing=True)
    packed = session.get_one(BatchRows, claimed.batch_id)
    half, rows, ids = len(claimed.rows) // 2, claimed.rows, claimed.contact_ids
    last = session.execute(
        select(func.max(col(Batch.seq))).where(col(Batch.upload_id) == claimed.upload_id)
    ).scalar_one()
    other = Batch(
        upload_id=claimed.upload_id,
        seq=last + 1,
        n_rows=len(rows) - half,
        schema_=list(rows.schema),
        operation=batch.operation,
        phase=batch.phase,
        errors=batch.errors,
        next_attempt_at=batch.next_attempt_at,
    )
    session.add(other)
    session.flush()
    session.add(
        BatchRows(
            batch_id=db.saved_id(other),
            digests=rows.part(half, len(rows)).digests,
            contact_ids=pack(ids[half:]),
            duplicates=packed.duplicates,  # of both: pairs of contacts that a batch does not hold say nothing
        )
    )
    packed.digests, packed.contact_ids = rows.part(0, half).digests, pack(ids[:half])
    batch.n_rows = half
    session.add_all((batch, packed))
    note(
        session,
        Event.HALVED,
        claimed.upload_id,
        batch_id=claimed.batch_id,
        seq=claimed.seq,
        attempt=claimed.attempt,
        rows=half,
        other=last + 1,
    )


def _others_passed(session: Session, claimed: ClaimedBatch, first: datetime) -> bool:
    """Whether another batch of the account was sent since *first*, when this one failed first."""
    upload = session.get_one(Upload, claimed.upload_id)
    sent = (
        select(func.count())
        .select_from(Batch)
        .join(Upload, col(Upload.id) == col(Batch.upload_id))
        .where(
            col(Upload.destination) == upload.destination,
            col(Upload.account_id) == upload.account_id,
            col(Batch.status) == BatchStatus.SENT,
            col(Batch.id) != claimed.batch_id,
            col(Batch.sent_at) >= first,
        )
    )
    return bool(session.execute(sent).scalar_one() > 0)


def _first_failure(session: Session, claimed: ClaimedBatch, errors: int) -> datetime:
    """Of those that count: a batch that was put back by hand starts from none, its history stays. One that
    was made by halving had failed by then, as a part of the whole."""
    of_upload = col(BatchEvent.upload_id) == claimed.upload_id
    own = (
        (col(BatchEvent.batch_id) == claimed.batch_id)
        & (col(BatchEvent.kind) == Event.RETRIED)
        & (col(BatchEvent.attempt) > claimed.attempt - errors)
    )
    made = (col(BatchEvent.kind) == Event.HALVED) & (
        col(BatchEvent.detail)["other"].as_integer() == claimed.seq
    )
    first = select(func.min(col(BatchEvent.at))).where(of_upload, or_(own, made))
    return session.execute(first).scalar_one_or_none() or clock.now()


def _halved(session: Session, upload_id: int) -> int:
    halved = select(func.count()).where(
        col(BatchEvent.upload_id) == upload_id, col(BatchEvent.kind) == Event.HALVED
    )
    return int(session.execute(halved).scalar_one())


def _is_smallest(session: Session, claimed: ClaimedBatch) -> bool:
    smallest = select(func.min(col(Batch.n_rows))).where(
        col(Batch.upload_id) == claimed.upload_id,
        col(Batch.status) == BatchStatus.PENDING,
        col(Batch.n_rows) >= 2 * plan.SMALLEST_HALF,
    )
    return len(claimed.rows) <= (session.execute(smallest).scalar_one_or_none() or len(claimed.rows))
