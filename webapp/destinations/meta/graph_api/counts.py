"""How many rows Meta says that it took, read from its answer to a batch. PURE.

Only a number that stands there counts: an answer without `num_received` says nothing of the rows, and what
says nothing is not success. Source: Meta sheet §4.4 (`audience_id`, `num_received`, `num_invalid_entries`,
`invalid_entry_samples`; integers, and text from the sessions edge).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Unreadable(ValueError):
    """The answer does not say how many rows arrived. `str()` names the field, never what stood there."""


class Counts(NamedTuple):
    """Rows taken in, those among them called invalid, and how the numbers contradict each other (Italian)."""

    received: int
    invalid: int
    doubt: str | None


def read_counts(data: Mapping[str, Any], sent: int, named: int) -> Counts:
    """The counts for *sent* rows, of which the samples name *named* as invalid. Raises Unreadable.

    `0 ≤ invalid ≤ received ≤ sent` holds of what is returned: each batch is a session of its own, so more
    than was sent, or less than nothing, is a contradiction, which is told. Without a count of invalid rows
    those named by the samples are it.
    """
    received = _whole(data, "num_received")
    told_invalid = named if data.get("num_invalid_entries") is None else _whole(data, "num_invalid_entries")
    taken = min(max(received, 0), sent)
    invalid = min(max(told_invalid, named), taken)
    contradicts = received != taken or told_invalid != invalid
    return Counts(taken, invalid, _told(received, told_invalid, sent) if contradicts else None)


def _whole(data: Mapping[str, Any], name: str) -> int:
    value = data.get(name)
    if isinstance(value, str):
        digits = value.strip().removeprefix("-")
        if digits.isascii() and digits.isdigit() and len(digits) < 19:
            return int(value)
    elif isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1:
        return int(value)
    raise Unreadable(name)


def _told(received: int, invalid: int, sent: int) -> str:
    return (
        "Facebook ha risposto con conteggi che si contraddicono: "
        f"{received} ricevuti e {invalid} non validi su {sent} inviati."
    )
