"""What an upload does next, decided from values alone. PURE: time and chance come in as arguments."""

from collections.abc import Mapping
from dataclasses import dataclass

from webapp.uploads.status import BatchStatus, UploadStatus

FIRST_WAIT_S = 5.0
LONGEST_WAIT_S = 15 * 60.0
# No wait is longer, Meta's own included: its slowest limits are counted over a day. One that is was written
# by a wrong clock.
LONGEST_PAUSE_S = 24 * 3600.0
MAX_CRASHES = 3  # attempts of one batch that may end with a dead process before it is set aside
MAX_ERRORS = 8  # the same for passing errors, while other batches of the upload do get through
SENDERS_PER_ACCOUNT = 4  # requests in flight for one ad account
WARNING_SHARE = 0.05  # of the selected contacts: more discarded than this and the upload ends "con avvisi"


def wait_s(errors: int, chance: float) -> float:
    """Seconds before a batch that failed *errors* times (≥ 1) is tried again: 5 s × 2ⁿ, at most 15 min.

    *chance* in [0, 1) spreads the waits over their upper half, so that workers do not return in step.
    """
    longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(errors - 1, 10))
    return longest * (0.5 + chance / 2)


@dataclass(frozen=True, slots=True)
class Tally:
    """How the batches of an upload stand: how many in each state, and what Meta refused."""

    batches: Mapping[str, int]
    rejected: int

    def count(self, *statuses: BatchStatus) -> int:
        return sum(self.batches.get(status, 0) for status in statuses)

    @property
    def is_settled(self) -> bool:
        return not self.count(BatchStatus.PENDING, BatchStatus.SENDING)


def closing_status(tally: Tally, selected: int, discarded: int) -> UploadStatus:
    """The final status of an upload whose batches are all settled and that nobody stopped."""
    failed, sent = tally.count(BatchStatus.FAILED), tally.count(BatchStatus.SENT)
    if failed and not sent:
        return UploadStatus.FAILED
    if failed or tally.rejected or discarded > selected * WARNING_SHARE:
        return UploadStatus.COMPLETED_WITH_WARNINGS
    return UploadStatus.COMPLETED


def senders_to_ring(due: int, in_flight: int) -> int:
    """How many more sender jobs to ring for an upload with *due* batches ready and *in_flight* being sent."""
    return max(0, min(due, SENDERS_PER_ACCOUNT - in_flight))
