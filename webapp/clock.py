"""The time, asked for in one place. Rows keep UTC; people read Europe/Rome (`texts`).

Where the database has a clock of its own (PostgreSQL), that one rules: hosts disagree, and a moment that one
of them wrote is compared by another. `set_by` is told what the database says, and from then on this host's
wall clock is asked no more, only how long ago that was.

A moment that somebody wrote is never believed without a bound: one that lies further ahead than it can be
long was written by a clock that was wrong, and counts as over (`is_over`).
"""

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

SLACK_S = 5.0  # by how much two clocks may differ before one of them is wrong

_told: tuple[float, float] | None = None  # what the database's clock said, and the running time then


def now() -> datetime:
    return datetime.now(UTC) if _told is None else datetime.fromtimestamp(epoch(), UTC)


def today() -> date:
    """The day it is for the people who use Platea."""
    return now().astimezone(ZoneInfo("Europe/Rome")).date()


def epoch() -> float:
    """Seconds since 1970: what leases and waits are kept in, so that they compare the same everywhere."""
    if _told is None:
        return time.time()
    said, at = _told
    return said + _running() - at


def set_by(said: float | None) -> None:
    """From now on the time is counted from *said*, seconds since 1970; None: this host's clock again."""
    global _told
    _told = None if said is None else (said, _running())


def off_by_s() -> float:
    """By how many seconds this host's clock is ahead of the one that rules; below 0 when it is behind."""
    return 0.0 if _told is None else time.time() - epoch()


def is_over(until: float, longest_s: float, now: float) -> bool:
    """Whether a time that was to last until *until*, and no longer than *longest_s* from when it was
    written, is over."""
    return not now <= until <= now + longest_s + SLACK_S


def is_recent(at: datetime | None, within: timedelta, now: datetime) -> bool:
    """Whether something that happened at *at* did so no longer than *within* ago; one of the future did not:
    a clock that was wrong wrote it."""
    return at is not None and now - within <= at <= now + timedelta(seconds=SLACK_S)


def _running() -> float:
    """Seconds that only grow, also while the machine sleeps, whatever is done to the wall clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
