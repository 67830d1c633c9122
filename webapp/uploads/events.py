"""Events, in order: one line per step of an upload or of one of its batches."""

from enum import StrEnum

from sqlmodel import Session

from webapp.uploads.models import BatchEvent


class Event(StrEnum):
    STARTED = "started"
    PREPARED = "prepared"
    AUDIENCE_CREATED = "audience_created"
    SENT = "sent"
    RETRIED = "retried"
    HALVED = "halved"
    FAILED = "failed"
    PAUSED = "paused"
    RESUMED = "resumed"
    REOPENED = "reopened"
    STOP_REQUESTED = "stop_requested"
    TAKEN_BACK = "taken_back"
    FENCED = "fenced"
    TAKEN_OUT = "taken_out"
    POSTPONED = "postponed"
    CONFIRMED = "confirmed"
    IN_DOUBT = "in_doubt"
    BEGUN_ANEW = "begun_anew"
    CLOSED = "closed"


def note(
    session: Session,
    kind: Event,
    upload_id: int,
    *,
    batch_id: int | None = None,
    seq: int | None = None,
    attempt: int = 0,
    **detail: str | int | float | None,
) -> None:
    """Append a line. *detail* holds codes, counts and Italian reasons, never personal data or tokens."""
    session.add(
        BatchEvent(
            upload_id=upload_id,
            batch_id=batch_id,
            seq=seq,
            attempt=attempt,
            kind=kind,
            detail={key: value for key, value in detail.items() if value is not None},
        )
    )
