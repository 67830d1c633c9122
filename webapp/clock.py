"""The time, asked for in one place. Rows keep UTC; people read Europe/Rome (`texts`)."""

import time
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    return datetime.now(UTC)


def today() -> date:
    """The day it is for the people who use Platea."""
    return datetime.now(ZoneInfo("Europe/Rome")).date()


def epoch() -> float:
    """Seconds since 1970: what leases and waits are kept in, so that they compare the same everywhere."""
    return time.time()
