"""How long the rest of an upload takes, by the batches confirmed lately. PURE.

Right within a factor of two, or nothing is said. Batches go out several at a time and come back in bursts:
a pace is known only once more has come back, since the first answer that is counted, than is on its
way; and of the last rounds nothing is said, since they take as long with one batch as with all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

MOST = 48  # of the last batches: a pace of long ago may have been another one
FEWEST = 5
SHORTEST = timedelta(seconds=2)  # between the first and the last of them
ROUNDS_SEEN, ROUNDS_LEFT = 1.5, 3  # rows that have come back, and rows that are left, per row on its way


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A batch that the destination has answered for: when, and how many rows."""

    at: datetime
    rows: int


def remaining(confirmed: Sequence[Confirmed], left: int, on_the_way: int, now: datetime) -> timedelta | None:
    """How long the *left* rows take, of which *on_the_way* were sent and not answered for.

    *confirmed*: the newest batches since the upload was last set going, in any order. None: nothing can be
    said, because there are too few of them, too little is left, or answers are overdue.
    """
    lately = sorted(confirmed, key=lambda one: one.at)[-MOST:]
    if len(lately) < FEWEST or left < max(1, ROUNDS_LEFT * on_the_way):
        return None
    first, last = lately[0], lately[-1]
    since_first = sum(one.rows for one in lately[1:])
    span = last.at - first.at
    if span < SHORTEST or since_first < ROUNDS_SEEN * on_the_way or now - last.at > span:
        return None
    # Of a burst, half counts as come back and of what is on its way half as done: right on the average.
    half_a_burst = max(0, on_the_way - last.rows) / 2
    return (now - first.at) * (left - on_the_way / 2) / (since_first - half_a_burst)
