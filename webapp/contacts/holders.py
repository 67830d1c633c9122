"""Who still needs a filter: other rooms say so here, since this one does not know them.

holders.register(filter_is_busy)    # def filter_is_busy(session: Session, filter_id: int) -> bool
"""

from collections.abc import Callable

from sqlmodel import Session

Holder = Callable[[Session, int], bool]

_holders: list[Holder] = []


def register(holder: Holder) -> None:
    """*holder* tells whether a filter, by id, is needed by something that has not ended."""
    if holder not in _holders:
        _holders.append(holder)


def is_held(session: Session, filter_id: int) -> bool:
    return any(holder(session, filter_id) for holder in _holders)
