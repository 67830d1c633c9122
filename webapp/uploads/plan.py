"""The next step of an upload, decided from values alone. PURE: time and chance come in as arguments."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from webapp.uploads.status import BatchStatus, UploadStatus

FIRST_WAIT_S = 5.0
LONGEST_WAIT_S = 15 * 60.0
# No wait is longer, Meta's own included: its slowest limits are counted over a day. One that is was written
# by a wrong clock.
LONGEST_PAUSE_S = 24 * 3600.0
MAX_CRASHES = 3  # attempts of one batch that may end with a dead process before it is set aside
MAX_ERRORS = 8  # the same for passing errors, while other batches of the account do get through
MAX_ERRORS_ALONE = 40  # the same for a batch that has only itself to be compared with: half an hour
# Whether anything proves it or not. Facebook's longest outage, of October 2021, took some seven hours: what
# was refused for longer, and that often, is not going to be taken. Who repeats the upload starts afresh.
MOST_PATIENCE_S = 12 * 3600.0
SMALLEST_HALF = 500  # rows: Facebook takes 10,000, so a smaller batch is not too large
OUTAGE_FAILURES = 3  # calls of the account in a row that make it an outage
FAILURES_PER_TRY = 10  # calls of the account in a row after which one batch is halved without any proof
SENDERS_PER_ACCOUNT = 4  # requests in flight for one ad account
# A session lasts 90 minutes from its first batch (Meta sheet §4.3). One that has not ended by then would be
# lost with all it got, and until then the vendor lets nobody else begin.
SESSION_LASTS_S, SESSION_OVER_S = 80 * 60.0, 95 * 60.0
MOST_BEGUN_ANEW = 3  # sessions of one replacement that may be lost
MOST_LEAVING = 0.2  # of the members: more than this leave by an alignment only when a person confirms it


def wait_s(errors: int, chance: float) -> float:
    """Seconds before a batch that failed *errors* times (≥ 1) is tried again: 5 s × 2ⁿ, at most 15 min.

    *chance* in [0, 1) spreads the waits over their upper half, so that workers do not return in step.
    """
    longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(errors - 1, 10))
    return longest * (0.5 + chance / 2)


class Next(StrEnum):
    """The fate of a batch after a passing error."""

    WAIT = "wait"
    HALVE = "halve"
    SET_ASIDE = "set_aside"


@dataclass(frozen=True, slots=True)
class Trouble:
    """A batch after a passing error, and what is known around it.

    *errors*: its own, this one included; *in_a_row*: calls of the account that failed one after the other.
    *others_passed*: another batch of the account was sent since this one first failed. *halved*: how often
    its upload was halved so far; *is_smallest*: of those of its upload that could still be halved.
    *lasted_s*: seconds since this one first failed.
    """

    rows: int
    errors: int
    too_large: bool
    in_a_row: int
    others_passed: bool
    halved: int
    is_smallest: bool
    lasted_s: float


def after_error(trouble: Trouble) -> Next:
    """In an outage everything fails and nothing is proven: the batch waits, whole.

    Others that get through prove that it is this batch. When none is left to prove anything, one batch is
    halved after every ten failures: should the half pass, the others were too large. Nor does a batch wait
    for a proof for ever: after forty tries in twelve hours it is set aside.
    """
    can_halve = trouble.too_large and trouble.errors > 1 and trouble.rows >= 2 * SMALLEST_HALF
    tries = trouble.in_a_row // FAILURES_PER_TRY
    if can_halve and (trouble.others_passed or (trouble.is_smallest and trouble.halved < tries)):
        return Next.HALVE
    most = MAX_ERRORS if trouble.in_a_row < OUTAGE_FAILURES else MAX_ERRORS_ALONE
    is_hopeless = trouble.errors >= MAX_ERRORS_ALONE and trouble.lasted_s >= MOST_PATIENCE_S
    if is_hopeless or (trouble.others_passed and trouble.errors >= most):
        return Next.SET_ASIDE
    return Next.WAIT


@dataclass(frozen=True, slots=True)
class Tally:
    """How the batches of an upload stand: how many in each state, and what the destination said of them.

    *rejected*: rows it did not accept. *answered*: rows of the batches it answered for, of which it took
    *received* in. *doubtful*: batches whose answer contradicts itself, or confirms fewer rows than were sent.
    """

    batches: Mapping[str, int]
    rejected: int
    answered: int = 0
    received: int = 0
    doubtful: int = 0

    def count(self, *statuses: BatchStatus) -> int:
        return sum(self.batches.get(status, 0) for status in statuses)

    @property
    def is_settled(self) -> bool:
        return not self.count(BatchStatus.PENDING, BatchStatus.SENDING)

    @property
    def went_whole(self) -> bool:
        """Whether something was sent, and nothing was left behind."""
        return self.count(*BatchStatus) == self.count(BatchStatus.SENT) > 0


def has_many_invalid(tally: Tally, selected: int, discarded: int, limit: int) -> bool:
    """Whether so many of the *selected* contacts were *discarded*, or rejected, that somebody has to look.

    Every list of people has some. *limit*: percent, of the client's settings.
    """
    return (discarded + tally.rejected) * 100 > selected * limit


def closing_status(tally: Tally, selected: int, discarded: int, limit: int) -> UploadStatus:
    """The final status of an upload whose batches are all settled and that nobody stopped.

    "Con avvisi" only where something is left to do. *limit*: as of `has_many_invalid`.
    """
    failed, sent = tally.count(BatchStatus.FAILED), tally.count(BatchStatus.SENT)
    if failed and not sent:
        return UploadStatus.FAILED
    postponed = tally.count(BatchStatus.POSTPONED)
    has_many = has_many_invalid(tally, selected, discarded, limit)
    if failed or postponed or tally.doubtful or has_many:
        return UploadStatus.COMPLETED_WITH_WARNINGS
    return UploadStatus.COMPLETED


def senders_to_enqueue(due: int, in_flight: int) -> int:
    """How many more senders to enqueue for an upload with *due* batches ready and *in_flight* being sent."""
    return max(0, min(due, SENDERS_PER_ACCOUNT - in_flight))
