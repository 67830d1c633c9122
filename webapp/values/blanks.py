"""Characters around a value that are no part of it, and cells that say there is no value. PURE.

Exports wrap text so that Excel does not take it for a number (`="00181"`, `'00181`), databases write NULL,
pandas nan, people n.d. or two dashes.
"""

import re
import unicodedata

# What spreadsheets and web pages leave around a value and `str.strip` does not know: BOM, zero-width
# characters, soft hyphen, directional marks. Whitespace (NBSP included) it does know.
INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060\u00ad\u200e\u200f\u202a\u202c"

_AS_TEXT = re.compile(r'=\s*"(.*)"', re.DOTALL).fullmatch
_QUOTES = "'‘’"

# A dash or a stroke is how people leave a cell empty.
_STROKES = re.compile(r"[\s.\-–—_/]*").fullmatch
# Errors of spreadsheets, dumps of databases (\N is MySQL's and PostgreSQL's), dates that are no date.
_NO_VALUE = {
    *("#n/d", "#n/a", "#nd", "#na", "#value!", "#valore!", "#ref!", "#rif!", "#null!", "#nullo!", "#name?"),
    *("#nome?", "#div/0!", "#num!", "#n/d!", "#n/a!", "\\n", "<null>", "(null)", "[null]", "<na>", "<n/a>"),
    *("n.d.", "n.d", "n/d", "n. d.", "n.a.", "n.a", "n/a", "n. a.", "n.p.", "n.c.", "n.r.", "n/r", "n/p"),
    *("0000-00-00", "0000-00-00 00:00:00", "00/00/0000", "00-00-0000", "0/0/00", "00/00/00", "0/0/0000"),
}
# The same as plain words. NA is Naples and Namibia, None is a town in Piedmont, Nan and Null are names: a
# column of free text keeps them unless they are written as machines write them.
_NO_VALUE_WORDS = {
    "null",
    "nan",
    "none",
    "nil",
    "na",
    "nd",
    "n d",
    "undefined",
    "nullo",
    "missing",
    "mancante",
}
_NO_VALUE_IN_TEXT = {"NULL", "null", "NaN", "nan", "undefined"}


def trim(raw: str) -> str:
    """*raw* in Unicode's composed form (NFC), without blanks and invisible characters at both ends."""
    value = unicodedata.normalize("NFC", raw).strip()
    while value != (shorter := value.strip(INVISIBLE).strip()):
        value = shorter
    return value


# How each of them begins: most cells are known to hold a value by their first character.
_BEGINNINGS = frozenset(
    "".join(word[0] + word[0].upper() for word in _NO_VALUE | _NO_VALUE_WORDS) + " \t\r\n.-–—_/"
)
_MOST_CHARS = max(map(len, _NO_VALUE | _NO_VALUE_WORDS))


def unpack(cell: str) -> str:
    """The value of a cell: trimmed, out of `="…"`, without the apostrophes that make it text."""
    text = cell.strip() if cell.isascii() else trim(cell)
    while text:
        if text[0] in _QUOTES:
            inside = trim(text[1:])
        elif text[0] == "=" and (found := _AS_TEXT(text)):
            inside = trim(found[1].replace('""', '"'))
        else:
            break
        text = inside
    return text


def unpack_text(cell: str) -> str:
    """`unpack` for names and free text: an apostrophe before a letter stays ('Ndrangheta, 't Hooft)."""
    text = trim(cell)
    while text:
        if text[0] == "'" and not text.lstrip("'")[:1].isalpha():
            inside = trim(text[1:])
        elif text[0] == "=" and (found := _AS_TEXT(text)):
            inside = trim(found[1].replace('""', '"'))
        else:
            break
        text = inside
    return text


def is_missing(text: str) -> bool:
    """Whether *text*, taken out of its cell by `unpack`, says there is no value: n.d., NULL, #N/D, --."""
    if text and text[0] not in _BEGINNINGS:
        return False
    if _STROKES(text):
        return True
    word = text.lower() if len(text) <= _MOST_CHARS else ""
    return word in _NO_VALUE or word in _NO_VALUE_WORDS


def is_missing_text(text: str) -> bool:
    """The same for names and free text, where a marker may be a word of its own: NA, None, Null, Nan."""
    if text and text[0] not in _BEGINNINGS:
        return False
    return (
        _STROKES(text) is not None
        or text in _NO_VALUE_IN_TEXT
        or (len(text) <= _MOST_CHARS and text.lower() in _NO_VALUE)
    )


def fold(text: str) -> str:
    """*text* without case and accents: how words are compared everywhere."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.replace("’", "'").casefold())
    return "".join(c for c in plain if not unicodedata.combining(c))
