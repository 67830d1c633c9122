"""How a cell typed by a person becomes a value we can trust, or a reason why not. PURE."""

from enum import Enum
from typing import Final, NamedTuple


class Unreadable(Enum):
    """The one value that stands for a cell that holds something else than its column says."""

    UNREADABLE = "unreadable"


UNREADABLE: Final = Unreadable.UNREADABLE


class Reading(NamedTuple):
    """The normalised *value*, or the *reason* there is none: exactly one of the two is set.

    A reason is a code of `reasons.REASONS`. The part before the dot is the group that numbers on
    screen are added up by (`phone_invalid`), the rest says more (`phone_invalid.excel`).
    A *note* is a code of `reasons.NOTES`: the value is certain, and something beside it was left out.
    """

    value: str | None
    reason: str | None
    note: str | None = None


def valid(value: str, note: str | None = None) -> Reading:
    return Reading(value, None, note)


def invalid(reason: str) -> Reading:
    return Reading(None, reason)


def group(reason: str) -> str:
    """The group a reason is counted under: `phone_invalid.excel` → `phone_invalid`."""
    return reason.partition(".")[0]
