"""The states of an upload and of its batches. PURE."""

from enum import StrEnum


class UploadStatus(StrEnum):
    QUEUED = "queued"
    PREPARING = "preparing"
    SENDING = "sending"
    PAUSED = "paused"
    COMPLETED = "completed"
    COMPLETED_WITH_WARNINGS = "completed_with_warnings"
    FAILED = "failed"
    STOPPED = "stopped"


FINAL = frozenset(
    {
        UploadStatus.COMPLETED,
        UploadStatus.COMPLETED_WITH_WARNINGS,
        UploadStatus.FAILED,
        UploadStatus.STOPPED,
    }
)


class BatchStatus(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    STOPPED = "stopped"
    POSTPONED = "postponed"  # refused for now: its rows are owed (`contacts.ledger.due`)


class ReplaceState(StrEnum):
    """How a replacement of everybody stands at the vendor."""

    NONE = "none"  # not begun, for certain
    OPENING = "opening"  # the batch that begins it was sent, and may have arrived
    OPEN = "open"
    DONE = "done"  # everybody was replaced; the ledger comes after
    SETTLED = "settled"  # and the ledger tells of it
    DOUBTED = "doubted"  # given up, and everybody may have been replaced; the ledger comes after


MOVING = (UploadStatus.PREPARING, UploadStatus.SENDING)
RUNNING = (UploadStatus.QUEUED, *MOVING, UploadStatus.PAUSED)
