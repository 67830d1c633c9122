"""The batches that nobody has taken yet, when nobody is to take them any more."""

from sqlalchemy import update
from sqlmodel import col

from webapp.destinations.base import Problem
from webapp.uploads.engine.locks import LockedUpload
from webapp.uploads.models import Batch
from webapp.uploads.status import BatchStatus


def settle(held: LockedUpload, status: BatchStatus, problem: Problem | None) -> None:
    """Give them *status*, and *problem* as the reason of each."""
    values: dict[str, str | None] = {"status": status}
    if problem:
        values |= {"error": problem.what, "error_code": problem.code, "trace": problem.trace}
    held.session.execute(
        update(Batch)
        .where(col(Batch.upload_id) == held.id, col(Batch.status) == BatchStatus.PENDING)
        .values(values)
    )
