"""A telephone number as typed → E.164 digits without the plus, as they are matched. PURE.

The judge is Google's `phonenumbers`; what it cannot know is done here: damage by spreadsheets, labels,
`(0)`, two numbers in one cell. Source of the format: Meta sheet §5, "remove symbols, letters, leading
zeros; prefix country code", developers.facebook.com …/customer-information-parameters.
"""

import re
import unicodedata
from typing import NamedTuple

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType, ValidationResult

from webapp.values.readings import Reading, bad, good

# Italian mobiles of every day, accepted without asking the library (23 µs a number). A test holds the two
# equal. 392 1234567 is a national number and 39 392 1234567 is not: the length decides.
_PLAIN = re.compile(
    r"\(?(?:(?:\+|00)?39)?\)?[ ./-]?(3[2-9][0-9])[ ./-]?([0-9]{3})[ ./-]?([0-9]{3,4})"
).fullmatch

_BLANK = re.compile(r"[\s.\-–—_/]*").fullmatch
_LABEL = re.compile(r"^(?:tel|cell?|mob|phone|mobile|telefono|cellulare)\b[\s.:]*", re.IGNORECASE)
_EXTENSION = re.compile(r"[\s,;]*\b(?:ext|int|interno|x)\b[\s.:]*\d{1,5}$", re.IGNORECASE)
_WRITTEN = re.compile(r"\(?\+?[0-9\s./()\-–]+").fullmatch
_EXCEL = re.compile(r"([0-9])[.,]([0-9]+)E\+?([0-9]+)", re.IGNORECASE).fullmatch
_FLOAT = re.compile(r"(\+?[0-9]{8,})[.,]0+").fullmatch
_SPLIT = re.compile(r"\s*[;,/|]\s*|\s+(?:e|o|-)\s+")

_MOBILE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
_LANDLINE = {PhoneNumberType.FIXED_LINE, PhoneNumberType.VOIP}


def read_mobile(raw: str, country: str = "IT") -> Reading:
    """A mobile as E.164 digits ("393331234567"), or `phone_empty`, `phone_landline`, `phone_invalid`.

    *country* is the ISO code numbers without an international prefix belong to.
    """
    if country == "IT" and (plain := _PLAIN(raw)):
        return good(f"39{plain[1]}{plain[2]}{plain[3]}")
    found = _find(raw, country)
    if isinstance(found, str):
        return bad(found)
    if found.kind in _LANDLINE:
        return bad("phone_landline")
    return good(found.digits) if found.kind in _MOBILE else bad("phone_invalid.service")


def read_phone(raw: str, country: str | None = "IT") -> Reading:
    """Any telephone a person may have, landlines included, in the same form as `read_mobile`.

    Without a *country* only numbers that carry their international prefix can be read.
    """
    found = _find(raw, country)
    return bad(found) if isinstance(found, str) else good(found.digits)


class _Found(NamedTuple):
    digits: str  # E.164 without the plus
    kind: int  # one of PhoneNumberType


def _find(raw: str, country: str | None) -> _Found | str:
    """The valid number in *raw*, or the reason code why there is none."""
    text = _tidy(raw)
    if _BLANK(text):
        return "phone_empty"
    if not _WRITTEN(text):
        return _unreadable(text)
    if sum(len(re.sub(r"\D", "", part)) >= 8 for part in _SPLIT.split(text)) > 1:
        return "phone_invalid.two"
    found = _ask_library(text, country)
    if isinstance(found, str) and "(0)" in text:
        # Italian landlines keep their zero after +39, everything else loses it.
        without_zero = _ask_library(text.replace("(0)", "", 1), country)
        return found if isinstance(without_zero, str) else without_zero
    return found


def _tidy(raw: str) -> str:
    """*raw* without what is not the number: odd Unicode, Excel's quotes and decimals, labels, extension."""
    text = unicodedata.normalize("NFKC", raw)
    text = "".join(c for c in text if unicodedata.category(c) != "Cf").strip(" \t\r\n'\"=")
    if exact := _FLOAT(text):
        return exact[1]
    if (excel := _EXCEL(text)) and len(excel[2]) == int(excel[3]):
        return excel[1] + excel[2]  # every digit survived: 3,331234567E+09
    return _EXTENSION.sub("", _LABEL.sub("", text))


def _unreadable(text: str) -> str:
    if _EXCEL(text):
        return "phone_invalid.excel"
    return "phone_invalid.letters" if any(c.isalpha() for c in text) else "phone_invalid"


def _ask_library(text: str, country: str | None) -> _Found | str:
    digits = re.sub(r"\D", "", text)
    international = "+" in text or digits.startswith("00")
    if not international and country is None and digits.startswith("0"):
        return "phone_invalid.country"  # 020 7946 0958: of which country?
    if international or country is None:
        digits = "+" + digits.lstrip("0")
    try:
        number = phonenumbers.parse(digits, country)
    except NumberParseException as error:
        return _PARSE_ERRORS.get(error.error_type, "phone_invalid")
    kind = phonenumbers.number_type(number)
    if kind in _NOBODYS:
        return _why_invalid(number)
    return _Found(f"{number.country_code}{phonenumbers.national_significant_number(number)}", kind)


# Italian mobiles with a digit too many are "voicemail boxes" to the library.
_NOBODYS = {PhoneNumberType.UNKNOWN, PhoneNumberType.VOICEMAIL}

_PARSE_ERRORS = {
    NumberParseException.INVALID_COUNTRY_CODE: "phone_invalid.country",
    NumberParseException.TOO_SHORT_AFTER_IDD: "phone_invalid.short",
    NumberParseException.TOO_SHORT_NSN: "phone_invalid.short",
    NumberParseException.TOO_LONG: "phone_invalid.long",
}
_LENGTH_ERRORS = {
    ValidationResult.TOO_SHORT: "phone_invalid.short",
    ValidationResult.TOO_LONG: "phone_invalid.long",
    ValidationResult.INVALID_COUNTRY_CODE: "phone_invalid.country",
}


def _why_invalid(number: PhoneNumber) -> str:
    national = phonenumbers.national_significant_number(number)
    if number.country_code == 39 and national.startswith("3"):  # mobiles: 9 or 10 digits
        return "phone_invalid.short" if len(national) < 10 else "phone_invalid.long"
    return _LENGTH_ERRORS.get(phonenumbers.is_possible_number_with_reason(number), "phone_invalid")
