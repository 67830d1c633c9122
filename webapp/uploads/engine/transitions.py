"""The steps an upload may take. Each asks for its lock (`locks`), so who comes late finds what is true now.

queued → preparing → sending → completed, with warnings, failed
   ↑________|  ↘       ↕  ↘
   |            `→ paused   stopped      (and back to the queue: `reopen`)
"""

from datetime import timedelta

from sqlalchemy import update
from sqlmodel import col

from webapp import clock
from webapp.access.models import Client
from webapp.destinations.base import Problem
from webapp.uploads import problems
from webapp.uploads.engine import pending
from webapp.uploads.engine.locks import LockedUpload
from webapp.uploads.engine.replacing import session as replacing
from webapp.uploads.engine.telling import explain, explain_end, forget_reason, tally, touch
from webapp.uploads.events import Event, note
from webapp.uploads.models import Batch, Upload
from webapp.uploads.operations import Operation
from webapp.uploads.plan import MOST_LEAVING, Tally, closing_status, has_many_invalid
from webapp.uploads.status import FINAL, BatchStatus, UploadStatus

CONFIRMED_FOR = timedelta(days=1)


def prepare(held: LockedUpload, owner: str, worker: str, lease_until: float) -> int:
    """Hand the preparation to *owner* until *lease_until*; the attempt that it is."""
    upload = held.row
    upload.status = UploadStatus.PREPARING
    upload.attempt += 1
    upload.reason = upload.todo = None
    upload.lease_owner, upload.lease_until, upload.worker = owner, lease_until, worker
    touch(held)
    return upload.attempt


def wait_behind(held: LockedUpload, reason: str) -> None:
    """Stay in the queue and say (Italian) behind what."""
    held.row.reason = reason
    touch(held)


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
    touch(held)


def close_if_done(held: LockedUpload) -> None:
    """Give the upload its final status if nothing of it is left to do; otherwise leave it alone."""
    upload = held.row
    if upload.status in FINAL:
        return
    replaces = upload.operation == Operation.REPLACE
    if upload.stop_requested and not (replaces and replacing.has_replaced(held)):
        _settle_stopped(held)
    elif replaces and replacing.is_lost(held):
        fail(held, problems.REPLACEMENT_LOST)
    elif _waits_for_an_answer(upload):
        return  # though there be nothing to send: the answer decides
    elif upload.status in (UploadStatus.SENDING, UploadStatus.PAUSED) and upload.prepared_at:
        standing = tally(held.session, held.id)
        if standing.is_settled and (not replaces or _has_replaced(held, standing)):
            _end(held, tally(held.session, held.id) if replaces else standing)


def _has_replaced(held: LockedUpload, standing: Tally) -> bool:
    """Of one whose batches are all settled: whether it can be closed. To give it up changes them."""
    if replacing.has_replaced(held):
        return True
    if standing.count(BatchStatus.FAILED):
        return replacing.give_up(held, BatchStatus.FAILED)
    if not replacing.is_ending(held) and not replacing.end_is_missing(held):
        fail(held, problems.REPLACE_WITH_NOBODY)
    return False


def fail(held: LockedUpload, problem: Problem) -> None:
    """End the upload without having sent what is left; what was sent stays sent."""
    if held.row.status in FINAL:
        return
    pending.settle(held, BatchStatus.FAILED, problem)
    standing = tally(held.session, held.id)
    explain(held, problem)
    if standing.count(BatchStatus.SENDING):
        return  # a batch is still on its way: it is recorded first, then `close_if_done` closes
    if held.row.operation == Operation.REPLACE and not replacing.give_up(held, BatchStatus.FAILED):
        return  # the ledger hears of it first
    sent_any = tally(held.session, held.id).count(BatchStatus.SENT) > 0
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
    explain(held, problem)


def resume(held: LockedUpload) -> bool:
    """Go on from where the upload paused: from the first unsent batch, or from its preparation.

    False, and nothing done, when it does not pause, or somebody has asked to stop it.
    """
    upload = held.row
    if upload.status != UploadStatus.PAUSED or upload.stop_requested:
        return False
    if upload.reason_code == problems.CONFIRM:  # `confirm` alone goes on from there
        return False
    if _is_stale(held):
        upload.prepared_at, upload.removal_confirmed = None, False
    upload.status = UploadStatus.SENDING if is_ready_to_send(upload) else UploadStatus.QUEUED
    forget_reason(upload)
    upload.resume_at = None
    upload.enqueued_at = 0
    held.session.execute(
        update(Batch)
        .where(col(Batch.upload_id) == held.id, col(Batch.status) == BatchStatus.PENDING)
        .values(next_attempt_at=0)
    )
    note(held.session, Event.RESUMED, held.id)
    touch(held)
    return True


def confirm(held: LockedUpload) -> bool:
    """Somebody has seen how many would leave, and wants it. False when it does not wait for that.

    After a day the numbers are no longer those that were seen: they are made anew, and asked again.
    """
    upload = held.row
    if not _waits_for_an_answer(upload) or upload.stop_requested:
        return False
    is_fresh = upload.prepared_at is not None and clock.now() - upload.prepared_at <= CONFIRMED_FOR
    upload.removal_confirmed = is_fresh
    upload.prepared_at = upload.prepared_at if is_fresh else None
    upload.status = UploadStatus.QUEUED
    upload.enqueued_at = 0
    forget_reason(upload)
    note(held.session, Event.CONFIRMED, held.id, rows=upload.to_remove)
    touch(held)
    return True


def _waits_for_an_answer(upload: Upload) -> bool:
    return upload.status == UploadStatus.PAUSED and upload.reason_code == problems.CONFIRM


def request_stop(held: LockedUpload) -> bool:
    """Send nothing more after what is on its way. False, and nothing done, when it ended or was asked."""
    upload = held.row
    if upload.status in FINAL or upload.stop_requested:
        return False
    upload.stop_requested = True
    touch(held)
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
    if upload.status not in FINAL or upload.prepared_at is None or upload.operation == Operation.ALIGN:
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
    forget_reason(upload)
    if upload.operation == Operation.REPLACE:
        replacing.forget_losses(held)
    upload.status = UploadStatus.QUEUED
    upload.stop_requested = False
    upload.finished_at = upload.resume_at = None
    upload.crashes, upload.enqueued_at = 0, 0
    note(held.session, Event.REOPENED, held.id, by=asked_by)
    touch(held)
    return True


def release_preparation(held: LockedUpload, attempt: int) -> None:
    """Give back the lease of a preparation that ended early, if it is still that attempt's."""
    if held.row.attempt == attempt:
        held.row.lease_owner, held.row.lease_until = None, 0
        held.session.add(held.row)
        held.session.flush()


def is_ready_to_send(upload: Upload) -> bool:
    """Prepared, and the audience is known to be there and ours to fill."""
    return upload.prepared_at is not None and upload.audience_busy and not is_for_a_person(upload)


def is_for_a_person(upload: Upload) -> bool:
    """Whether so many would leave the audience that somebody has to say that it is meant, and nobody has."""
    if upload.operation != Operation.ALIGN or upload.removal_confirmed:
        return False
    return (upload.leaving or 0) > MOST_LEAVING * (upload.members_before or 0)


def _is_stale(held: LockedUpload) -> bool:
    """Differences of more than a day ago, of which nothing was sent: who changed since would go as then."""
    upload = held.row
    if upload.operation != Operation.ALIGN or upload.prepared_at is None:
        return False
    is_old = clock.now() - upload.prepared_at > CONFIRMED_FOR
    return is_old and not tally(held.session, held.id).count(BatchStatus.SENT, BatchStatus.POSTPONED)


def _settle_stopped(held: LockedUpload) -> None:
    upload = held.row
    pending.settle(held, BatchStatus.STOPPED, None)
    standing = tally(held.session, held.id)
    preparing = upload.status == UploadStatus.PREPARING and upload.lease_until > clock.epoch()
    if preparing or standing.count(BatchStatus.SENDING):
        return
    if upload.operation == Operation.REPLACE:
        if replacing.give_up(held, BatchStatus.STOPPED):
            _close(held, UploadStatus.STOPPED)
    elif standing.went_whole and upload.prepared_at:  # all of it was on its way when somebody asked to stop
        _end(held, standing)
    else:
        _close(held, UploadStatus.STOPPED)


def _end(held: LockedUpload, standing: Tally) -> None:
    """Close one of which nothing was left behind by a person's wish."""
    upload = held.row
    limit = held.session.get_one(Client, upload.client_id).invalid_limit
    chosen, discarded = upload.selected or 0, sum(upload.discarded.values())
    explain_end(held, standing)
    if upload.reason is None and has_many_invalid(standing, chosen, discarded, limit):
        explain(held, problems.many_invalid(discarded + standing.rejected, chosen))
    _close(held, closing_status(standing, chosen, discarded, limit))


def _close(held: LockedUpload, status: UploadStatus) -> None:
    upload = held.row
    upload.status = status
    upload.audience_busy = False
    upload.lease_owner, upload.lease_until = None, 0
    upload.resume_at = None
    upload.finished_at = clock.now()
    upload.seen_at = upload.seen_by = None  # whoever saw an earlier end has not seen this one
    if status in (UploadStatus.COMPLETED, UploadStatus.STOPPED):
        forget_reason(upload)
    note(held.session, Event.CLOSED, held.id, status=status)
    touch(held)
