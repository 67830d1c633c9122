"""A replacement of everybody in an audience, as a destination is told of it. PURE."""

from dataclasses import dataclass
from typing import NamedTuple


class Totals(NamedTuple):
    """Rows that the vendor says it has taken in a session, and those among them it called invalid."""

    received: int = 0
    invalid: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """Where a batch stands in a replacement of everybody. *number* 1 begins it and is sent first, the last
    one ends it; *session_id* is positive and new for each beginning. *rows*: of all its batches together.
    *before*: the vendor's totals as of its last answer.
    """

    session_id: int
    number: int
    is_last: bool
    rows: int
    before: Totals = Totals()
