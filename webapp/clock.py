"""The time, asked for in one place. Rows keep UTC; people read Europe/Rome (`texts`)."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)


def epoch() -> float:
    """Seconds since 1970: what leases and waits are kept in, so that they compare the same everywhere."""
    return time.time()
