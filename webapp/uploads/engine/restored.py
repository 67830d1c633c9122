"""Uploads in a database that was put back from a copy: what they sent since the copy is not in it."""

from datetime import datetime

from sqlalchemy import select, update
from sqlmodel import Session, col

from webapp.uploads import problems
from webapp.uploads.engine import transitions
from webapp.uploads.models import Batch, Upload
from webapp.uploads.status import FINAL, BatchStatus


def hold(session: Session, taken_at: datetime) -> int:
    """Pause every upload that had not ended until a person lets it go on; how many there are.

    Sending a batch again adds nobody twice, but somebody should know that it happens.
    """
    unfinished = session.execute(
        select(Upload).where(col(Upload.status).not_in(FINAL)).order_by(col(Upload.id))
    ).scalars()
    held = unfinished.all()
    for upload in held:
        session.execute(
            update(Batch)
            .where(col(Batch.upload_id) == upload.id, col(Batch.status) == BatchStatus.SENDING)
            .values(status=BatchStatus.PENDING, lease_owner=None, lease_until=0, next_attempt_at=0)
        )
        upload.stop_requested = False
        transitions.pause(session, upload, problems.restored(taken_at), None)
    return len(held)
