"""DOBY, DOBM, DOBD: year, month and day of birth, from the part itself or from a whole date. PURE."""

import re
from datetime import date

from webapp.values.emails import trim
from webapp.values.readings import Reading, invalid, valid

# [page] "YYYY from 1900 to current year". The upper bound only stops what is no year of birth at all.
_YEARS = range(1900, 2100)

_PART = re.compile(r"\d{1,2}").fullmatch
_YEAR = re.compile(r"\d{4}").fullmatch
_DATE = re.compile(r"(?<!\d)(\d{1,4})\D{1,3}(\d{1,2})\D{1,3}(\d{1,4})(?!\d)").search
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})").fullmatch

# Where people write the month first; [builder] does so whenever both readings are possible.
_MONTH_FIRST = {None, "US"}


def year(raw: str, country: str | None = None) -> Reading:
    """Four digits: `1970`, `14/02/1970` → `1970`."""
    text = trim(raw)
    if _YEAR(text):
        return valid(text) if int(text) in _YEARS else invalid("birth_invalid")
    return _part_of_date(text, country, "%Y")


def month(raw: str, country: str | None = None) -> Reading:
    """Two digits: `2` → `02`, `14/02/1970` → `02`."""
    text = trim(raw)
    if _PART(text):
        return valid(f"{int(text):02}") if 1 <= int(text) <= 12 else invalid("birth_invalid")
    return _part_of_date(text, country, "%m")


def day(raw: str, country: str | None = None) -> Reading:
    """Two digits: `3` → `03`, `14/02/1970` → `14`."""
    text = trim(raw)
    if _PART(text):
        return valid(f"{int(text):02}") if 1 <= int(text) <= 31 else invalid("birth_invalid")
    return _part_of_date(text, country, "%d")


def _part_of_date(text: str, country: str | None, part: str) -> Reading:
    if not text:
        return invalid("birth_empty")
    born = read_date(text, country)
    return valid(born.strftime(part)) if born else invalid("birth_invalid")


def read_date(text: str, country: str | None) -> date | None:
    """The day *text* holds, in any order that names a four-digit year; None when there is none.

    02/03/1980 is the third of February where months come first (US, country unknown: as [builder]
    reads it) and the second of March elsewhere. A day above 12 decides by itself.
    """
    if found := _COMPACT(text):
        return _valid(*map(int, found.groups()))
    if not (found := _DATE(text)):
        return None
    first, second, third = found.groups()
    if len(first) == 4:
        return _valid(int(first), int(second), int(third))
    if len(third) != 4 or len(first) > 2:
        return None
    days_and_months = [(int(first), int(second)), (int(second), int(first))]
    if country in _MONTH_FIRST:
        days_and_months.reverse()
    readings = (_valid(int(third), m, d) for d, m in days_and_months)
    return next((reading for reading in readings if reading), None)


def _valid(year: int, month: int, day: int) -> date | None:
    if year not in _YEARS:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None
