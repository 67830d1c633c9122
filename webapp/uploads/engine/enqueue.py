"""Puts the jobs of an upload in the queue. A job that is lost does no harm: `reconcile` enqueues again."""

from sqlalchemy import update
from sqlmodel import col

from webapp import clock, db
from webapp.services import services
from webapp.uploads.models import Upload

PREPARE = "webapp.uploads.jobs.prepare_upload"
SEND = "webapp.uploads.jobs.send_upload"


def enqueue(function: str, upload_id: int, times: int = 1) -> None:
    """Enqueue the job *times* and note when, if Redis took at least one."""
    taken = [services().job_queue.enqueue(function, upload_id) for _ in range(times)]
    if any(taken):
        with db.writing() as session:
            session.execute(
                update(Upload).where(col(Upload.id) == upload_id).values(enqueued_at=clock.epoch())
            )
