"""Hidden rows, and formulas that were never calculated, read from the XML of a sheet. PURE.

The library that reads the cells tells neither. A filter hides rows the same way a person does.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from xml.parsers.expat import ExpatError, ParserCreate

# Most sheets have nothing of this (or UTF-16, where it would not be found), and are looked at quickly.
_TO_TELL = re.compile(
    rb"hidden\s*=|<(?:\w+:)?f[\s/>]|(?:\bht|width)\s*=\s*[\"']0(?:\.0*)?[\"']|^\xff\xfe|^\xfe\xff"
)
_LONGEST = 64  # bytes that may stand on the border of two chunks
_REFERENCE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_MOST_COLUMNS = 16_384  # of a sheet


@dataclass(slots=True)
class SheetMarks:
    """*hidden_rows*: lines counted from 1; *hidden_columns*: counted from 0.

    *no_value*: column counted from 0 → how many of its cells hold a formula and no value.
    """

    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    no_value: Counter[int] = field(default_factory=Counter)


def read(chunks: Callable[[], Iterable[bytes]]) -> SheetMarks:
    """The marks of the sheet whose XML *chunks()* gives. Raises ExpatError for what is no XML."""
    reader = _Reader()
    if any(map(_TO_TELL.search, _overlapping(chunks()))):
        for chunk in chunks():
            reader.parser.Parse(chunk, False)
        reader.parser.Parse(b"", True)
    return reader.found


def column_letters(column: int) -> str:
    """0 → A, 26 → AA"""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


class _Reader:
    def __init__(self) -> None:
        self.found = SheetMarks()
        self.parser = ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.EntityDeclHandler = self._refuse_entity
        self._row = 0
        self._column = -1
        self._has_formula = False
        self._has_value = False

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        if name == "c":
            placed = _REFERENCE.fullmatch(attributes.get("r", ""))
            self._column = _column_of(placed[1]) if placed else self._column + 1
            self._has_formula = self._has_value = False
        elif name == "row":
            row = attributes.get("r", "")
            self._row = int(row) if row.isascii() and row.isdigit() and len(row) < 9 else self._row + 1
            self._column = -1
            if _is_hidden(attributes, "ht"):
                self.found.hidden_rows.add(self._row)
        elif name == "f":
            self._has_formula = True
        elif name in ("v", "is"):
            self.parser.CharacterDataHandler = self._text
        elif name == "col" and _is_hidden(attributes, "width"):
            first, last = (int(attributes.get(end, "0") or 0) for end in ("min", "max"))
            self.found.hidden_columns.update(range(max(first - 1, 0), min(last, _MOST_COLUMNS)))

    def _text(self, text: str) -> None:
        self._has_value = self._has_value or bool(text.strip())

    def _end(self, tag: str) -> None:
        name = tag.rpartition(" ")[2]
        if name in ("v", "is"):
            self.parser.CharacterDataHandler = None
        elif name == "c" and self._has_formula and not self._has_value:
            self.found.no_value[self._column] += 1

    @staticmethod
    def _refuse_entity(*_: object) -> None:
        raise ExpatError("entity")  # no sheet has any: they are how small files grow


def _is_hidden(attributes: dict[str, str], size: str) -> bool:
    """Hidden in so many words, or without any height or width."""
    if attributes.get("hidden", "").strip().lower() in ("1", "true", "on"):
        return True
    return re.fullmatch(r"0+(?:\.0*)?", attributes.get(size, "").strip()) is not None


def _column_of(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def _overlapping(chunks: Iterable[bytes]) -> Iterable[bytes]:
    tail = b""
    for chunk in chunks:
        yield tail + chunk
        tail = chunk[-_LONGEST:]
