"""In which order the dates of each column are written: decided for the whole column, never cell by cell.

The first rows decide when they can; what they leave open is decided by reading the whole file before the
import (`settle`), and stays day first, as an Italian writes, when even that says nothing. PURE.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from webapp.contacts.cells import DateOrder
from webapp.contacts.fields import OWN, SKIP, STANDARD_BY_NAME, FieldType
from webapp.values.emails import trim

_NUMBERS = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-](?:[0-9]{4}|[0-9]{2})(?![0-9])").match


class OrderSeen:
    """What the cells of a column, met one after the other, say of its order."""

    def __init__(self) -> None:
        self._day_first = self._month_first = self.may_be_both = False

    def meet(self, cell: str) -> None:
        if found := _NUMBERS(trim(cell).lstrip("'=\"")):
            first, second = int(found[1]), int(found[2])
            self._day_first |= first > 12 >= second
            self._month_first |= second > 12 >= first
            self.may_be_both |= first <= 12 and second <= 12 and first != second

    @property
    def order(self) -> str | None:
        """dmy, mdy, mixed when the cells contradict each other, None while they say nothing."""
        if self._day_first and self._month_first:
            return DateOrder.MIXED
        return (
            DateOrder.DAY_FIRST if self._day_first else DateOrder.MONTH_FIRST if self._month_first else None
        )


def of_rows(mapping: Mapping[str, str], rows: Sequence[Sequence[str]]) -> dict[str, str]:
    """Column index as text → the order that *rows* decide, of the columns that are imported."""
    found = {}
    for index, target in mapping.items():
        if target == SKIP:
            continue
        seen = OrderSeen()
        for row in rows:
            seen.meet(row[int(index)])
        if seen.order:
            found[index] = seen.order
    return found


def open_columns(
    mapping: Mapping[str, str], orders: Mapping[str, str], types: Mapping[str, str]
) -> list[str]:
    """Indexes of the columns of dates that are still to be decided. *types*: own field → its type."""
    return [index for index, target in mapping.items() if index not in orders and _holds_dates(target, types)]


def settle(indexes: Sequence[str], rows: Iterable[Sequence[str]]) -> tuple[dict[str, str], int]:
    """(the order of each of the columns *indexes*, how many could be read in two). Stops when all is said.

    A column in both orders is known by its first rows or, if these agree, taken for what they say.
    """
    seen = {index: OrderSeen() for index in indexes}
    waiting = set(indexes)
    for cells in rows:
        if not waiting:
            break
        for index in list(waiting):
            seen[index].meet(cells[int(index)])
            if seen[index].order:
                waiting.discard(index)
    undecided = sum(seen[index].may_be_both for index in waiting)
    return {index: one.order or DateOrder.DAY_FIRST for index, one in seen.items()}, undecided


def _holds_dates(target: str, types: Mapping[str, str]) -> bool:
    if target.startswith(OWN):
        return types.get(target.removeprefix(OWN)) == FieldType.DATE
    if target in STANDARD_BY_NAME:
        return STANDARD_BY_NAME[target].type == FieldType.DATE
    return target == f"new:{FieldType.DATE}"
