"""How many requests a thread has sent to Meta: a page is counted by them (`access.budget_guard`)."""

from contextvars import ContextVar

_made: ContextVar[int] = ContextVar("requests sent to Meta", default=0)


def note() -> None:
    _made.set(_made.get() + 1)


def made() -> int:
    """Since `forget`."""
    return _made.get()


def forget() -> None:
    _made.set(0)
