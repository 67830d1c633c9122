"""A telephone number as typed → E.164 digits without the plus, as they are matched. PURE.

The judge is Google's `phonenumbers`; what it cannot know is done here and in `phone_texts`: damage by
spreadsheets, labels, `(0)`, two numbers in one cell, digits that belong to something else. Source of the
format: Meta sheet §5, "remove symbols, letters, leading zeros; prefix country code", developers.facebook.com
…/customer-information-parameters.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType, ValidationResult

from webapp.values.phone_texts import Written, is_excel_damage, split, tidy
from webapp.values.readings import Reading, invalid, valid

# Italian mobiles of every day, accepted without asking the library (23 µs a number). A test holds the two
# equal. 392 1234567 is a national number and 39 392 1234567 is not: the length decides.
_PLAIN = re.compile(
    r"\(?(?:(?:\+|00)?39)?\)?[ ./-]?(3[2-9][0-9])[ ./-]?([0-9]{3})[ .-]?([0-9]{3,4})"
).fullmatch

_SHORTEST, _LONGEST = 7, 18  # digits of a whole number with its prefix, 0039 and a (0) included

_MOBILE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
_LANDLINE = {PhoneNumberType.FIXED_LINE, PhoneNumberType.VOIP}


def read_mobile(raw: str, country: str | None = "IT", dial_country: str | None = None) -> Reading:
    """A mobile as E.164 digits ("393331234567"), or `phone_empty`, `phone_landline`, `phone_invalid`.

    *country* is the ISO code of the country that numbers without an international prefix belong to. None
    when nobody knows: then only a number that is written with its prefix, +39 or 0039, is read, because the
    same digits are good numbers in many countries (347 555 0123 in Italy, the United States and Canada).
    *dial_country* is the country of a dialling code that stands in a column of its own. It is part of the
    number, so it goes before *country*; a number that carries another prefix contradicts it, and is refused
    with `phone_invalid.dial_code` because nobody knows which of the two is wrong.
    Of several whole numbers the first mobile is taken, with the note `second_number_left`.
    """
    home = dial_country or country
    if home == "IT" and (plain := _PLAIN(raw)):
        return valid(f"39{plain[1]}{plain[2]}{plain[3]}")
    found = _find(raw, home)
    if isinstance(found, str):
        return invalid(found)
    mobile = next((one for one in found if one.kind in _MOBILE), None)
    if mobile is None:
        is_landline = any(one.kind in _LANDLINE for one in found)
        return invalid("phone_landline" if is_landline else "phone_invalid.service")
    if dial_country and mobile.dial_code != phonenumbers.country_code_for_region(dial_country):
        return invalid("phone_invalid.dial_code")
    return valid(mobile.digits, _note(found, mobile))


def read_phone(raw: str, country: str | None = "IT") -> Reading:
    """Any telephone a person may have, landlines included, in the same form as `read_mobile`.

    Without a *country* only numbers that carry their international prefix can be read; digits alone are
    taken to begin with it. Of several numbers the first is taken.
    """
    found = _find(raw, country, bare_is_international=True)
    return invalid(found) if isinstance(found, str) else valid(found[0].digits, _note(found, found[0]))


class _Found(NamedTuple):
    digits: str  # E.164 without the plus
    kind: int  # one of PhoneNumberType
    dial_code: int
    note: str | None = None


def _note(found: list[_Found], taken: _Found) -> str | None:
    if len({one.digits for one in found}) > 1:
        return "second_number_left"
    return taken.note if len(found) == 1 else "cleaned"  # the same number twice


def _find(raw: str, country: str | None, bare_is_international: bool = False) -> list[_Found] | str:
    """The valid numbers in *raw* in their order, or the reason code why there is none."""
    text = tidy(raw)
    if not text:
        return "phone_empty"
    if is_excel_damage(text):
        return "phone_invalid.excel"
    pieces = split(text)
    if isinstance(pieces, str):
        return pieces

    def ask(written: str) -> _Found | str:
        return _ask_library(written, country, bare_is_international)

    found: list[_Found] = []
    for piece in pieces:
        numbers = _numbers_of(piece, ask)
        if isinstance(numbers, str):
            return numbers if len(pieces) == 1 else _of_several(pieces, numbers, ask)
        found += numbers
    return found


def _numbers_of(piece: Written, ask: Callable[[str], _Found | str]) -> list[_Found] | str:
    """The numbers that the groups of *piece* make: one, or two whole ones side by side; or why none."""
    whole = _one_number(piece, ask)
    if isinstance(whole, _Found) or len(piece.groups) == 1:
        return [whole] if isinstance(whole, _Found) else whole
    ways = list(_ways(piece, ask))
    if len(ways) == 1:
        return ways[0]
    if ways:
        return "phone_invalid.two"
    begun = [piece.first(count) for count in range(1, len(piece.groups))]
    begins_whole = any(
        isinstance(_one_number(part, ask), _Found)
        for part in begun
        if _SHORTEST <= len(part.digits) <= _LONGEST
    )
    return "phone_invalid.half" if begins_whole else whole


def _ways(piece: Written, ask: Callable[[str], _Found | str]) -> Iterator[list[_Found]]:
    """Every way to cut *piece* between two groups into two whole numbers."""
    for count in range(1, len(piece.groups)):
        first, second = piece.first(count), piece.after(count)
        if not _SHORTEST <= len(first.digits) <= _LONGEST or len(second.digits) > _LONGEST:
            continue
        numbers = [_one_number(first, ask), _one_number(second, ask)]
        whole = [number for number in numbers if isinstance(number, _Found)]
        if len(whole) == 2:
            yield whole


def _of_several(pieces: list[Written], reason: str, ask: Callable[[str], _Found | str]) -> str:
    """Why a cell with several pieces is refused when one of them is no whole number."""
    some = any(isinstance(_one_number(piece, ask), _Found) for piece in pieces)
    return "phone_invalid.half" if some else reason


def _one_number(written: Written, ask: Callable[[str], _Found | str]) -> _Found | str:
    """The number that all digits of *written* make together, if that is how a number is written."""
    found = ask(written.digits)
    if isinstance(found, str) and written.without_zero:
        # Italian landlines keep their zero after +39, everything else loses it.
        without = ask(written.without_zero)
        found = found if isinstance(without, str) else without
    if isinstance(found, str):
        return found
    if not written.is_joined:
        return "phone_invalid.half"
    if written.ends_with_branch and isinstance(ask(written.first(len(written.groups) - 1).digits), _Found):
        return "phone_invalid.half"  # 0664 1234567-89: the number, and a branch of it
    return found._replace(note=written.note)


def _ask_library(digits: str, country: str | None, bare_is_international: bool) -> _Found | str:
    """*digits* as the library reads them, with a plus before them when one was written."""
    is_international = digits.startswith(("+", "00"))
    if not is_international and country is None:
        # 020 7946 0958: of which country?
        if not bare_is_international or digits.startswith("0"):
            return "phone_invalid.country"
        is_international = True
    if is_international:
        digits = "+" + digits.lstrip("+0")
    try:
        number = phonenumbers.parse(digits, country)
    except NumberParseException as error:
        return _PARSE_ERRORS.get(error.error_type, "phone_invalid")
    kind = phonenumbers.number_type(number)
    if kind in _NOBODYS:
        return _why_invalid(number, country if not is_international else None)
    national = phonenumbers.national_significant_number(number)
    return _Found(f"{number.country_code}{national}", kind, number.country_code or 0)


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


def _why_invalid(number: PhoneNumber, country: str | None) -> str:
    """*country* is that of a number without international prefix, None for one that has it."""
    national = phonenumbers.national_significant_number(number)
    if number.country_code == 39:
        if national.startswith("3"):  # mobiles: 9 or 10 digits
            return "phone_invalid.short" if len(national) < 10 else "phone_invalid.long"
        if re.fullmatch(r"0+(?:39)?3[1-9][0-9]{7,8}", national):
            return "phone_invalid.zero"
    reason = _LENGTH_ERRORS.get(phonenumbers.is_possible_number_with_reason(number))
    return reason or ("phone_invalid.abroad" if country not in (None, "IT") else "phone_invalid")
