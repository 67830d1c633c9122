"""The digits of a cell, kept apart as they were written: what may be one number and what may not. PURE.

Digits that stand in two places are never put together: 335 557100/1 is a number and the end of another, not
335 5571001.
"""

import re
import unicodedata
from typing import NamedTuple

from webapp.values.blanks import is_missing, unpack

_EXCEL = re.compile(r"([0-9])(?:[.,]([0-9]+))?E\+?([0-9]+)", re.IGNORECASE).fullmatch
_FLOAT = re.compile(r"(\+?[0-9]{8,})[.,]0+").fullmatch

_LABEL = re.compile(
    r"(?:(?:tel(?:efono|efonino|ephone)?|cell?(?:ulare|phone)?|mob(?:ile)?|phone|ph|whats ?app|wa|sms|nr|"
    r"num(?:ero|ber)?|casa|home|ufficio|lavoro|work|fisso|abitazione|main)(?![a-z])|[a-z](?=[.:=]))"
    r"[\s.:=/-]*",
    re.IGNORECASE,
).match
_EXTENSION = re.compile(
    r"[\s,;]*(?<![a-z])(?:extension|ext|interno|int|x)(?![a-z])[\s.:]*[0-9]{1,5}(?![0-9])", re.IGNORECASE
)
# Never inside one number; a plus begins one.
_APART = re.compile(r"[;|&\n\r\t\\]|(?<![^\s;])(?:e|o|ed|od|oppure|and|or)\s|(?=\+)", re.IGNORECASE)
_BEFORE_LABEL = re.compile(r"(?<=[0-9])[\s,.:/()-]+(?=[a-z])", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9]+")
_ONLY_PREFIX = re.compile(r"\+[0-9]{1,3}").fullmatch
_WEAK = re.compile(r"[\s.\-_/,()]*").fullmatch
_AROUND = " .,:;/-()'\"=\t\r\n"
_SPACES = {"Zs": " ", "Pd": "-"}
_PREFIXES = {"39", "1"}  # written without a plus, as a group of their own


class Written(NamedTuple):
    """Groups of digits as they were written, and what stands before each of them."""

    groups: tuple[str, ...]
    gaps: tuple[str, ...]  # before each group: "" for the first, else separators, brackets included
    plus: bool = False
    note: str | None = None

    @property
    def digits(self) -> str:
        return ("+" if self.plus else "") + "".join(self.groups)

    @property
    def without_zero(self) -> str | None:
        """The digits without a `(0)`, None when there is none."""
        for place, group in enumerate(self.groups[1:], 1):
            if group == "0" and self.gaps[place].endswith("("):
                return ("+" if self.plus else "") + "".join(self.groups[:place] + self.groups[place + 1 :])
        return None

    @property
    def is_joined(self) -> bool:
        """Whether the groups are written as those of one number."""
        return all(self._joins(place) for place in range(1, len(self.groups)))

    @property
    def ends_with_branch(self) -> bool:
        """Whether the last group stands after a dash and the others do not."""
        return len(self.groups) > 2 and "-" in self.gaps[-1] and "-" not in "".join(self.gaps[1:-1])

    def first(self, count: int) -> "Written":
        return self._replace(groups=self.groups[:count], gaps=self.gaps[:count])

    def after(self, count: int) -> "Written":
        return Written(self.groups[count:], ("", *self.gaps[count + 1 :]), False, self.note)

    def _joins(self, place: int) -> bool:
        gap, group, before = self.gaps[place], self.groups[place], "".join(self.groups[:place])
        is_last = place == len(self.groups) - 1
        if "(" in gap and (is_last or len(before) > 5):  # (0) and (347) stand near the beginning
            return False
        if ("/" in gap or "," in gap) and len(before) > self._longest_prefix():
            return set(self.gaps[1:]) == {"/"}  # 347/5571007 is one number, 335 557100/12 is not
        # 335 123456 7 and 347 5571016 17: the end of another number, or an extension.
        return not is_last or len(group) > (2 if len(self.groups[place - 1]) > 3 else 1)

    def _longest_prefix(self) -> int:
        """How many digits may stand before the stroke of 347/5571007 and of 0039 347/5571007."""
        head = self.groups[0]
        return 8 if self.plus or head.startswith("00") or head in _PREFIXES else 4


def tidy(raw: str) -> str:
    """*raw* without odd Unicode and what spreadsheets put around a number; "" when it says nothing.

    Digits in full width are digits; those in a circle or set higher are not (3475571001² has a footnote).
    """
    text = unpack(raw)
    if not text.isascii():
        text = "".join(map(_plain_character, text)).strip()
    if is_missing(text):
        return ""
    text = text.strip("'\" =\t\r\n")
    if exact := _FLOAT(text):
        return exact[1]
    if (excel := _EXCEL(text)) and len(excel[2] or "") == int(excel[3][:3]):
        return excel[1] + (excel[2] or "")  # every digit survived: 3,331234567E+09
    return text


def _plain_character(character: str) -> str:
    if "\uff01" <= character <= "\uff5e":
        return chr(ord(character) - 0xFEE0)
    category = unicodedata.category(character)
    return "" if category in ("Cf", "Mn") else _SPACES.get(category, character)


def is_excel_damage(text: str) -> bool:
    return _EXCEL(text) is not None


def split(text: str) -> list[Written] | str:
    """The pieces of *text* that are written as numbers, or the reason code why it is no such text."""
    bare = _without_symbols(text)
    without_extension = _EXTENSION.sub(";", bare)
    note = "extension_left" if without_extension != bare else None
    parts = [_without_labels(part) for part in _APART.split(_BEFORE_LABEL.sub(";", without_extension))]
    parts = [part for part in parts if part and part != "+"]
    # +39 +39 347…: the prefix twice is still one number.
    parts = [
        part
        for part, following in zip(parts, parts[1:] + [""], strict=False)
        if not (_ONLY_PREFIX(part) and following.startswith(part))
    ]
    if strange := [part for part in parts if not _WEAK(_DIGITS.sub("", part.removeprefix("+")))]:
        return "phone_invalid.letters" if any(map(str.isalpha, strange[0])) else "phone_invalid.signs"
    written = [_written(part, note) for part in parts]
    if not written:
        return "phone_invalid.letters" if any(map(str.isalpha, text)) else "phone_invalid.signs"
    return written


def _without_symbols(text: str) -> str:
    """*text* without pictures of a telephone at its ends; other signs may stand for a digit (347557100*)."""
    first, last = 0, len(text)
    while first < last and _is_picture(text[first]):
        first += 1
    while first < last and _is_picture(text[last - 1]):
        last -= 1
    return text[first:last]


def _is_picture(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in ("So", "Sk")


def _without_labels(part: str) -> str:
    part = part.lstrip(_AROUND)
    while label := _LABEL(part):
        part = part[label.end() :].lstrip(_AROUND)
    return part.rstrip(_AROUND)


def _written(part: str, note: str | None) -> Written:
    groups, gaps, end = [], [], 0
    for found in _DIGITS.finditer(part):
        groups.append(found[0])
        gaps.append(part[end : found.start()] if groups[1:] else "")
        end = found.end()
    return Written(tuple(groups), tuple(gaps), part.startswith("+"), note)
