"""The next rows of a file are read and converted while the database server writes those before them."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from webapp import db

# Python gives each of two threads a turn of 5 ms. The thread that reads the file uses its turns whole, and
# the thread that sends rows to PostgreSQL would wait for one at every packet. With 0.2 ms it does not.
SWITCH_S = 0.0002
T = TypeVar("T")


def ahead(job: Iterator[T]) -> Iterator[T]:
    """As *made*, which goes on by itself in another thread, by one. What it raises is raised here.

    SQLite writes in this very process, and folds names in Python as it does: there nothing is gained.
    """
    if db.engine().dialect.name == "sqlite":
        yield from job
        return
    with _quick_switches(), ThreadPoolExecutor(1, "reading-ahead") as thread:
        coming = thread.submit(next, job, None)
        while (one := coming.result()) is not None:
            coming = thread.submit(next, job, None)
            yield one


@contextmanager
def _quick_switches() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
