"""Questions that destinations ask of rooms they do not know: whether an account is in use, and since when.

The one who puts the application together answers them once, with `register(Hooks(...))` (`webapp.wiring`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """Each is told the kind of the destination: account ids are unique within it only."""

    # (session, kind, client id, account id): True keeps the account from being deleted.
    is_account_busy: Callable[[Session, str, int, int], bool]
    # (session, kind, client id, account id): the names of what uses it now, for who is about to delete it.
    running_names: Callable[[Session, str, int, int], list[str]]
    # (session, kind, account id → its client's id): when each was last used; one that never was is not in it.
    last_account_uses: Callable[[Session, str, Mapping[int, int]], Mapping[int, datetime]]


_registered: list[Hooks] = []


def register(hooks: Hooks) -> None:
    """To be called once by each composition root; the last call counts."""
    _registered[:] = [hooks]


def registered() -> Hooks:
    """Raises RuntimeError before `register`: to delete an account that an upload sends to is no default."""
    if not _registered:
        raise RuntimeError("destinations.hooks.register() comes first: see webapp.wiring")
    return _registered[0]
