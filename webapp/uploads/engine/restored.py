"""Uploads in a database that was put back from a copy: what they sent since the copy is not in it."""

from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col

from webapp.uploads import problems
from webapp.uploads.engine import transitions
from webapp.uploads.engine.locks import all_locked
from webapp.uploads.models import Batch, Upload
from webapp.uploads.status import FINAL, BatchStatus


def hold(session: Session, taken_at: datetime) -> int:
    """Pause every upload that had not ended until a person lets it go on; how many there are.

    Sending a batch again adds nobody twice, but somebody should know that it happens.
    """
    unfinished = all_locked(session, col(Upload.status).not_in(FINAL))
    for held in unfinished:
        session.execute(
            update(Batch)
            .where(col(Batch.upload_id) == held.id, col(Batch.status) == BatchStatus.SENDING)
            .values(status=BatchStatus.PENDING, lease_owner=None, lease_until=0, next_attempt_at=0)
        )
        transitions.forget_stop(held)
        transitions.pause(held, problems.restored(taken_at), None)
    return len(unfinished)
