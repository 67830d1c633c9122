"""Cells of a column of dates, read in one order for the whole column. PURE."""

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any

from webapp.contacts import cells as read
from webapp.contacts.cells import DateOrder


def date_reader(
    order: str | None, today: date | None = None, is_birth: bool = False, is_own: bool = False
) -> Callable[[str], Any]:
    """A reader that gives ISO text, None or UNREADABLE, as of `cells.read_date`; *order* None is day first.

    Nobody was born, and nobody has consented, later than *today*. *is_own*: of a customer's own field.
    """
    in_order = DateOrder(order or DateOrder.DAY_FIRST)
    until = None if today is None else today.isoformat()

    @lru_cache(maxsize=50_000)
    def reader(cell: str) -> Any:
        if is_birth:
            value = read.read_birth_date(cell, in_order, today)
        else:
            value = read.read_date(cell, in_order, serial=not is_own)
        if not isinstance(value, date):
            return value
        text = value.isoformat()
        return read.UNREADABLE if until is not None and text > until else text

    return reader
