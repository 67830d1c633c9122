"""FN, LN, FI: first name, last name, initial of the first name. PURE."""

import re
import string
import unicodedata

from webapp.values.emails import INVISIBLE, trim
from webapp.values.readings import Reading, invalid, valid

# [page] "lowercase only with no punctuation. If using special characters, the text must be encoded in
# UTF-8": Valéry → valéry. [builder] and [uploader] also take the whitespace out: Mary Jane → maryjane.
_DROPPED = re.compile(rf"[\s{re.escape(string.punctuation)}’‘‛ʼ´“”„«»…{INVISIBLE}]+")


def name(raw: str) -> Reading:
    """Lower case, without blanks and punctuation, accents kept: `D’Angelo` → `dangelo`, `Nicolò` → `nicolò`.

    Curly quotes go as the straight ones do, since the page says "no punctuation" although both of Meta's
    tools forget them. Other punctuation outside ASCII (`Anna–Maria`) is discarded: the page would drop it,
    the tools keep it.
    """
    value = trim(_DROPPED.sub("", trim(raw).lower()))
    if not value:
        return invalid("name_empty")
    if any(unicodedata.category(c).startswith("P") for c in value):
        return invalid("name_invalid")
    return valid(value)


def initial(raw: str) -> Reading:
    """The first letter of the first name. Source: [page]; [uploader] takes it after normalising."""
    reading = name(raw)
    return valid(reading.value[0]) if reading.value else reading
