"""An e-mail address as typed → as it is matched. PURE.

Trimmed, in lower case, and nothing else: no dots and no `+tag` are taken away, because Meta and every
implementation published by it keep them. Source: Meta sheet §5, developers.facebook.com
…/conversions-api/parameters/customer-information-parameters.
"""

import re
import unicodedata

from email_validator import EmailSyntaxError, validate_email

from webapp.values.readings import Reading, bad, good

# What spreadsheets and web pages leave around a value and `str.strip` does not know: BOM, zero-width
# characters, soft hyphen, directional marks. Whitespace (NBSP included) it does know.
INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060\u00ad\u200e\u200f\u202a\u202c"

# The addresses of every day, accepted without asking the library (40 times slower). A test holds the two
# equal. The names at the end are reserved (RFC 6761): never an address of anybody.
_PLAIN = re.compile(
    r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*"
    r"@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+(?!(?:arpa|invalid|local|localhost|onion|test)$)[a-z]{2,}"
).fullmatch
_PLAIN_MAX = 64  # so that no part can pass the 63 octets of a DNS label

_NOTHING = re.compile(r"[\s.\-–—_/]*").fullmatch  # "-" and "—" are how people leave a cell empty
_SHA256 = re.compile(r"[0-9a-f]{64}").fullmatch


def read_email(raw: str) -> Reading:
    """The address trimmed and in lower case, or `email_empty`, or `email_invalid` with what is wrong.

    Syntax only: nobody is asked whether the mailbox exists. Addresses with letters outside ASCII are
    refused, as both of Meta's tools do (Meta sheet §5).
    """
    value = raw.strip().lower()
    if len(value) <= _PLAIN_MAX and _PLAIN(value):
        return good(value)
    return _read_unusual(raw)


def _read_unusual(raw: str) -> Reading:
    value = trim(raw).lower()
    if _NOTHING(value):
        return bad("email_empty")
    if not value.isascii():
        return bad("email_invalid.accent")
    try:
        validate_email(value, check_deliverability=False, allow_smtputf8=False)
    except EmailSyntaxError:
        return bad(_what_is_wrong(value))
    return good(value)


def trim(raw: str) -> str:
    """*raw* in Unicode's composed form (NFC), without blanks and invisible characters at both ends."""
    value = unicodedata.normalize("NFC", raw).strip()
    while value != (shorter := value.strip(INVISIBLE).strip()):
        value = shorter
    return value


def _what_is_wrong(value: str) -> str:
    """The reason code for an address the library refused: the first thing a person would correct."""
    signs = [
        (_SHA256(value) is not None, "hash"),
        ("@" not in value, "no_at"),
        (any(c.isspace() for c in value), "space"),
        (value.count("@") > 1, "many_at"),
        ("," in value, "comma"),
        (value.startswith("@"), "local"),
        (value.endswith("@"), "domain"),
        ("." not in value.rpartition("@")[2], "domain"),
    ]
    return next((f"email_invalid.{detail}" for found, detail in signs if found), "email_invalid")
