"""An ad account that was out of order answers again: everything that waits for it goes on at once."""

from contextlib import suppress

from sqlalchemy import or_, select, update
from sqlmodel import col

from webapp import clock, db, rounds
from webapp.destinations import registry
from webapp.uploads.engine import reconcile, transitions
from webapp.uploads.engine.locks import locked
from webapp.uploads.models import Batch, Upload
from webapp.uploads.status import BatchStatus, UploadStatus


def wake(destination: str, account_id: int) -> None:
    """Every upload of the account that rests, or whose batches wait to be tried again, goes on now.

    Each in a transaction of its own, so that two that wake the same uploads never lock each other.
    Nobody is woken while the account rests for another reason.
    """
    if registry.destination(destination).resting(account_id).until > clock.epoch():
        return
    with suppress(rounds.Partly), rounds.guarded("caricamento") as guard:  # it is in the log
        guard.each(_waiting(destination, account_id), _wake)


def _wake(upload_id: int) -> None:
    _go_on(upload_id)
    reconcile.enqueue_senders(upload_id)


def _waiting(destination: str, account_id: int) -> list[int]:
    status = col(Upload.status)
    rests = (status == UploadStatus.PAUSED) & col(Upload.resume_at).is_not(None)
    query = select(col(Upload.id)).where(
        col(Upload.destination) == destination,
        col(Upload.account_id) == account_id,
        or_(rests, status == UploadStatus.SENDING),
    )
    with db.reading() as session:
        return list(session.execute(query.order_by(col(Upload.id))).scalars())


def _go_on(upload_id: int) -> None:
    with db.writing() as session:
        held = locked(session, upload_id)
        if held is None or held.row.stop_requested:
            return
        if held.row.status == UploadStatus.PAUSED and held.row.resume_at is not None:
            transitions.resume(held)
        elif held.row.status == UploadStatus.SENDING:
            waiting = update(Batch).where(
                col(Batch.upload_id) == upload_id, col(Batch.status) == BatchStatus.PENDING
            )
            session.execute(waiting.values(next_attempt_at=0))
