"""Names of columns as they are compared. PURE."""

import re

from webapp.contacts.cells import fold
from webapp.values.emails import INVISIBLE, trim

ZERO_WIDTH = dict.fromkeys(map(ord, INVISIBLE))


def name_of(label: str) -> str:
    """A column name as names are compared: without case, accents, punctuation, invisible characters."""
    text = fold(trim(label).translate(ZERO_WIDTH))
    return " ".join(re.findall(r"[a-z0-9]+", text))


def base_of(label: str) -> str:
    """A name without its numbers: `Telefono 2` and `Telefono` are the same thing twice."""
    return " ".join(word for word in name_of(label).split() if not word.isdigit())
