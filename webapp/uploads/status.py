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


MOVING = (UploadStatus.PREPARING, UploadStatus.SENDING)
RUNNING = (UploadStatus.QUEUED, *MOVING, UploadStatus.PAUSED)
