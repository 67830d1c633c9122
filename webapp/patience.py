"""How long whoever is asked a page waits for the locks of others: all its transactions together.

A form posted beside a long write waited once in its own transaction, and again in the next one of the same
request. Only waiting is counted: who has read a large file before may still wait in full.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

LOCK_WAIT_S = 10.0  # of a page in all; of anybody else for each transaction
LEAST_S = 0.01  # on PostgreSQL 0 would be for ever

_here = threading.local()


def share() -> None:
    """From now on what this thread waits for is taken from one allowance, until `end`."""
    _here.left_s = LOCK_WAIT_S


def end() -> None:
    _here.left_s = None


def left_s() -> float:
    """How long the next lock may be waited for."""
    left = getattr(_here, "left_s", None)
    return LOCK_WAIT_S if left is None else max(LEAST_S, left)


def spend(seconds: float) -> None:
    left = getattr(_here, "left_s", None)
    if left is not None:
        _here.left_s = left - seconds


@contextmanager
def spending() -> Iterator[None]:
    """What happens in the block is waiting."""
    began = time.monotonic()
    try:
        yield
    finally:
        spend(time.monotonic() - began)
