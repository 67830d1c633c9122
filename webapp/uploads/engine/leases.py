"""Claiming batches: one conditional UPDATE, whose attempt number is the fencing token.

Whoever holds the newest attempt may write to the batch; a result that comes back late, from an attempt that
was given up meanwhile, finds nothing to write to.
"""

from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, func, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from webapp import clock, db
from webapp.destinations import registry
from webapp.destinations.base import EncodedRows, Rest
from webapp.life import this_process
from webapp.services import services
from webapp.uploads import plan, problems
from webapp.uploads.engine import transitions, withdrawals
from webapp.uploads.engine.claimed import ClaimedBatch
from webapp.uploads.engine.locks import locked
from webapp.uploads.engine.replacing import session as replacing
from webapp.uploads.models import Batch, BatchRows, Upload
from webapp.uploads.operations import Operation
from webapp.uploads.packed_ids import unpack
from webapp.uploads.status import BatchStatus, UploadStatus
from webapp.workers import this_worker

TAKEN = [col(column) for column in (Batch.id, Batch.seq, Batch.attempt, Batch.schema_, Batch.operation)]


def claim(upload_id: int) -> ClaimedBatch | None:
    """The first batch that is due, now ours; None when there is none or the upload must not send now.

    It holds those alone who may be sent at this moment. One that nobody is left in is closed on the way.
    """
    while taken := _take(upload_id):
        allowed = withdrawals.only_allowed(taken)
        if allowed and allowed.operation == Operation.REPLACE:
            allowed = replacing.stand(allowed)
        if allowed:
            return allowed
    return None


def _take(upload_id: int) -> ClaimedBatch | None:
    now = clock.epoch()
    rest = resting(upload_id)
    with db.writing() as session:
        held = locked(session, upload_id)
        if held is None or not _may_send(session, held.row):
            return None
        upload = held.row
        if rest.until > now:
            transitions.pause(
                held,
                rest.problem or problems.resting(registry.destination(upload.destination).label),
                rest.until,
            )
            return None
        if upload.operation == Operation.REPLACE and not replacing.may_send(held):
            transitions.close_if_done(held)  # begun too often, perhaps
            return None
        # `=`, not IN: PostgreSQL may run the subquery of an IN once per row, and would then take several.
        taken = session.execute(
            update(Batch)
            .where(col(Batch.id) == _first_due(upload_id, now), col(Batch.status) == BatchStatus.PENDING)
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
        batch_id, seq, attempt, schema, operation = taken
        rows = session.get_one(BatchRows, batch_id)
        return ClaimedBatch(
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
            Operation(operation),
        )


def _first_due(upload_id: int, now: float) -> ScalarSelect[Any]:
    due = (
        select(col(Batch.id))
        .where(
            col(Batch.upload_id) == upload_id,
            col(Batch.status) == BatchStatus.PENDING,
            is_due(now),
            col(Batch.phase) == _phase(upload_id),
        )
        # Those that never failed first: one bad batch keeps no other from showing that all is well.
        .order_by(col(Batch.errors), col(Batch.seq))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return due.scalar_subquery()


def _phase(upload_id: int) -> ScalarSelect[Any]:
    """The phase that is sent now: the first with anything unsettled. Not correlated, so it is asked once."""
    other = aliased(Batch)
    unsettled = col(other.status).in_((BatchStatus.PENDING, BatchStatus.SENDING))
    first = select(func.min(col(other.phase))).where(col(other.upload_id) == upload_id, unsettled)
    return first.scalar_subquery()


def is_due(now: float) -> ColumnElement[bool]:
    """Batches whose wait is over; one that would last longer than any was written by a wrong clock."""
    farthest = now + plan.LONGEST_PAUSE_S + clock.SLACK_S
    return or_(col(Batch.next_attempt_at) <= now, col(Batch.next_attempt_at) > farthest)


def update_if_ours(session: Session, claimed: ClaimedBatch, **values: object) -> bool:
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


def resting(upload_id: int) -> Rest:
    """Until when the upload's ad account must not be called, and why."""
    with db.reading() as session:
        wanted = select(col(Upload.destination), col(Upload.account_id)).where(col(Upload.id) == upload_id)
        found = session.execute(wanted).one_or_none()
    return registry.destination(found.destination).resting(found.account_id or 0) if found else Rest()


def _may_send(session: Session, upload: Upload) -> bool:
    if upload.status != UploadStatus.SENDING or upload.stop_requested:
        return False
    destination = registry.destination(upload.destination)
    most = destination.senders(session, upload.account_id or 0, plan.SENDERS_PER_ACCOUNT)
    return _in_flight(session, upload) < most


def _in_flight(session: Session, upload: Upload) -> int:
    """Batches of the same ad account that are being sent now, whichever upload they belong to."""
    counted = (
        select(func.count())
        .select_from(Batch)
        .join(Upload, col(Upload.id) == col(Batch.upload_id))
        .where(
            col(Batch.status) == BatchStatus.SENDING,
            col(Upload.destination) == upload.destination,
            col(Upload.account_id) == upload.account_id,
        )
    )
    return int(session.execute(counted).scalar_one())
