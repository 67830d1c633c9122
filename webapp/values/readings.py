"""How a cell typed by a person becomes a value we can trust, or a reason why not. PURE."""

from typing import NamedTuple


class Reading(NamedTuple):
    """Exactly one of the two is set: the normalised *value*, or the *reason* there is none.

    A reason is a code of `texts.REASONS`. The part before the dot is the group that numbers on
    screen are added up by (`phone_invalid`), the rest says more (`phone_invalid.excel`).
    """

    value: str | None
    reason: str | None


def good(value: str) -> Reading:
    return Reading(value, None)


def bad(reason: str) -> Reading:
    return Reading(None, reason)


def group(reason: str) -> str:
    """The group a reason is counted under: `phone_invalid.excel` → `phone_invalid`."""
    return reason.partition(".")[0]
