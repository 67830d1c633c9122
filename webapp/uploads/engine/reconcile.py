"""Reconciles uploads every few seconds, in any worker: finds lost work again and enqueues due work.

    leases of the dead        → batches back to pending, preparations back to the queue
    pauses that are over      → going on
    uploads with nothing left → their final status
    work without a job        → enqueued again

Each step is a conditional write, so that two at once do no harm; `workers.take_turn` only spares the work.
"""

from typing import Any

from sqlalchemy import Row, func, not_, select, update
from sqlmodel import Session, col

from webapp import clock, db
from webapp.destinations import registry
from webapp.services import services
from webapp.uploads import plan, problems
from webapp.uploads.engine import enqueue, leases, transitions, withdrawals
from webapp.uploads.engine.locks import all_locked, locked
from webapp.uploads.events import Event, note
from webapp.uploads.models import Batch, Upload
from webapp.uploads.status import FINAL, BatchStatus, UploadStatus
from webapp.workers import is_gone

ENQUEUE_AGAIN_S = 10.0
# What deciding takes: never the rows of a batch, which are hundreds of kilobytes.
HELD = [
    col(column)
    for column in (
        *(Batch.id, Batch.upload_id, Batch.seq, Batch.attempt, Batch.crashes),
        *(Batch.lease_owner, Batch.lease_until),
    )
]


def reconcile() -> None:
    """One round over everything that is not finished. Raises nothing but database errors."""
    _take_back_batches()
    _take_back_preparations()
    _end_pauses()
    for upload_id in _unfinished():
        with db.writing() as session:
            if held := locked(session, upload_id):
                transitions.close_if_done(held)
    for upload_id in _not_enqueued(UploadStatus.QUEUED):
        enqueue.enqueue(enqueue.PREPARE, upload_id)
    for upload_id in _not_enqueued(UploadStatus.SENDING):
        enqueue_senders(upload_id)


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


def _take_back_batches() -> None:
    now = clock.epoch()
    with db.reading() as session:
        held = session.execute(select(*HELD).where(col(Batch.status) == BatchStatus.SENDING)).all()
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
    locked(session, batch.upload_id)
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
    if taken.rowcount:  # type: ignore[attr-defined]
        kind = Event.FAILED if poison else Event.TAKEN_BACK
        note(session, kind, batch.upload_id, batch_id=batch.id, seq=batch.seq, attempt=batch.attempt)
        session.execute(update(Upload).where(col(Upload.id) == batch.upload_id).values(enqueued_at=0))


def _take_back_preparations() -> None:
    now = clock.epoch()
    with db.writing() as session:
        for held in all_locked(session, col(Upload.status) == UploadStatus.PREPARING):
            upload = held.row
            if _is_lost(upload.lease_owner, upload.lease_until, now):
                upload.crashes += 1
                if upload.crashes >= plan.MAX_CRASHES:
                    transitions.fail(held, problems.PREPARATION_INTERRUPTED)
                    continue
                note(session, Event.TAKEN_BACK, held.id, attempt=upload.attempt)
                transitions.requeue(held)


def _end_pauses() -> None:
    now = clock.epoch()
    with db.reading() as session:
        paused = (
            session.execute(select(Upload).where(col(Upload.status) == UploadStatus.PAUSED)).scalars().all()
        )
    for upload in paused:
        if _is_over(upload, now) and not upload.stop_requested:
            with db.writing() as session:
                held = locked(session, upload.id)
                same = (upload.resume_at, upload.reason_code)
                if held and (held.row.resume_at, held.row.reason_code) == same:  # no other pause since
                    transitions.resume(held)


def _is_over(upload: Upload, now: float) -> bool:
    """Whether the pause ended: its time came or, for one that waits for a person, they have done it."""
    if upload.resume_at is None:
        return _person_has_done_it(upload)
    return clock.is_over(upload.resume_at, plan.LONGEST_PAUSE_S, now)


def _person_has_done_it(upload: Upload) -> bool:
    """Whether the account the upload waits for was put in order (authorised again, terms accepted)."""
    if upload.reason_code == problems.RESTORED:  # a person has to look, and says so with "riprendi"
        return False
    try:
        if upload.account_id is None:
            return True
        account = registry.destination(upload.destination).account(upload.client_id, upload.account_id)
    except LookupError:
        return True  # it goes on, and ends by saying that the account is gone
    return account.problem is None


def _unfinished() -> list[int]:
    with db.reading() as session:
        query = select(col(Upload.id)).where(col(Upload.status).not_in(FINAL))
        return list(session.execute(query.order_by(col(Upload.id))).scalars())


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
