"""The country in which the telephone numbers of a row are read. PURE.

    the row's own column (Paese, Country …)  → that country; a text that is no country: nobody knows
    its dialling code (Prefisso)             → the country that has it, or the number with it in front
    both, and they disagree                  → nobody knows
    neither                                  → the country of the database

A number that bears its international prefix is read by that, whatever stands beside it.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from webapp.contacts import cells as read


class Abroad(NamedTuple):
    """*country*: ISO code, None when nobody knows. *prefix*: to put before the number, "+1" or nothing."""

    country: str | None
    prefix: str = ""


def countries(
    rows: Sequence[Sequence[str]], country_at: int | None, dial_at: int | None, default: str
) -> list[Abroad] | None:
    """One for each row; None when the file has neither column, so that all are of *default*."""
    if country_at is None and dial_at is None:
        return None
    return [
        _country(
            "" if country_at is None else cells[country_at], "" if dial_at is None else cells[dial_at], default
        )
        for cells in rows
    ]


def with_prefix(cells: Sequence[str], places: Sequence[Abroad]) -> list[str]:
    """Numbers as typed, those of a dialling code that several countries share with it in front."""
    return [
        f"{place.prefix}{cell}" if place.prefix and _is_national(cell) else cell
        for cell, place in zip(cells, places, strict=True)
    ]


@lru_cache(maxsize=20_000)
def _country(country_cell: str, dial_cell: str, default: str) -> Abroad:
    said = read.read_country(country_cell)
    code = None
    if said is not None:
        code = said if len(said) == 2 and said.isascii() and said.isalpha() else dialling_country(country_cell)
    if read.read_text(dial_cell) is None:
        return Abroad(code if said is not None else default)
    dialled, prefix = dialling_country(dial_cell), _prefix(dial_cell)
    if said is None:
        return Abroad(dialled, "" if dialled else prefix)
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(prefix[1:]), ()) if prefix else ()
    return Abroad(code if code in regions else None)


def dialling_country(cell: str) -> str | None:
    """+39, 0039 and 39 → IT; None for a code that several countries have, and for what is none."""
    prefix = _prefix(cell)
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(prefix[1:]), ()) if prefix else ()
    if prefix == "+39":
        return "IT"  # the Vatican has Italian numbers
    return regions[0] if len(regions) == 1 and regions[0] != "001" else None


def is_dialling_code(cell: str) -> bool:
    """Whether a cell holds a dialling code, of one country or of several."""
    return bool(_prefix(cell))


def _prefix(cell: str) -> str:
    """+39, 0039, 39 → "+39"; nothing when it is no dialling code."""
    text = read.read_text(cell) or ""
    digits = text.removesuffix(".0").removeprefix("+").removeprefix("00").strip(" ()-")
    is_code = digits.isascii() and digits.isdigit() and len(digits) <= 3
    return f"+{int(digits)}" if is_code and int(digits) in COUNTRY_CODE_TO_REGION_CODE else ""


def _is_national(cell: str) -> bool:
    text = cell.strip()
    return bool(text) and text[0].isdigit() and not text.startswith("00")
