"""The steps an upload may take. Each asks for its lock (`locks`), so who comes late finds what is true now.

queued → preparing → sending → completed, with warnings, failed
   ↑________|  ↘       ↕  ↘
   |            `→ paused   stopped      (and back to the queue: `reopen`)
"""

from typing import Any

from sqlalchemy import Row, func, select, update
from sqlmodel import Session, col

from webapp import clock
from webapp.destinations import registry
from webapp.destinations.base import Problem
from webapp.uploads import problems
from webapp.uploads.engine.locks import LockedUpload
from webapp.uploads.events import Event, note
from webapp.uploads.models import Batch, Upload
from webapp.uploads.plan import Tally, closing_status
from webapp.uploads.status import FINAL, BatchStatus, UploadStatus


def tally(session: Session, upload_id: int) -> Tally:
    rows = session.execute(
        select(
            col(Batch.status),
            func.count(),
            func.coalesce(func.sum(col(Batch.num_rejected)), 0),
            func.coalesce(func.sum(col(Batch.n_rows)), 0),
            func.coalesce(func.sum(col(Batch.num_received)), 0),
            func.count(col(Batch.error_code)),
        )
        .where(col(Batch.upload_id) == upload_id)
        .group_by(col(Batch.status))
    ).all()
    sent = next((row[3:] for row in rows if row[0] == BatchStatus.SENT), (0, 0, 0))
    rejected = sum(int(row[2]) for row in rows)
    return Tally({row[0]: row[1] for row in rows}, rejected, *map(int, sent))


def prepare(held: LockedUpload, owner: str, worker: str, lease_until: float) -> int:
    """Hand the preparation to *owner* until *lease_until*; the attempt that it is."""
    upload = held.row
    upload.status = UploadStatus.PREPARING
    upload.attempt += 1
    upload.reason = upload.todo = None
    upload.lease_owner, upload.lease_until, upload.worker = owner, lease_until, worker
    _touch(held)
    return upload.attempt


def wait_behind(held: LockedUpload, reason: str) -> None:
    """Stay in the queue and say (Italian) behind what."""
    held.row.reason = reason
    _touch(held)


def requeue(held: LockedUpload) -> None:
    """Take a preparation away from whoever is at it: it begins again, and a late result is fenced off."""
    upload = held.row
    if upload.status == UploadStatus.PREPARING:
        upload.status = UploadStatus.QUEUED
        upload.lease_owner, upload.lease_until, upload.enqueued_at = None, 0, 0
        held.session.add(upload)


def open_for_sending(held: LockedUpload, audience_id: str) -> None:
    """Prepared, and the audience is there: batches may be claimed."""
    upload = held.row
    if upload.is_new_audience and not upload.audience_id:
        note(held.session, Event.AUDIENCE_CREATED, held.id, audience=audience_id)
    upload.audience_id = audience_id
    upload.audience_busy = True
    upload.status = UploadStatus.SENDING
    upload.lease_owner, upload.lease_until = None, 0
    _touch(held)


def close_if_done(held: LockedUpload) -> None:
    """Give the upload its final status if nothing of it is left to do; otherwise leave it alone."""
    upload = held.row
    if upload.status in FINAL:
        return
    if upload.stop_requested:
        _settle_stopped(held)
    elif upload.status in (UploadStatus.SENDING, UploadStatus.PAUSED) and upload.prepared_at:
        standing = tally(held.session, held.id)
        if standing.is_settled:
            _explain_end(held, standing)
            _close(held, closing_status(standing, upload.selected or 0, sum(upload.discarded.values())))


def fail(held: LockedUpload, problem: Problem) -> None:
    """End the upload without having sent what is left; what was sent stays sent."""
    if held.row.status in FINAL:
        return
    _stop_pending(held, BatchStatus.FAILED, problem)
    standing = tally(held.session, held.id)
    _explain(held, problem)
    if standing.count(BatchStatus.SENDING):
        return  # a batch is still on its way: it is recorded first, then `close_if_done` closes
    sent_any = standing.count(BatchStatus.SENT) > 0
    _close(held, UploadStatus.COMPLETED_WITH_WARNINGS if sent_any else UploadStatus.FAILED)


def pause(held: LockedUpload, problem: Problem, resume_at: float | None) -> None:
    """Rest until *resume_at*, or, when it is None, until a person has done `problem.todo`."""
    upload = held.row
    if upload.status in FINAL or upload.stop_requested:
        return
    if upload.status != UploadStatus.PAUSED or upload.reason_code != problem.code:
        why, trace = problem.what, problem.trace
        note(held.session, Event.PAUSED, held.id, code=problem.code, reason=why, trace=trace)
    upload.status = UploadStatus.PAUSED
    upload.resume_at = resume_at
    upload.lease_owner, upload.lease_until = None, 0
    _explain(held, problem)


def resume(held: LockedUpload) -> bool:
    """Go on from where the upload paused: from the first unsent batch, or from its preparation.

    False, and nothing done, when it does not pause, or somebody has asked to stop it.
    """
    upload = held.row
    if upload.status != UploadStatus.PAUSED or upload.stop_requested:
        return False
    upload.status = UploadStatus.SENDING if is_ready_to_send(upload) else UploadStatus.QUEUED
    _forget_reason(upload)
    upload.resume_at = None
    upload.enqueued_at = 0
    held.session.execute(
        update(Batch)
        .where(col(Batch.upload_id) == held.id, col(Batch.status) == BatchStatus.PENDING)
        .values(next_attempt_at=0)
    )
    note(held.session, Event.RESUMED, held.id)
    _touch(held)
    return True


def request_stop(held: LockedUpload) -> bool:
    """Send nothing more after what is on its way. False, and nothing done, when it ended or was asked."""
    upload = held.row
    if upload.status in FINAL or upload.stop_requested:
        return False
    upload.stop_requested = True
    _touch(held)
    note(held.session, Event.STOP_REQUESTED, held.id)
    held.session.flush()
    close_if_done(held)
    return True


def forget_stop(held: LockedUpload) -> None:
    """Forget a request to stop: it was made in a database that has been replaced by its copy."""
    held.row.stop_requested = False


def reopen(held: LockedUpload, asked_by: str) -> bool:
    """Put an ended upload back in the queue for its batches that were set aside or stopped, if any."""
    upload = held.row
    if upload.status not in FINAL or upload.prepared_at is None:
        return False
    missing = held.session.execute(
        update(Batch)
        .where(
            col(Batch.upload_id) == held.id,
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
    upload.crashes, upload.enqueued_at = 0, 0
    note(held.session, Event.REOPENED, held.id, by=asked_by)
    _touch(held)
    return True


def release_preparation(held: LockedUpload, attempt: int) -> None:
    """Give back the lease of a preparation that ended early, if it is still that attempt's."""
    if held.row.attempt == attempt:
        held.row.lease_owner, held.row.lease_until = None, 0
        held.session.add(held.row)
        held.session.flush()


def is_ready_to_send(upload: Upload) -> bool:
    """Prepared, and the audience is known to be there and ours to fill."""
    return upload.prepared_at is not None and upload.audience_busy


def _settle_stopped(held: LockedUpload) -> None:
    upload = held.row
    _stop_pending(held, BatchStatus.STOPPED, None)
    in_flight = tally(held.session, held.id).count(BatchStatus.SENDING)
    preparing = upload.status == UploadStatus.PREPARING and upload.lease_until > clock.epoch()
    if not in_flight and not preparing:
        _close(held, UploadStatus.STOPPED)


def _stop_pending(held: LockedUpload, status: BatchStatus, problem: Problem | None) -> None:
    values: dict[str, str | None] = {"status": status}
    if problem:
        values |= {"error": problem.what, "error_code": problem.code, "trace": problem.trace}
    held.session.execute(
        update(Batch)
        .where(col(Batch.upload_id) == held.id, col(Batch.status) == BatchStatus.PENDING)
        .values(values)
    )


def _close(held: LockedUpload, status: UploadStatus) -> None:
    upload = held.row
    upload.status = status
    upload.audience_busy = False
    upload.lease_owner, upload.lease_until = None, 0
    upload.resume_at = None
    upload.finished_at = clock.now()
    if status in (UploadStatus.COMPLETED, UploadStatus.STOPPED):
        _forget_reason(upload)
    note(held.session, Event.CLOSED, held.id, status=status)
    _touch(held)


def _explain_end(held: LockedUpload, standing: Tally) -> None:
    """Why it did not end well; the reason of a pause says nothing of the end."""
    failed = standing.count(BatchStatus.FAILED)
    label = registry.destination(held.row.destination).label
    doubt = problems.unconfirmed(label, standing.received, standing.answered) if standing.doubtful else None
    last = _last_set_aside(held) if failed else None
    if last is None or last.error != held.row.reason:  # else it was explained as it failed
        _forget_reason(held.row)
        if last is not None:
            _explain(held, problems.set_aside(failed, last.error_code, last.error or "", last.trace))
        elif doubt:
            _explain(held, doubt)
            return
    if doubt:
        held.row.reason = f"{held.row.reason} {doubt.what}"


def _last_set_aside(held: LockedUpload) -> Row[Any] | None:
    columns = (col(Batch.error), col(Batch.error_code), col(Batch.trace))
    failed = (col(Batch.upload_id) == held.id, col(Batch.status) == BatchStatus.FAILED)
    return held.session.execute(
        select(*columns).where(*failed).order_by(col(Batch.seq).desc()).limit(1)
    ).first()


def _explain(held: LockedUpload, problem: Problem) -> None:
    upload = held.row
    upload.reason = problem.what
    upload.todo = problem.todo
    upload.reason_code = problem.code
    upload.reason_trace = problem.trace
    upload.reason_who = problem.who
    upload.reason_link = problem.link
    _touch(held)


def _forget_reason(upload: Upload) -> None:
    upload.reason = upload.todo = upload.reason_code = upload.reason_trace = None
    upload.reason_who = upload.reason_link = None


def _touch(held: LockedUpload) -> None:
    held.row.updated_at = clock.now()
    held.session.add(held.row)
