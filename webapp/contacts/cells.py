"""A cell of a customer's file → a typed value. PURE.

Each reader gives None for an empty cell, or one that says there is no value (n.d., NULL), and UNREADABLE for
one that holds something else than it should. Files come from Italian spreadsheets: decimal comma, `sì`.
"""

import re
from functools import lru_cache

import phonenumbers
from babel import Locale

from webapp.contacts.answer_words import read_consent as read_consent
from webapp.contacts.dates import MAX_YEAR as MAX_YEAR
from webapp.contacts.dates import MIN_YEAR as MIN_YEAR
from webapp.contacts.dates import DateOrder as DateOrder
from webapp.contacts.dates import date_order as date_order
from webapp.contacts.dates import read_birth_date as read_birth_date
from webapp.contacts.dates import read_date as read_date
from webapp.values.blanks import fold as fold
from webapp.values.blanks import is_missing as is_missing
from webapp.values.blanks import is_missing_text, unpack, unpack_text
from webapp.values.formulas import unescape_inside
from webapp.values.readings import UNREADABLE as UNREADABLE
from webapp.values.readings import Unreadable as Unreadable

MAX_CELL_CHARS = 4_096

_CURRENCY = re.compile(r"^(?:€|eur|euro|\$|£)\s*|\s*(?:€|eur|euro|\$|£|%)$", re.IGNORECASE)
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:[. '’][0-9]{3})+").fullmatch
_ENGLISH = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+").fullmatch
_EVERY_DAY = re.compile(r"([0-9]{1,9}),([0-9]{1,6})").fullmatch  # 1459,26: read without further questions
_PLAIN_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?").fullmatch
_ONE_OR_ZERO = re.compile(r"([01])[.,]0{1,6}").fullmatch  # what pandas makes of a column of 1 and 0

# "+39", "+39 (Italia)" and "Italia (+39)", or the digits alone: "39", "0039", "39.0".
_DIAL_CODE = re.compile(
    r"(?:[^+0-9]*(?:\+|00)\s*([1-9][0-9]{0,2})|([1-9][0-9]{0,2})(?:[.,]0)?)[^+0-9]*"
).fullmatch
_ITALIAN_MOBILE = re.compile(r"3[1-9][0-9]").fullmatch

_YES = {
    *("si", "si'", "s", "yes", "y", "true", "vero", "1", "x", "ok", "on", "✓", "✔", "☑", "✅"),
    *("iscritto", "iscritta", "subscribed"),
    *("accettato", "accetto", "accetta", "acconsento", "acconsente", "concesso", "dato", "granted"),
    *("opt-in", "optin", "opt in"),
}
_NO = {
    *("no", "n", "false", "falso", "0", "off", "✗", "✘", "☐", "❌", "non iscritto", "non iscritta"),
    *("disiscritto", "disiscritta", "unsubscribed", "non accetto", "non acconsento", "non concesso"),
    *("rifiutato", "negato", "revocato", "denied", "opt-out", "optout", "opt out"),
}
_MALE = {"m", "maschio", "uomo", "male", "man", "sig", "sig.", "signor"}
_FEMALE = {"f", "femmina", "donna", "female", "woman", "sig.ra", "signora"}
# ISO 3166-1 keeps both free for them: the United Kingdom, and Greece as the European Union writes it.
_NO_ISO_CODES = {"UK": "GB", "EL": "GR"}
_NO_GENDER = {"non specificato", "non specificata", "unspecified", "not specified"}


def read_text(cell: str) -> str | None:
    """The cell without blanks around it, out of `="…"`, without the apostrophe that made it text.

    'Ndrangheta keeps its apostrophe.
    """
    text = cell.strip() if cell.isascii() else unpack_text(cell)
    if text.startswith(("'", "=")):
        text = unpack_text(text)
    return None if is_missing_text(text) else unescape_inside(text)


def read_code(cell: str) -> str | None:
    """A code of the customer's own: as `read_text`, but no apostrophe begins a code."""
    text = unpack(cell)
    return None if is_missing_text(text) else unescape_inside(text)


@lru_cache(maxsize=50_000)
def read_number(cell: str) -> int | float | Unreadable | None:
    """1.459,26 and 1459,26 and 1,459.26 are all 1459.26; 1.459 is thousands, 14.5 is not; no exponents."""
    if plain := _EVERY_DAY(cell):
        return float(f"{plain[1]}.{plain[2]}")
    text = unpack(cell)
    if is_missing(text):
        return None
    text = _CURRENCY.sub("", text)
    sign = -1 if text.startswith(("-", "−")) else 1
    digits = text.lstrip("+-−").strip() if len(text) - len(text.lstrip("+-−")) <= 1 else text
    if not digits:
        return UNREADABLE
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
    """Yes or no in an own field, where consent is not what it is about: few words, and none else."""
    word = fold(unpack(cell))
    if is_missing(word):
        return None
    if digit := _ONE_OR_ZERO(word):
        return digit[1] == "1"
    word = word if word in _YES else word.strip(" .,;:!")
    return True if word in _YES else False if word in _NO else UNREADABLE


@lru_cache(maxsize=10_000)
def read_gender(cell: str) -> str | Unreadable | None:
    """`m` or `f`. Outlook writes "Non specificato" for everybody who has none (as its exports show)."""
    word = fold(unpack(cell))
    if is_missing(word) or word in _NO_GENDER:
        return None
    return "m" if word in _MALE else "f" if word in _FEMALE else UNREADABLE


@lru_cache(maxsize=50_000)
def read_postcode(cell: str, country: str = "IT") -> str | None:
    """The postcode as typed; an Italian CAP gets back the zeros that Excel took (184 → 00184)."""
    text = read_code(cell)
    if text and country == "IT" and text.isascii() and text.isdigit() and len(text) in (3, 4):
        return text.zfill(5)
    return text


@lru_cache(maxsize=10_000)
def read_country(cell: str) -> str | None:
    """ISO 3166-1 alpha-2 for a code or an Italian or English name, else the text as typed."""
    text = read_code(cell)
    if text is None:
        return None
    if len(text) == 2:
        return _NO_ISO_CODES.get(text.upper(), text.upper())
    return _country_codes().get(fold(text), text)


@lru_cache(maxsize=10_000)
def read_province(cell: str) -> str | None:
    """`to` → `TO`; a province written in full stays as typed."""
    text = read_code(cell)
    return text.upper() if text and len(text) == 2 else text


@lru_cache(maxsize=10_000)
def dialling_country(cell: str) -> str | None:
    """The country of a dialling code in a column of its own: +39, 0039, 39, "Italia (+39)" or IT → IT.

    None for an empty cell and for what is no dialling code, or may be something else: 351 is Portugal or
    the beginning of an Italian mobile, 039 is Monza. Of countries that share a code it is the main one (1 →
    US), which makes no difference to the number.
    """
    text = unpack(cell)
    if is_missing(text):
        return None
    if code := _DIAL_CODE(text):
        if code[2] and _ITALIAN_MOBILE(code[2]):
            return None
        region = phonenumbers.region_code_for_country_code(int(code[1] or code[2]))
    else:
        region = read_country(cell) or ""
    return region if region in phonenumbers.SUPPORTED_REGIONS else None


def phone_countries(country_cell: str, dial_cell: str, home: str | None) -> tuple[str | None, str | None]:
    """The *country* and *dial_country* of a row, as `phones.read_mobile` wants them.

    The dialling code goes before the country of the row, that before *home*, the country of the database. A
    cell that holds something nobody can read makes the country unknown: it is not Italy because it is odd.
    """
    dial_country = dialling_country(dial_cell)
    if dial_country is None and not is_missing(unpack(dial_cell)):
        return None, None
    country = read_country(country_cell)
    if country is None:
        return home, dial_country
    return country if country in phonenumbers.SUPPORTED_REGIONS else None, dial_country


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
