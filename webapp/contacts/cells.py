"""A cell of a customer's file → a typed value. PURE.

Each reader gives None for an empty cell and UNREADABLE for one that holds something else than it should.
Files come from Italian spreadsheets: day before month, decimal comma, `sì`.
"""

import re
import unicodedata
from datetime import date
from enum import Enum
from functools import lru_cache
from typing import Final

from babel import Locale

from webapp.values.emails import trim
from webapp.values.formulas import unescape


class Unreadable(Enum):
    """The one value that stands for a cell that holds something else than its column says."""

    UNREADABLE = "unreadable"


UNREADABLE: Final = Unreadable.UNREADABLE

MAX_CELL_CHARS = 4_096
MIN_YEAR, MAX_YEAR = 1900, 2100
_PIVOT = 30  # 14/02/30 is 2030, 14/02/31 is 1931
_DAY_FIRST = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4}|[0-9]{2})").fullmatch
_YEAR_FIRST = re.compile(r"([0-9]{4})[/.-]([0-9]{1,2})[/.-]([0-9]{1,2})").fullmatch
_TIME = re.compile(r"[T ]+[0-9]{1,2}[:.][0-9]{2}.*$", re.DOTALL)

_CURRENCY = re.compile(r"^(?:€|eur|euro|\$|£)\s*|\s*(?:€|eur|euro|\$|£|%)$", re.IGNORECASE)
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:[. '’][0-9]{3})+").fullmatch
_ENGLISH = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+").fullmatch
_EVERY_DAY = re.compile(r"([0-9]{1,9}),([0-9]{1,6})").fullmatch  # 1459,26: read without further questions
_PLAIN_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?").fullmatch

_YES = {
    *("si", "si'", "s", "yes", "y", "true", "vero", "1", "x", "ok", "on"),
    *("iscritto", "iscritta", "subscribed"),
    *("accettato", "accetto", "accetta", "acconsento", "acconsente", "concesso", "dato", "granted"),
    *("opt-in", "optin", "opt in"),
}
_NO = {
    *("no", "n", "false", "falso", "0", "off", "disiscritto", "disiscritta", "unsubscribed"),
    *("rifiutato", "non accetto", "non acconsento", "non concesso", "negato", "revocato", "denied"),
    *("opt-out", "optout", "opt out"),
}
_MALE = {"m", "maschio", "uomo", "male", "man", "sig", "sig.", "signor"}
_FEMALE = {"f", "femmina", "donna", "female", "woman", "sig.ra", "signora"}


def read_text(cell: str) -> str | None:
    """The cell without blanks around it, and without the apostrophe an export put before a formula."""
    text = cell.strip() if cell.isascii() else trim(cell)
    return (unescape(text) if text.startswith("'") else text) or None


@lru_cache(maxsize=50_000)
def read_date(cell: str) -> date | Unreadable | None:
    """14/02/1970, 14-2-70, 1970-02-14, with or without a time. Years 1900–2100; 31/02 is unreadable."""
    text = trim(cell)
    if not text:
        return None
    text = _TIME.sub("", text)
    if found := _DAY_FIRST(text):
        day, month, year = int(found[1]), int(found[2]), _full_year(found[3])
    elif found := _YEAR_FIRST(text):
        year, month, day = int(found[1]), int(found[2]), int(found[3])
    else:
        return UNREADABLE
    try:
        return date(year, month, day) if MIN_YEAR <= year <= MAX_YEAR else UNREADABLE
    except ValueError:
        return UNREADABLE


@lru_cache(maxsize=50_000)
def read_number(cell: str) -> int | float | Unreadable | None:
    """1.459,26 and 1459,26 and 1,459.26 are all 1459.26; 1.459 is thousands, 14.5 is not; no exponents."""
    if plain := _EVERY_DAY(cell):
        return float(f"{plain[1]}.{plain[2]}")
    text = _CURRENCY.sub("", trim(cell))
    sign = -1 if text.startswith(("-", "−")) else 1
    digits = text.lstrip("+-−").strip() if len(text) - len(text.lstrip("+-−")) <= 1 else text
    if not digits:
        return UNREADABLE if text else None
    if _ENGLISH(digits):
        digits = digits.replace(",", "")
    else:
        whole, comma, decimals = digits.partition(",")
        whole = re.sub(r"[. '’]", "", whole) if _THOUSANDS(whole) else whole
        digits = f"{whole}.{decimals}" if comma else whole
    if not _PLAIN_NUMBER(digits):
        return UNREADABLE
    return sign * (float(digits) if "." in digits else int(digits))


@lru_cache(maxsize=10_000)
def read_yes_no(cell: str) -> bool | Unreadable | None:
    word = fold(trim(cell))
    if not word:
        return None
    return True if word in _YES else False if word in _NO else UNREADABLE


@lru_cache(maxsize=10_000)
def read_gender(cell: str) -> str | Unreadable | None:
    """`m` or `f`."""
    word = fold(trim(cell))
    if not word:
        return None
    return "m" if word in _MALE else "f" if word in _FEMALE else UNREADABLE


@lru_cache(maxsize=50_000)
def read_postcode(cell: str, country: str = "IT") -> str | None:
    """The postcode as typed; an Italian CAP gets back the zeros that Excel took (184 → 00184)."""
    text = read_text(cell)
    if text and country == "IT" and text.isascii() and text.isdigit() and len(text) in (3, 4):
        return text.zfill(5)
    return text


@lru_cache(maxsize=10_000)
def read_country(cell: str) -> str | None:
    """ISO 3166-1 alpha-2 for a code or an Italian or English name, else the text as typed."""
    text = read_text(cell)
    if text is None:
        return None
    return text.upper() if len(text) == 2 else _country_codes().get(fold(text), text)


@lru_cache(maxsize=10_000)
def read_province(cell: str) -> str | None:
    """`to` → `TO`; a province written in full stays as typed."""
    text = read_text(cell)
    return text.upper() if text and len(text) == 2 else text


def fold(text: str) -> str:
    """*text* without case and accents: how words are compared everywhere in this room."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.replace("’", "'").casefold())
    return "".join(c for c in plain if not unicodedata.combining(c))


@lru_cache(maxsize=1)
def _country_codes() -> dict[str, str]:
    codes = {
        "ita": "IT",
        "gran bretagna": "GB",
        "inghilterra": "GB",
        "usa": "US",
        "stati uniti d'america": "US",
    }
    for language in ("it", "en"):
        names = Locale(language).territories
        codes |= {fold(name): code for code, name in names.items() if len(code) == 2 and code.isalpha()}
    return codes


def _full_year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else 2000 + year if year <= _PIVOT else 1900 + year
