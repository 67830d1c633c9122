"""Cells that hold an e-mail or a mobile → what is stored of them. PURE."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from webapp.contacts import cells as read
from webapp.contacts.store.row_countries import Country
from webapp.values.emails import read_email
from webapp.values.formulas import unescape
from webapp.values.phones import read_mobile
from webapp.values.readings import Reading

_LISTED = " ::: "  # how Google Contacts writes several values of one kind into a cell


class Digested(NamedTuple):
    """An e-mail or mobile as stored: as typed, its SHA-256 digest (32 bytes) or the reason there is none."""

    typed: str | None
    sha256: bytes | None
    reason: str | None


class DigestedColumn(NamedTuple):
    """The same of many, each part a list of its own: a tuple for every cell costs as much as reading it."""

    typed: list[str | None]
    sha256: list[bytes | None]
    reason: list[str | None]


def digest_email(cell: str) -> Digested:
    return _only(digest_emails([cell], Counter()))


def digest_mobile(cell: str, country: str | None = "IT") -> Digested:
    return _only(digest_mobiles([cell], country, Counter()))


def digest_emails(cells: Sequence[str], notes: Counter[str]) -> DigestedColumn:
    """*notes*: gets what was said beside addresses that could be read, code → how many."""
    # An export puts an apostrophe before an address that begins as a formula does.
    plain = [unescape(cell) if "'" in cell else cell for cell in cells]
    return _digest(
        plain,
        [read_email(cell) if _LISTED not in cell else _first(cell, read_email) for cell in plain],
        notes,
    )


def digest_mobiles(
    cells: Sequence[str], country: str | Sequence[Country] | None, notes: Counter[str]
) -> DigestedColumn:
    """*country*: of all numbers without a prefix, or of the row of each."""
    if country is None or isinstance(country, str):
        same: Country = (country, None)
        readings = [
            read_mobile(cell, country) if _LISTED not in cell else _first(cell, partial(_mobile, of=same))
            for cell in cells
        ]
    else:
        readings = [
            _mobile(cell, of) if _LISTED not in cell else _first(cell, partial(_mobile, of=of))
            for cell, of in zip(cells, country, strict=True)
        ]
    return _digest(cells, readings, notes)


def _mobile(cell: str, of: Country) -> Reading:
    return read_mobile(cell, *of)


def _first(cell: str, read_one: Callable[[str], Reading]) -> Reading:
    """The first valid value of a list, else what is wrong with the first."""
    readings = [read_one(part) for part in cell.split(_LISTED)]
    return next((one for one in readings if one.value is not None), readings[0])


def first_valid(first: DigestedColumn, reserve: DigestedColumn) -> DigestedColumn:
    """*first*, with the reserve wherever it has no valid value and the reserve has one, or it is empty."""
    for place, digest in enumerate(first.sha256):
        if digest is not None:
            continue
        is_empty = (first.reason[place] or "").endswith("_empty")
        if reserve.sha256[place] is not None or (is_empty and reserve.typed[place] is not None):
            first.typed[place] = reserve.typed[place]
            first.sha256[place] = reserve.sha256[place]
            first.reason[place] = reserve.reason[place]
    return first


def _digest(cells: Sequence[str], readings: Sequence[Reading], notes: Counter[str]) -> DigestedColumn:
    notes.update(note for _, _, note in readings if note)
    return DigestedColumn(
        [read.read_text(cell) for cell in cells],
        [None if value is None else hashlib.sha256(value.encode()).digest() for value, _, _ in readings],
        [reason for _, reason, _ in readings],
    )


def _only(column: DigestedColumn) -> Digested:
    typed, sha256, reason = column
    return Digested(typed[0], sha256[0], reason[0])
