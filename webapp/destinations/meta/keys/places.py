"""CT, ST, ZIP, COUNTRY. PURE."""

import re

from webapp.destinations.meta.keys.country_names import COUNTRY_CODES, code_of_country
from webapp.destinations.meta.keys.regions import AMERICAN_STATES, ITALIAN_PROVINCES
from webapp.values.emails import trim
from webapp.values.readings import Reading, invalid, valid

_ZIP_PLUS_FOUR = re.compile(r"(\d{5})[\s-]*(\d{4})?").fullmatch
_POSTCODE = re.compile(r"[a-z0-9]{2,10}").fullmatch
_ITALIAN_POSTCODE = re.compile(r"(?:(?:i|it)[\s-]*)?(\d{3,5})(?:[.,]0+)?").fullmatch


def city(raw: str) -> Reading:
    """Only a–z, in lower case: `San Donà di Piave` → `sandondipiave`.

    Source: [page] "lowercase only with no punctuation, no special characters, and no spaces"; that an
    accented letter vanishes whole is what [builder] and [uploader] do. With digits it is discarded: the
    page allows none and the tools keep them.
    """
    text = trim(raw).lower()
    letters = re.sub(r"[^a-z]", "", text)
    if not text:
        return invalid("city_empty")
    if not letters or re.search(r"[0-9]", text):
        return invalid("city_invalid")
    return valid(letters)


def state(raw: str, country: str | None = None) -> Reading:
    """The two-letter code in the US, Canada and Italy, the name without spaces elsewhere.

    Source: [page] "Use the 2-character ANSI abbreviation code in lowercase. Normalize states outside the
    U.S. in lowercase with no punctuation, no special characters, and no spaces". When nobody knows the
    country, only codes and names of American states are read: [builder] would cut `Bavaria` to `ba`.
    """
    text = trim(raw).lower()
    letters = re.sub(r"[^a-z]", "", text)
    if not text:
        return invalid("state_empty")
    if country == "IT":
        return _italian_province(letters)
    if country not in (None, "US", "CA"):
        return valid(letters) if letters else invalid("state_invalid")
    code = AMERICAN_STATES.get(letters, letters)
    return valid(code) if len(code) == 2 else invalid("state_invalid")


def _italian_province(letters: str) -> Reading:
    code = ITALIAN_PROVINCES.get(letters, letters)
    if len(code) == 2:
        return valid(code) if code in ITALIAN_PROVINCES.values() else invalid("state_invalid")
    return valid(code) if code else invalid("state_invalid")


def postcode(raw: str, country: str | None = None) -> Reading:
    """Lower case without spaces: `SW1A 1AA` → `sw1a1aa`, `94035-1234` → `94035`, Italian `184` → `00184`.

    Source: [page] "Use lowercase with no spaces and no dash. Use only the first 5 digits for U.S. zip
    codes. Use the area, district, and sector format for the UK" (m11ae); [builder] and [uploader] keep the
    space against it. Where the country is unknown the dash cuts, as in both tools.
    """
    text = trim(raw).lower()
    if not text:
        return invalid("postcode_empty")
    if country == "IT":
        return _italian_postcode(text)
    if country == "US":
        found = _ZIP_PLUS_FOUR(text)
        return valid(found[1]) if found else invalid("postcode_invalid")
    if country is None:
        if re.fullmatch(r"\d{5}\s+\d{4}", text):  # five digits and four are American, but who knows?
            return invalid("postcode_invalid")
        text = text.partition("-")[0]
    value = re.sub(r"[\s-]", "", text)
    return valid(value) if _POSTCODE(value) else invalid("postcode_invalid")


def _italian_postcode(text: str) -> Reading:
    """Five digits; Excel takes the leading zeros of Rome (00184 → 184) and they can be given back."""
    found = _ITALIAN_POSTCODE(text)
    if not found or not int(found[1]):
        return invalid("postcode_invalid")
    return valid(found[1].zfill(5))


def country(raw: str) -> Reading:
    """ISO 3166-1 alpha-2 in lower case, from the code or from the name in Italian or English.

    Source: [page], which has it hashed too; [builder] reads names, but cuts those it does not know to two
    letters. What is not a country of the list is discarded.
    """
    text = trim(raw).lower()
    if not text:
        return invalid("country_empty")
    letters = "".join(c for c in text if c.isalpha())
    code = letters if letters in COUNTRY_CODES else code_of_country(letters)
    return valid(code) if code else invalid("country_invalid")
