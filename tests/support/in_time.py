"""The one bound against endless work: it tells a slow machine from work that grows with the square.

How fast something is, `make bench` measures; no test asserts it.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# gunicorn ends a web process that is silent for 30 s (its `timeout`): past it nobody gets an answer.
# The slowest of these answers takes 0.5 s of a quiet machine and took 2.2 s of a slow one.
LONGEST_S = 30.0


@contextmanager
def in_time(used_s: Callable[[], float] = time.process_time) -> Iterator[None]:
    """What is done within ends before a web process would be given up.

    *used_s* tells seconds: of processor time by default, for how busy the machine is proves nothing.
    """
    started = used_s()
    yield
    took = used_s() - started
    assert took < LONGEST_S, f"took {took:.1f} s"
