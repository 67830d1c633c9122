"""The steps an upload may take, each one conditional write: who comes late changes nothing."""

from sqlalchemy import func, update
from sqlmodel import Session, col, select

from webapp import clock
from webapp.destinations.base import Problem
from webapp.uploads.events import Event, note
from webapp.uploads.models import UPLOAD_LOCK, Batch, Upload
from webapp.uploads.plan import Tally, closing_status
from webapp.uploads.status import FINAL, BatchStatus, UploadStatus


def tally(session: Session, upload_id: int) -> Tally:
    rows = session.execute(
        select(col(Batch.status), func.count(), func.coalesce(func.sum(col(Batch.num_rejected)), 0))
        .where(col(Batch.upload_id) == upload_id)
        .group_by(col(Batch.status))
    ).all()
    return Tally({status: count for status, count, _ in rows}, sum(int(rejected) for *_, rejected in rows))


def settle(session: Session, upload_id: int) -> None:
    """Give the upload its final status if nothing of it is left to do; otherwise leave it alone."""
    upload = session.get(Upload, upload_id, populate_existing=True, with_for_update=UPLOAD_LOCK)
    if upload is not None:
        settle_locked(session, upload)


def settle_locked(session: Session, upload: Upload) -> None:
    """The same for an upload that this transaction has locked and read."""
    if upload.status in FINAL:
        return
    if upload.stop_requested:
        _settle_stopped(session, upload)
    elif upload.status in (UploadStatus.SENDING, UploadStatus.PAUSED) and upload.prepared_at:
        standing = tally(session, _id(upload))
        if standing.is_settled:
            _close(session, upload, closing_status(standing, upload.selected or 0, _discarded(upload)))


def fail(session: Session, upload: Upload, problem: Problem) -> None:
    """End the upload without having sent what is left; what was sent stays sent."""
    _stop_pending(session, upload, BatchStatus.FAILED, problem)
    standing = tally(session, _id(upload))
    if standing.count(BatchStatus.SENDING):
        # A batch is still on its way: it is recorded first, then `settle` closes.
        _explain(upload, problem)
        return
    _explain(upload, problem)
    sent_any = standing.count(BatchStatus.SENT) > 0
    _close(session, upload, UploadStatus.COMPLETED_WITH_WARNINGS if sent_any else UploadStatus.FAILED)


def pause(session: Session, upload: Upload, problem: Problem, resume_at: float | None) -> None:
    """Rest until *resume_at*, or, when it is None, until a person has done `problem.todo`."""
    if upload.status in FINAL or upload.stop_requested:
        return
    if upload.status != UploadStatus.PAUSED or upload.reason_code != problem.code:
        note(session, Event.PAUSED, _id(upload), code=problem.code, reason=problem.what, trace=problem.trace)
    _explain(upload, problem)
    upload.status = UploadStatus.PAUSED
    upload.resume_at = resume_at
    upload.lease_owner = None
    upload.lease_until = 0
    session.add(upload)


def resume(session: Session, upload: Upload) -> None:
    """Go on from where the upload paused: from the first unsent batch, or from its preparation."""
    upload.status = UploadStatus.SENDING if is_ready_to_send(upload) else UploadStatus.QUEUED
    _forget_reason(upload)
    upload.resume_at = None
    upload.rung_at = 0
    upload.updated_at = clock.now()
    session.execute(
        update(Batch)
        .where(col(Batch.upload_id) == upload.id, col(Batch.status) == BatchStatus.PENDING)
        .values(next_attempt_at=0)
    )
    note(session, Event.RESUMED, _id(upload))
    session.add(upload)


def reopen(session: Session, upload: Upload, asked_by: str) -> bool:
    """Put an ended upload back in the queue for its batches that were set aside or stopped, if any."""
    if upload.status not in FINAL or upload.prepared_at is None:
        return False
    missing = session.execute(
        update(Batch)
        .where(
            col(Batch.upload_id) == upload.id,
            col(Batch.status).in_((BatchStatus.FAILED, BatchStatus.STOPPED)),
        )
        .values(
            status=BatchStatus.PENDING,
            crashes=0,
            errors=0,
            next_attempt_at=0,
            error=None,
            error_code=None,
            trace=None,
        )
    )
    if not missing.rowcount:  # type: ignore[attr-defined]
        return False
    _forget_reason(upload)
    upload.status = UploadStatus.QUEUED
    upload.stop_requested = False
    upload.finished_at = upload.resume_at = None
    upload.crashes, upload.rung_at = 0, 0
    upload.updated_at = clock.now()
    note(session, Event.REOPENED, _id(upload), by=asked_by)
    session.add(upload)
    return True


def release_preparation(session: Session, upload_id: int, attempt: int) -> None:
    """Give back the lease of a preparation that ended early, if it is still that attempt's."""
    session.execute(
        update(Upload)
        .where(col(Upload.id) == upload_id, col(Upload.attempt) == attempt)
        .values(lease_owner=None, lease_until=0)
    )


def is_ready_to_send(upload: Upload) -> bool:
    """Prepared, and the audience is known to be there and ours to fill."""
    return upload.prepared_at is not None and upload.audience_busy


def _settle_stopped(session: Session, upload: Upload) -> None:
    _stop_pending(session, upload, BatchStatus.STOPPED, None)
    in_flight = tally(session, _id(upload)).count(BatchStatus.SENDING)
    preparing = upload.status == UploadStatus.PREPARING and upload.lease_until > clock.epoch()
    if not in_flight and not preparing:
        _close(session, upload, UploadStatus.STOPPED)


def _stop_pending(session: Session, upload: Upload, status: BatchStatus, problem: Problem | None) -> None:
    values: dict[str, str | None] = {"status": status}
    if problem:
        values |= {"error": problem.what, "error_code": problem.code, "trace": problem.trace}
    session.execute(
        update(Batch)
        .where(col(Batch.upload_id) == upload.id, col(Batch.status) == BatchStatus.PENDING)
        .values(values)
    )


def _close(session: Session, upload: Upload, status: UploadStatus) -> None:
    upload.status = status
    upload.audience_busy = False
    upload.lease_owner = None
    upload.lease_until = 0
    upload.resume_at = None
    upload.finished_at = upload.updated_at = clock.now()
    if status in (UploadStatus.COMPLETED, UploadStatus.STOPPED):
        _forget_reason(upload)
    note(session, Event.CLOSED, _id(upload), status=status)
    session.add(upload)


def _explain(upload: Upload, problem: Problem) -> None:
    upload.reason = problem.what
    upload.todo = problem.todo
    upload.reason_code = problem.code
    upload.reason_trace = problem.trace
    upload.reason_who = problem.who
    upload.reason_link = problem.link
    upload.updated_at = clock.now()


def _forget_reason(upload: Upload) -> None:
    upload.reason = upload.todo = upload.reason_code = upload.reason_trace = None
    upload.reason_who = upload.reason_link = None


def _discarded(upload: Upload) -> int:
    return sum(upload.discarded.values())


def _id(upload: Upload) -> int:
    if upload.id is None:
        raise ValueError("the upload was never stored")
    return upload.id
