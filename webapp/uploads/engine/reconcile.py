"""Reconciles uploads every few seconds, in any worker: finds lost work again and enqueues due work.

    leases of the dead        → batches back to pending, preparations back to the queue
    pauses that are over      → going on
    uploads with nothing left → their final status
    answers that changed      → who says no by now is owed
    people who are owed       → an upload that takes them out
    work without a job        → enqueued again

Each step is a conditional write, so that two at once do no harm; `workers.take_turn` only spares the work.
Uploads are looked after one by one: what goes wrong with one of them stops none of the others (`rounds`).
"""

from functools import partial
from typing import Any

from sqlalchemy import Row, func, not_, select, update
from sqlmodel import Session, col

from webapp import clock, db, rounds
from webapp.contacts.ledger import refusals
from webapp.destinations import registry
from webapp.destinations.base import EncodedRows
from webapp.life import is_gone
from webapp.services import services
from webapp.uploads import plan, problems
from webapp.uploads.engine import enqueue, leases, sent_ledger, transitions, withdrawals
from webapp.uploads.engine.locks import locked
from webapp.uploads.engine.replacing import ledger as replaced_ledger
from webapp.uploads.engine.ways import opt_outs, removals
from webapp.uploads.events import Event, note
from webapp.uploads.models import Batch, BatchRows, Upload
from webapp.uploads.operations import Operation
from webapp.uploads.packed_ids import unpack
from webapp.uploads.status import RUNNING, BatchStatus, UploadStatus

ENQUEUE_AGAIN_S = 10.0
# What deciding takes: never the rows of a batch, which are hundreds of kilobytes.
HELD = [
    col(column)
    for column in (
        *(Batch.id, Batch.upload_id, Batch.seq, Batch.attempt, Batch.crashes),
        *(Batch.lease_owner, Batch.lease_until, Batch.schema_, Batch.operation),
    )
]


def reconcile() -> None:
    """One round over everything that is not finished.

    Raises Partly when something went wrong with some uploads, and database errors.
    """
    with rounds.guarded("caricamento") as guard:
        guard.each(_with_batches_on_their_way(), _take_back_batches)
        guard.each(_in_status(UploadStatus.PREPARING), _take_back_preparation)
        guard.each(_in_status(UploadStatus.PAUSED), _end_pause)
        guard.each(_in_status(*RUNNING), _close_if_done)
        guard.each(replaced_ledger.unsettled(), replaced_ledger.settle)
        guard.each(refusals.to_look_through(), opt_outs.look_through)
        guard.each(removals.audiences_with_due(), removals.start_due)
        guard.each(_not_enqueued(UploadStatus.QUEUED), partial(enqueue.enqueue, enqueue.PREPARE))
        guard.each(_not_enqueued(UploadStatus.SENDING), enqueue_senders)


def enqueue_senders(upload_id: int) -> None:
    """Enqueue as many senders as the upload has due batches and its account has room for."""
    now = clock.epoch()
    with db.reading() as session:
        upload = session.get(Upload, upload_id)
        if upload is None or upload.status != UploadStatus.SENDING or upload.stop_requested:
            return
        due = _count(session, upload_id, BatchStatus.PENDING, leases.is_due(now))
        in_flight = _count(session, upload_id, BatchStatus.SENDING)
    enqueue.enqueue(enqueue.SEND, upload_id, plan.senders_to_enqueue(due, in_flight))


def _take_back_batches(upload_id: int) -> None:
    now = clock.epoch()
    of_upload = (col(Batch.upload_id) == upload_id, col(Batch.status) == BatchStatus.SENDING)
    with db.reading() as session:
        held = session.execute(select(*HELD).where(*of_upload)).all()
    for batch in held:
        if _is_lost(batch.lease_owner, batch.lease_until, now):
            with db.writing() as session:
                _take_back(session, batch)
            withdrawals.look_again(batch.upload_id, batch.id)


def _is_lost(owner: str | None, until: float, now: float) -> bool:
    """Whether a lease is over, or its owner certainly ended."""
    return clock.is_over(until, services().settings.lease_s, now) or bool(owner and is_gone(owner))


def _take_back(session: Session, batch: Row[Any]) -> None:
    """The batch of a sender that died: to be sent again, or set aside when it keeps killing its senders."""
    poison = batch.crashes + 1 >= plan.MAX_CRASHES
    values: dict[str, object] = {"crashes": batch.crashes + 1, "lease_owner": None, "lease_until": 0}
    if poison:
        values |= {"status": BatchStatus.FAILED, "error": problems.INTERRUPTED.what}
        values |= {"error_code": problems.INTERRUPTED.code}
    else:
        values |= {"status": BatchStatus.PENDING, "next_attempt_at": 0}
    held = locked(session, batch.upload_id)
    taken = session.execute(
        update(Batch)
        .where(
            col(Batch.id) == batch.id,
            col(Batch.attempt) == batch.attempt,
            col(Batch.status) == BatchStatus.SENDING,
            col(Batch.lease_until) == batch.lease_until,
        )
        .values(**values)
    )
    if held and taken.rowcount:  # type: ignore[attr-defined]
        if batch.operation == Operation.ADD:
            sent = session.get_one(BatchRows, batch.id)  # perhaps
            rows = EncodedRows(tuple(batch.schema_), sent.digests)
            sent_ledger.remember_maybe(session, held.row, batch.id, rows, unpack(sent.contact_ids))
        kind, of_batch = Event.TAKEN_BACK, {"batch_id": batch.id, "seq": batch.seq, "attempt": batch.attempt}
        if poison:
            kind, of_batch["reason"] = Event.FAILED, problems.INTERRUPTED.what
        note(session, kind, batch.upload_id, **of_batch)
        if poison and batch.operation == Operation.REPLACE:  # the others alone would replace all with a part
            transitions.fail(held, problems.INTERRUPTED)
        session.execute(update(Upload).where(col(Upload.id) == batch.upload_id).values(enqueued_at=0))


def _take_back_preparation(upload_id: int) -> None:
    with db.writing() as session:
        held = locked(session, upload_id)
        if held is None or held.row.status != UploadStatus.PREPARING:
            return
        upload = held.row
        if not _is_lost(upload.lease_owner, upload.lease_until, clock.epoch()):
            return
        upload.crashes += 1
        if upload.crashes >= plan.MAX_CRASHES:
            transitions.fail(held, problems.PREPARATION_INTERRUPTED)
            return
        note(session, Event.TAKEN_BACK, held.id, attempt=upload.attempt)
        transitions.requeue(held)


def _end_pause(upload_id: int) -> None:
    with db.reading() as session:
        upload = session.get(Upload, upload_id)
    if upload is None or upload.stop_requested or not _is_over(upload, clock.epoch()):
        return
    with db.writing() as session:
        held = locked(session, upload_id)
        same = (upload.resume_at, upload.reason_code)
        if held and (held.row.resume_at, held.row.reason_code) == same:  # no other pause since
            transitions.resume(held)


def _close_if_done(upload_id: int) -> None:
    with db.writing() as session:
        if held := locked(session, upload_id):
            transitions.close_if_done(held)


def _is_over(upload: Upload, now: float) -> bool:
    """Whether the pause ended: its time came or, for one that waits for a person, they have done it."""
    if upload.resume_at is None:
        return _person_has_done_it(upload)
    return clock.is_over(upload.resume_at, plan.LONGEST_PAUSE_S, now)


def _person_has_done_it(upload: Upload) -> bool:
    """Whether the account the upload waits for was put in order (authorised again, terms accepted)."""
    if upload.reason_code in (problems.RESTORED, problems.CONFIRM):  # a person has to look, and says so
        return False
    try:
        if upload.account_id is None:
            return True
        account = registry.destination(upload.destination).account(upload.client_id, upload.account_id)
    except LookupError:
        return True  # it goes on, and ends by saying that the account is gone
    return account.problem is None


def _in_status(*statuses: UploadStatus) -> list[int]:
    """Oldest first."""
    with db.reading() as session:
        query = select(col(Upload.id)).where(col(Upload.status).in_(statuses))
        return list(session.execute(query.order_by(col(Upload.id))).scalars())


def _with_batches_on_their_way() -> list[int]:
    """Uploads that somebody sends a batch of, or did when he died; oldest first."""
    with db.reading() as session:
        query = select(col(Batch.upload_id)).where(col(Batch.status) == BatchStatus.SENDING).distinct()
        return sorted(session.execute(query).scalars())


def _not_enqueued(status: UploadStatus) -> list[int]:
    """Uploads in *status* that nobody rang for lately, oldest first."""
    with db.reading() as session:
        now, enqueued_at = clock.epoch(), col(Upload.enqueued_at)
        lately = enqueued_at.between(now - ENQUEUE_AGAIN_S, now + clock.SLACK_S)
        query = select(col(Upload.id)).where(col(Upload.status) == status, not_(lately))
        return list(session.execute(query.order_by(col(Upload.id))).scalars())


def _count(session: Session, upload_id: int, status: BatchStatus, *more: object) -> int:
    query = select(func.count()).where(
        col(Batch.upload_id) == upload_id,
        col(Batch.status) == status,
        *more,  # type: ignore[arg-type]
    )
    return int(session.execute(query).scalar_one())
