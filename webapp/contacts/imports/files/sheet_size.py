"""How large the rectangle is that holds every cell of a sheet: readers make room for all of it. PURE.

A stray cell in the last corner of a sheet weighs nothing in the file and 500 GB in memory, and the process
that asks for those is killed. So the references of the cells are looked at before the sheet is opened.
"""

import re
from collections.abc import Callable, Iterable

# Most sheets have nothing further away than this, and are looked at once and quickly.
_NEAR_ROWS, _NEAR_COLUMNS = 99_999, 26
_FAR = re.compile(rb"\br\s*=\s*[\"'](?:[A-Za-z]{2,}[0-9]|[A-Za-z]?[0-9]{6})")  # AB1, A123456, a row's 123456
_ANY = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]*)([0-9]+)[\"']")
_ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")
_LONGEST = 64  # bytes of a reference, which may stand on the border of two chunks


def cells_to_hold(chunks: Callable[[], Iterable[bytes]], enough: int) -> int:
    """Rows × columns of the sheet whose XML *chunks()* gives; a bound when it is certainly under *enough*."""
    if enough >= _NEAR_ROWS * _NEAR_COLUMNS and not any(map(_FAR.search, _overlapping(chunks()))):
        return _NEAR_ROWS * _NEAR_COLUMNS
    columns: set[bytes] = set()
    last_row = 0
    for chunk in _overlapping(chunks()):
        found = _ANY.findall(chunk)
        columns.update({letters for letters, _ in found})
        last_row = max(last_row, max((int(row[:12]) for _, row in found), default=0))
    return last_row * max(map(_column, columns), default=0)


def rows_of(chunks: Iterable[bytes]) -> int:
    """How many rows the XML of a sheet has, the empty ones that it writes down included."""
    found, tail = 0, b""
    for chunk in chunks:
        # What stands across the border is counted with the next piece, and only there.
        head, cut, rest = (tail + chunk).rpartition(b"<")
        found += len(_ROW.findall(head))
        tail = cut + rest if cut else rest
    return found + len(_ROW.findall(tail))


def _overlapping(chunks: Iterable[bytes]) -> Iterable[bytes]:
    tail = b""
    for chunk in chunks:
        yield tail + chunk
        tail = chunk[-_LONGEST:]


def _column(letters: bytes) -> int:
    """A → 1, AA → 27; of a row, which has none, 1."""
    number = 0
    for letter in letters[:6].upper():
        number = number * 26 + letter - 64
    return number or 1
