"""How many rows Meta says that it took, read from its answer to a batch. PURE.

Only a number that stands there counts: an answer without `num_received` says nothing of the rows, and what
says nothing is not success. Source: Meta sheet §4.4 (`audience_id`, `num_received`, `num_invalid_entries`,
`invalid_entry_samples`; integers, and text from the sessions edge).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from webapp.destinations.base import Totals


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


def read_session_counts(
    data: Mapping[str, Any], sent: int, named: int, before: Totals
) -> tuple[Counts, Totals]:
    """The counts of one batch of a session, and the totals of the session with it. Raises Unreadable.

    Meta's page says that `num_received` is the total of the session so far, its recordings show the count of
    the request: both say that all of *sent* arrived, and anything between the two is a contradiction.
    *before*: the totals of the last answer. Batches of one session are sent one after the other, else nobody
    could tell their shares apart.
    """
    received, told = _whole(data, "num_received"), data.get("num_invalid_entries")
    invalid = named if told is None else _whole(data, "num_invalid_entries")
    is_total = received >= before.received + sent
    # Of a batch that came twice the totals count both: then those named are all that is known of it.
    again = is_total and received > before.received + sent
    share = named if again else max(0, invalid - before.invalid) if is_total else invalid
    own = {"num_received": min(received, sent) if is_total else received, "num_invalid_entries": share}
    counts = read_counts(own, sent, named)
    if is_total:
        return counts, Totals(received, max(invalid, before.invalid))
    return counts, Totals(before.received + counts.received, before.invalid + counts.invalid)


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
