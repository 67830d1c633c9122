"""A round over many things of one kind, in which what goes wrong with one of them stops none of the others.

    with rounds.guarded("caricamento") as guard:
        guard.each(upload_ids, take_back)
        guard.each(other_ids, go_on)

What went wrong is logged with the thing's number, and counted: the round ends with `Partly`, which `periodic`
shows on the monitor while the round keeps its pace.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

log = structlog.get_logger(__name__)

# A deadlock, a row that stays locked, a change that was overtaken: of the one thing that was being changed.
# Every other trouble of this kind is that of a database that is away or full, for all. Source: PostgreSQL,
# appendix A.
_OF_ONE = {"40P01", "55P03", "40001"}
_MOST_TOLD = 1_000
_told: set[tuple[str, int, str]] = set()  # whose trace is in the log already


class Partly(Exception):
    """Some things of a round went wrong and the others did not. Its text is an Italian sentence to show."""


class Guard:
    """`each(ids, do)`; *wrong*: the numbers of those that went wrong, each once."""

    def __init__(self, what: str) -> None:
        self._what = what
        self.wrong: set[int] = set()

    def each(self, ids: Iterable[int], do: Callable[[int], object]) -> None:
        """*do* each. One that went wrong in this round is left alone for the rest of it.

        Raises only what says that the database is not there, for anybody.
        """
        for one in ids:
            if one in self.wrong:
                continue
            try:
                do(one)
            except Exception as error:
                if _concerns_all(error):
                    raise
                self.wrong.add(one)
                self._tell(one, error)

    def _tell(self, one: int, error: Exception) -> None:
        """The trace once a process: what goes wrong does so again in every round."""
        key = (self._what, one, type(error).__name__)
        is_new = key not in _told
        if len(_told) >= _MOST_TOLD:
            _told.clear()
        _told.add(key)
        trace = error if is_new else None
        log.error("giro incompleto", what=self._what, id=one, error=type(error).__name__, exc_info=trace)


@contextmanager
def guarded(what: str) -> Iterator[Guard]:
    """*what* a thing is called in Italian, one of them. Raises Partly at the end when some went wrong."""
    guard = Guard(what)
    yield guard
    if guard.wrong:
        numbers = ", ".join(map(str, sorted(guard.wrong)[:5]))
        count = len(guard.wrong)
        raise Partly(f"Qualcosa non va ({what}: {count}, con numero interno {numbers}). Il resto va avanti.")


def _concerns_all(error: Exception) -> bool:
    if isinstance(error, PoolTimeout):
        return True
    is_away = isinstance(error, (OperationalError, InterfaceError))
    return is_away and getattr(getattr(error, "orig", None), "sqlstate", None) not in _OF_ONE
