"""The right to prepare an upload, held while its batches are made."""

from dataclasses import dataclass

from sqlalchemy import update
from sqlmodel import Session, col

from webapp import clock
from webapp.services import services
from webapp.uploads.models import Upload
from webapp.uploads.status import UploadStatus


class LeaseLost(Exception):
    """Another worker took this over: what is being done here counts no more."""


@dataclass(frozen=True, slots=True)
class PreparationLease:
    """The right to prepare one upload, as long as *attempt* is the newest."""

    upload_id: int
    attempt: int


def still_ours(session: Session, claim: PreparationLease) -> None:
    """Renew the lease of the preparation. Raises Fenced when it is someone else's or was asked to stop."""
    renewed = session.execute(
        update(Upload)
        .where(
            col(Upload.id) == claim.upload_id,
            col(Upload.attempt) == claim.attempt,
            col(Upload.status) == UploadStatus.PREPARING,
            col(Upload.stop_requested).is_(False),
        )
        .values(lease_until=clock.epoch() + services().settings.lease_s)
    )
    if renewed.rowcount != 1:  # type: ignore[attr-defined]
        raise LeaseLost(f"upload {claim.upload_id}, attempt {claim.attempt}")
