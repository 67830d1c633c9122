"""Cells of a column of dates, read in one order for the whole column. PURE."""

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any, Final

from webapp.contacts import cells as read

DAY_FIRST: Final = "dmy"
MONTH_FIRST: Final = "mdy"
MIXED: Final = "mixed"  # the column holds both: only a date that is one in a single order is read
_MONTH_FIRST = re.compile(r"^(\W*[0-9]{1,2})([/.-])([0-9]{1,2})[/.-](?=[0-9])")
ORDERS: Final = (DAY_FIRST, MONTH_FIRST, MIXED)


def date_reader(order: str | None, today: date | None = None, is_birth: bool = False) -> Callable[[str], Any]:
    """A reader that gives ISO text, None or UNREADABLE, as of `cells.read_date`.

    Nobody was born, and nobody has consented, later than *today*.
    """
    until = None if today is None else today.isoformat()

    @lru_cache(maxsize=50_000)
    def reader(cell: str) -> Any:
        value = _read(cell, order or DAY_FIRST, today if is_birth else None)
        if not isinstance(value, date):
            return value
        text = value.isoformat()
        return read.UNREADABLE if until is not None and text > until else text

    return reader


def _read(cell: str, order: str, born_by: date | None) -> Any:
    if order != MIXED:
        return _in_order(cell, order, born_by)
    found = {_in_order(cell, one, born_by) for one in (DAY_FIRST, MONTH_FIRST)}
    dates = {value for value in found if isinstance(value, date)}
    if len(dates) == 1:
        return dates.pop()
    return read.UNREADABLE if dates else found.pop()


def _in_order(cell: str, order: str, born_by: date | None) -> Any:
    if order == MONTH_FIRST:
        cell = _MONTH_FIRST.sub(r"\3\2\1\2", cell)
    del born_by
    return read.read_date(cell)
