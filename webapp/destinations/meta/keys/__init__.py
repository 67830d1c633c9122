"""From what a person typed to what Meta compares: one rule per schema key. PURE.

Meta hashes its own users' data after its own normalisation; a value normalised otherwise is accepted,
counted as valid and never matches. So every rule names where it comes from, and where sources disagree
Meta's documentation wins over Meta's tools and these over everybody else's:

* [page] developers.facebook.com/documentation/ads-commerce/conversions-api/parameters/
  customer-information-parameters and …/marketing-api/audiences/guides/custom-audiences, read 2026-09-12;
* [builder] github.com/facebook/capi-param-builder @ b0b6f0b1;
* [uploader] github.com/facebookarchive/offline-conversion-file-uploader @ c0384993.

What cannot be read with certainty is discarded: an unknown value is sent as the empty string and costs
a little matching, a wrong one is somebody else's.
"""

import hashlib
import re
from collections.abc import Callable
from typing import Any

from webapp.destinations.meta.keys import birth, gender, identifiers, names, places
from webapp.values.emails import read_email
from webapp.values.phones import read_phone
from webapp.values.readings import Reading, invalid, valid

# Sent as they are. Source: Meta sheet §4.2 (page custom-audience/users): all other keys are hashed.
NEVER_HASHED = {"MADID", "EXTERN_ID"}

# Bytes of another kind that slipped into the file (NUL, 0x1F …); tab and line breaks are blanks.
_DAMAGE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]").search

_HASHED = re.compile(r"[0-9a-fA-F]{64}").fullmatch
# Meta takes the hash of the empty string for a valid one; it would stand for everybody without a value.
_HASH_OF_NOTHING = hashlib.sha256(b"").hexdigest()

_Rule = Callable[[str, str | None], Reading]

_RULES: dict[str, _Rule] = {
    # [page] trim, lowercase; no dots and no "+tag" removed (all of Meta's tools agree).
    "EMAIL": lambda raw, country: _email(raw),
    "PHONE": lambda raw, country: _phone(raw, country),
    "FN": lambda raw, country: names.name(raw),
    "LN": lambda raw, country: names.name(raw),
    "FI": lambda raw, country: names.initial(raw),
    "GEN": gender.gender,
    "DOBY": birth.year,
    "DOBM": birth.month,
    "DOBD": birth.day,
    "CT": lambda raw, country: places.city(raw),
    "ST": places.state,
    "ZIP": places.postcode,
    "COUNTRY": lambda raw, country: places.country(raw),
    "MADID": lambda raw, country: identifiers.madid(raw),
    "EXTERN_ID": lambda raw, country: identifiers.extern_id(raw),
}

KEYS = tuple(_RULES)


def normalise(key: str, raw: str, country: str | None = None) -> Reading:
    """*raw* as Meta's *key* wants it before hashing, or the reason (a code of `keys.reasons`) it is left out.

    *country* is the ISO code of where the person lives, None when nobody knows; it decides how phones,
    dates, postcodes and states are read. Accented letters of CT and ST are dropped, as Meta's tools do
    (`forl`). 64 hexadecimal digits are taken for a hash and passed on as they are.
    Normalising a result again changes nothing (a phone: without a country, since it carries its own).
    Raises KeyError for a key that is not in `KEYS`.
    """
    rule = _RULES[key]
    stripped = raw.strip()
    if _HASHED(stripped):
        return invalid("hash_of_nothing") if stripped.lower() == _HASH_OF_NOTHING else valid(stripped)
    if _DAMAGE(raw):
        return invalid("damaged")
    return rule(raw, country.upper() if country else None)


def sha256(key: str, value: str) -> str | None:
    """The hash to send for a normalised *value*, or None for keys Meta wants in clear.

    A value that is a hash already is not hashed again. Raises ValueError for the empty string.
    """
    if not value:
        raise ValueError("an empty value is sent as the empty string, never hashed")
    if key in NEVER_HASHED:
        return None
    if _HASHED(value):
        return value.lower()
    return hashlib.sha256(value.encode()).hexdigest()


def normalise_line(line: dict[str, Any]) -> dict[str, str | None]:
    """`{"key", "raw", "country"}` → `{"normalised", "sha256", "reason"}`, for scripts.

    `country` may be missing, `raw` may be a number or null. Discarded values have a reason code and
    neither value nor hash; MADID and EXTERN_ID have no hash. Raises KeyError for a missing field.
    """
    key, raw = line["key"], line["raw"]
    if key not in _RULES:
        return {"normalised": None, "sha256": None, "reason": "key_unknown"}
    value, reason, _ = normalise(key, "" if raw is None else str(raw), line.get("country"))
    return {"normalised": value, "sha256": sha256(key, value) if value else None, "reason": reason}


def _email(raw: str) -> Reading:
    """The address, which must be all there is in *raw*: Meta's tools refuse `mary@example.com.`, final dot.

    Taking an address out of what stands around it is the business of whoever reads a customer's file.
    """
    reading = read_email(raw)
    return invalid("email_invalid.sign") if reading.note else reading


def _phone(raw: str, country: str | None) -> Reading:
    """[page] digits only, without leading zeros, with the country code; judged by `phonenumbers`.

    Without a country 33 06 12 34 56 78 is discarded: the zero is one too many, [uploader] keeps it.
    """
    if country and (reading := read_phone(raw, country)).value is not None:
        return reading
    if country and not raw.strip().isdigit():
        return reading
    # Bare digits with a country code of their own are what this function itself returns, and what is left
    # when a spreadsheet takes the plus of +447400875703 away.
    alone = read_phone(raw, None)
    typed = re.sub(r"\D", "", raw.replace("(0)", "", 1)).lstrip("0")
    if alone.value is not None and alone.value != typed:
        return invalid("phone_invalid.zero")
    return reading if country and alone.value is None else alone
