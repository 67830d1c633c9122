"""Claiming batches: one conditional UPDATE, whose attempt number is the fencing token.

Whoever holds the newest attempt may write to the batch; a result that comes back late, from an attempt that
was given up meanwhile, finds nothing to write to.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlmodel import Session, col

from webapp import clock, db
from webapp.destinations import registry
from webapp.destinations.base import EncodedRows
from webapp.services import services
from webapp.uploads import plan, problems
from webapp.uploads.engine import transitions
from webapp.uploads.models import Batch, BatchRows, Upload
from webapp.uploads.packed_ids import unpack
from webapp.uploads.status import BatchStatus, UploadStatus
from webapp.workers import this_process, this_worker

TAKEN = [col(column) for column in (Batch.id, Batch.seq, Batch.attempt, Batch.schema_)]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A batch that is ours to send as long as *attempt* is its newest."""

    batch_id: int
    upload_id: int
    seq: int
    attempt: int
    audience_id: str
    rows: EncodedRows
    contact_ids: Sequence[int]
    duplicates: Sequence[int]  # a contact of the batch, its duplicate, another contact, its duplicate…
    destination: str
    account_id: int


def claim(upload_id: int) -> Claimed | None:
    """The first batch that is due, now ours; None when there is none or the upload must not send now."""
    now = clock.epoch()
    rests_until = resting_until(upload_id)
    with db.writing() as session:
        upload = session.get(Upload, upload_id)
        if upload is None or not _may_send(session, upload):
            return None
        if rests_until > now:
            transitions.pause(session, upload, problems.RESTING, rests_until)
            return None
        due = (
            select(col(Batch.id))
            .where(
                col(Batch.upload_id) == upload_id,
                col(Batch.status) == BatchStatus.PENDING,
                is_due(now),
            )
            .order_by(col(Batch.seq))
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        # `=`, not IN: PostgreSQL may run the subquery of an IN once per row, and would then take several.
        taken = session.execute(
            update(Batch)
            .where(col(Batch.id) == due.scalar_subquery(), col(Batch.status) == BatchStatus.PENDING)
            .values(
                status=BatchStatus.SENDING,
                attempt=Batch.attempt + 1,
                lease_owner=this_process(),
                worker=this_worker(),
                lease_until=now + services().settings.lease_s,
            )
            .returning(*TAKEN)
            .execution_options(synchronize_session=False)  # no batch is loaded here
        ).one_or_none()
        if taken is None:
            return None
        batch_id, seq, attempt, schema = taken
        rows = session.get_one(BatchRows, batch_id)
        return Claimed(
            batch_id,
            upload_id,
            seq,
            attempt,
            upload.audience_id,
            EncodedRows(tuple(schema), rows.digests),
            unpack(rows.contact_ids),
            unpack(rows.duplicates),
            upload.destination,
            upload.account_id or 0,
        )


def is_due(now: float) -> ColumnElement[bool]:
    """Batches whose wait is over; one that would last longer than any was written by a wrong clock."""
    farthest = now + plan.LONGEST_PAUSE_S + clock.SLACK_S
    return or_(col(Batch.next_attempt_at) <= now, col(Batch.next_attempt_at) > farthest)


def update_if_ours(session: Session, claimed: Claimed, **values: object) -> bool:
    """Write to the batch if it is still ours."""
    written = session.execute(
        update(Batch)
        .where(
            col(Batch.id) == claimed.batch_id,
            col(Batch.attempt) == claimed.attempt,
            col(Batch.status) == BatchStatus.SENDING,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return bool(written.rowcount)  # type: ignore[attr-defined]


def resting_until(upload_id: int) -> float:
    """Until when the upload's ad account must not be called, in seconds since 1970; 0 when it may."""
    with db.reading() as session:
        wanted = select(col(Upload.destination), col(Upload.account_id)).where(col(Upload.id) == upload_id)
        found = session.execute(wanted).one_or_none()
    return registry.destination(found.destination).resting_until(found.account_id or 0) if found else 0.0


def _may_send(session: Session, upload: Upload) -> bool:
    if upload.status != UploadStatus.SENDING or upload.stop_requested:
        return False
    return _in_flight(session, upload) < plan.SENDERS_PER_ACCOUNT


def _in_flight(session: Session, upload: Upload) -> int:
    """Batches of the same ad account that are being sent now, whichever upload they belong to."""
    return session.execute(
        select(func.count())
        .select_from(Batch)
        .join(Upload, col(Upload.id) == col(Batch.upload_id))
        .where(
            col(Batch.status) == BatchStatus.SENDING,
            col(Upload.destination) == upload.destination,
            col(Upload.account_id) == upload.account_id,
        )
    ).scalar_one()
