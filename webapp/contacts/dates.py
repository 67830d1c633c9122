"""A date as typed → a day, in the order that its whole column is written in. PURE.

03/04/2025 is the third of April in Italy and the fourth of March in America. A cell cannot tell; a column
with 25/12 or 12/25 in it can.
"""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from webapp.values.blanks import fold, is_missing, unpack
from webapp.values.readings import UNREADABLE, Unreadable


class DateOrder(StrEnum):
    """How the dates of a column are written; MIXED when some cells are one and some the other."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"
    MIXED = "mixed"


MIN_YEAR, MAX_YEAR = 1900, 2100
_PIVOT = 30  # 14/02/30 is 2030, 14/02/31 is 1931
_NUMBERS = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4}|[0-9]{2})").fullmatch
_YEAR_FIRST = re.compile(r"([0-9]{4})[/.-]([0-9]{1,2})[/.-]([0-9]{1,2})").fullmatch
_NAMED = re.compile(r"([0-9]{1,2})°?[ ./-]+([a-z]{3,10})[ ./-]+([0-9]{4})").fullmatch  # 14 marzo 1970
_NAME_FIRST = re.compile(r"([a-z]{3,10})\.? +([0-9]{1,2})(?:st|nd|rd|th)?,? +([0-9]{4})").fullmatch
_TIME = re.compile(r"[T ]+[0-9]{1,2}[:.][0-9]{2}.*$", re.DOTALL)
_SERIAL = re.compile(r"([1-5][0-9]{4})(?:[.,][0-9]+)?").fullmatch  # 18/05/1927 – 08/04/2064
_SERIAL_ZERO = date(1899, 12, 30)

_LONGEST_NAMED = 30
_MONTH_NAMES = (
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "january february march april may june july august september october november december",
)
_MONTHS = {"sett": 9, "sept": 9}  # in full and in three letters → 1–12
for _names in _MONTH_NAMES:
    for _number, _name in enumerate(_names.split(), 1):
        _MONTHS[_name] = _MONTHS[_name[:3]] = _number


class _Written(NamedTuple):
    """Two numbers and a year as typed; *is_open* when the first may be the day or the month, else the day."""

    first: int
    second: int
    year: str
    is_open: bool

    def on(self, year: int, order: DateOrder) -> date | Unreadable:
        """The day this is in *year*."""
        day_first = _day(year, self.second, self.first)
        if not self.is_open or order is DateOrder.DAY_FIRST:
            return day_first
        month_first = _day(year, self.first, self.second)
        if order is DateOrder.MONTH_FIRST:
            return month_first
        if day_first is UNREADABLE or day_first == month_first:
            return month_first
        return day_first if month_first is UNREADABLE else UNREADABLE


@lru_cache(maxsize=50_000)
def read_date(
    cell: str, order: DateOrder = DateOrder.DAY_FIRST, serial: bool = False
) -> date | Unreadable | None:
    """14/02/1970, 14-2-70, 1970-02-14, 14 marzo 1970, with or without a time; 31/02 is unreadable.

    Years 1900–2100. In a column that is MIXED only dates that can be read in one way are read. *serial* also
    takes the day numbers of Excel (25569 is 01/01/1970): for columns that are known to hold dates.
    """
    found = _parse(cell, serial)
    return found.on(_full_year(found.year), order) if isinstance(found, _Written) else found


def read_birth_date(
    cell: str, order: DateOrder = DateOrder.DAY_FIRST, today: date | None = None
) -> date | Unreadable | None:
    """As `read_date` with *serial*, of somebody who is born on *today* already.

    In two digits the year is the last that is not to come: on 30/11/2026, 15 is 2015 and 28 is 1928. A day
    to come in four digits is unreadable.
    """
    found = _parse(cell, serial=True)
    if not isinstance(found, _Written):
        born = found
    elif len(found.year) == 4 or today is None:
        born = found.on(_full_year(found.year), order)
    else:
        recent = found.on(2000 + int(found.year), order)
        is_past = isinstance(recent, date) and recent <= today
        born = recent if is_past else found.on(1900 + int(found.year), order)
    return UNREADABLE if isinstance(born, date) and today is not None and born > today else born


def date_order(values: Iterable[str]) -> DateOrder | None:
    """The order all *values* of a column are written in, or None when they cannot tell: ask a person.

    A column without any date that can be read in two ways is DAY_FIRST, there is nothing to ask. One where
    some dates can only be day first and some only month first contradicts itself and is MIXED.
    """
    is_day_first = is_month_first = is_either = False
    for cell in values:
        found = _parse(cell, serial=False)
        if not isinstance(found, _Written) or not found.is_open or found.first == found.second:
            continue
        is_day_first |= 12 < found.first <= 31 and found.second <= 12
        is_month_first |= 12 < found.second <= 31 and found.first <= 12
        is_either |= found.first <= 12 and found.second <= 12
        if is_day_first and is_month_first:
            return DateOrder.MIXED
    if is_month_first:
        return DateOrder.MONTH_FIRST
    return None if is_either and not is_day_first else DateOrder.DAY_FIRST


def _parse(cell: str, serial: bool) -> _Written | date | Unreadable | None:
    text = unpack(cell)
    if is_missing(text):
        return None
    text = _TIME.sub("", text)
    if found := _NUMBERS(text):
        return _Written(int(found[1]), int(found[2]), found[3], True)
    if found := _YEAR_FIRST(text):
        return _Written(int(found[3]), int(found[2]), found[1], False)
    if serial and (found := _SERIAL(text)):
        return _SERIAL_ZERO + timedelta(days=int(found[1]))
    return _with_name_of_month(fold(text)) if len(text) <= _LONGEST_NAMED else UNREADABLE


def _with_name_of_month(text: str) -> _Written | Unreadable:
    if found := _NAMED(text):
        day, name, year = found[1], found[2], found[3]
    elif found := _NAME_FIRST(text):
        name, day, year = found[1], found[2], found[3]
    else:
        return UNREADABLE
    month = _MONTHS.get(name)
    return _Written(int(day), month, year, False) if month else UNREADABLE


def _day(year: int, month: int, day: int) -> date | Unreadable:
    try:
        return date(year, month, day) if MIN_YEAR <= year <= MAX_YEAR else UNREADABLE
    except ValueError:
        return UNREADABLE


def _full_year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else 2000 + year if year <= _PIVOT else 1900 + year
