"""An e-mail address as typed → as it is matched. PURE.

Trimmed, in lower case, and nothing else: no dots and no `+tag` are taken away, because Meta and every
implementation published by it keep them. Source: Meta sheet §5, developers.facebook.com
…/conversions-api/parameters/customer-information-parameters.

RFC 5322 lets nearly every sign stand in an address, so rubbish around one is legal: `'anna@…`, `mail=anna@…`.
Hashed with it, it is nobody. What certainly is one address is taken out of it, the rest is refused.
"""

import re

from email_validator import EmailSyntaxError, validate_email

from webapp.values.blanks import INVISIBLE as INVISIBLE
from webapp.values.blanks import is_missing, unpack
from webapp.values.blanks import trim as trim
from webapp.values.readings import Reading, invalid, valid

# The addresses of every day, accepted without asking the library (40 times slower). A test holds the two
# equal. The names at the end are reserved (RFC 6761): never an address of anybody.
_PLAIN = re.compile(
    r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*"
    r"@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+(?!(?:arpa|invalid|local|localhost|onion|test)$)[a-z]{2,}"
).fullmatch
_PLAIN_MAX = 64  # so that no part can pass the 63 octets of a DNS label
_MOST_CHARS = 1_000  # of a cell that may still hold addresses: the longest address has 254

_SHA256 = re.compile(r"[0-9a-f]{64}").fullmatch

# Signs that the RFC allows in a local part and that nobody has there: at its ends any of them, between two
# words those that join a label or another value to the address, and what is left of a web link (%20).
_RUBBISH = re.compile(
    r"[^a-z0-9_+-]|[^@]*[^a-z0-9_+-]@|[^@]*[a-z0-9][|=/!~$`\\][a-z0-9]|[^@]*%[0-9a-f]{2}"
).match
# Left out at both ends. Not `*`, `?` and dots: they stand for letters somebody masked, broke or cut off.
_AROUND = " \t\r\n\u00a0'\"`´‘’“”«»‹›<>()[]{},;:|=" + INVISIBLE
_LABEL = re.compile(
    r"(?:e-?mail|mail|mailto|posta(?: elettronica)?|pec|indirizzo(?: e-?mail)?|address)\s*[:=]+\s*"
).match
_NAMED = re.compile(r"[^<>@]*<\s*([^<>@\s]+@[^<>@\s]+)\s*>[\s.,;]*").fullmatch  # Anna Rossi <anna@…>
_PIPED = re.compile(r"(?:[^@|]*\|)?\s*([^@|\s]+@[^@|\s]+)\s*(?:\|[^@|]*)?").fullmatch  # Anna|anna@…
_BETWEEN = re.compile(r"[\s;,|/<>]+|:::").split
_CONNECTORS = {"", "e", "o", "ed", "od", "oppure", "and", "or", "&", "-", ":::"}


def read_email(raw: str) -> Reading:
    """The address trimmed and in lower case, or `email_empty`, or `email_invalid` with what is wrong.

    Quotes, brackets, full stops, labels (`mailto:`) and a name around the address are left out, with the
    note `cleaned`. Of several whole addresses the first is taken, with the note `second_address_left`.
    Syntax only: nobody is asked whether the mailbox exists. Addresses with letters outside ASCII are
    refused, as both of Meta's tools do (Meta sheet §5).
    """
    value = raw.strip().lower()
    if len(value) <= _PLAIN_MAX and _PLAIN(value):
        return valid(value)
    return _read_unusual(raw)


def _read_unusual(raw: str) -> Reading:
    typed = trim(raw).lower()
    value = unpack(typed)
    if is_missing(value):
        return invalid("email_empty")
    if _is_address(value):
        return valid(value, None if value == typed else "cleaned")
    return _look_inside(value) if len(value) <= _MOST_CHARS else invalid(_what_is_wrong(value))


def _look_inside(value: str) -> Reading:
    """The address that is certainly in *value* with something around it, or what is wrong with it."""
    bare = _without_label(value)
    for inside in (bare, *_named(value), *_named(bare)):
        if _is_address(inside):
            return valid(inside, "cleaned")
    if value.count("@") > 1:
        pieces = [_without_label(piece) for piece in _BETWEEN(value)]
        pieces = [piece for piece in pieces if piece not in _CONNECTORS and not _is_label(piece)]
        if len(pieces) > 1 and all(_is_address(piece) for piece in pieces):
            return valid(pieces[0], "second_address_left" if len(set(pieces)) > 1 else "cleaned")
        if sum(_is_address(piece) for piece in pieces) > 1:
            return invalid("email_invalid.two")
    return invalid(_what_is_wrong(bare or value))


def _without_label(value: str) -> str:
    bare = value.strip(_AROUND)
    if bare.endswith(".") and not bare.endswith(".."):  # the end of a sentence
        bare = bare[:-1].rstrip(_AROUND)
    while label := _LABEL(bare):
        bare = bare[label.end() :].strip(_AROUND)
    return bare


def _is_label(piece: str) -> bool:
    return "@" not in piece and _LABEL(f"{piece}:") is not None


def _named(value: str) -> list[str]:
    found = _NAMED(value) or _PIPED(value)
    return [_without_label(found[1])] if found else []


def _is_address(value: str) -> bool:
    """Whether the whole of *value* is one address that a person can have."""
    if not value.isascii() or _RUBBISH(value):
        return False
    try:
        validate_email(value, check_deliverability=False, allow_smtputf8=False)
    except EmailSyntaxError:
        return False
    return True


def _what_is_wrong(value: str) -> str:
    """The reason code for an address that was refused: the first thing a person would correct."""
    has_address = any(_is_address(_without_label(piece)) for piece in _BETWEEN(value))
    signs = [
        (_SHA256(value) is not None, "hash"),
        ("@" not in value, "no_at"),
        (has_address and any(c.isspace() for c in value), "text"),
        (any(c.isspace() for c in value), "space"),
        (not value.isascii(), "accent"),
        (value.count("@") > 1, "many_at"),
        ("," in value, "comma"),
        (value.startswith("@"), "local"),
        (value.endswith("@"), "domain"),
        ("." not in value.rpartition("@")[2], "domain"),
        (_RUBBISH(value) is not None, "sign"),
    ]
    return next((f"email_invalid.{detail}" for found, detail in signs if found), "email_invalid")
