"""A text file as a stream of rows: flat memory, every row with its line, bad rows with their reason.

One broken row never takes its neighbours along. A quote that is opened and never closed swallows the lines
that follow, so when what was read is no row, only its first line is given up and reading goes on from the
next one.
"""

import csv
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from webapp.contacts.cells import MAX_CELL_CHARS
from webapp.contacts.imports.files.file_format import FileFormat, opened, separator_line
from webapp.contacts.imports.files.file_limits import MAX_LINE_CHARS
from webapp.contacts.imports.files.file_notices import BAD_CHARACTER, FileNotices
from webapp.contacts.imports.files.file_rows import (
    CELL_TOO_LONG,
    FORBIDDEN,
    LINE_TOO_LONG,
    OPEN_QUOTE,
    FileRow,
    readable,
    too_long,
)


class Table:
    """What is known of the table while it is read: rows from line *start* on have *width* cells."""

    def __init__(self, start: int = 0, width: int | None = None) -> None:
        self.start = start
        self.width = width

    def width_at(self, line: int) -> int | None:
        return self.width if line >= self.start else None


def rows(path: Path, file_format: FileFormat, table: Table, notices: FileNotices) -> Iterator[FileRow]:
    """Every row of the file, blank ones and Excel's `sep=;` too; cells that cannot be read hold �."""
    with opened(path, file_format.encoding) as file:
        lines = _Lines(file)
        reader = csv.reader(lines, delimiter=file_format.delimiter)
        while (row := _next_row(reader, lines, table, file_format.delimiter, notices)) is not None:
            if row.line == 1 and separator_line(lines.taken[0]):
                continue
            yield row


def _next_row(
    reader: "Iterator[list[str]]", lines: "_Lines", table: Table, delimiter: str, notices: FileNotices
) -> FileRow | None:
    lines.begin_row()
    problem = None
    try:
        cells = next(reader)
    except StopIteration:
        return None
    except csv.Error:  # a cell over csv.field_size_limit
        cells, problem = [], CELL_TOO_LONG
    except _LineTooLong:
        cells, problem = [], LINE_TOO_LONG
    width = table.width_at(lines.first)
    if len(lines.taken) > 1 and (problem or _swallowed_others(cells, lines, width, delimiter)):
        lines.give_back()
        return FileRow(lines.first, [lines.taken[0].rstrip("\r\n")], OPEN_QUOTE)
    if problem is None and width is not None and len(cells) < width and _is_quote_open(lines):
        problem = OPEN_QUOTE
    if problem is None and lines.chars > MAX_CELL_CHARS:
        problem = too_long(cells)
    if problem is None and lines.forbidden:
        cells = [readable(cell) for cell in cells]
        notices.counts[BAD_CHARACTER] += 1
    return FileRow(lines.first, cells or ([] if problem is None else [lines.taken[0]]), problem)


def _swallowed_others(cells: list[str], lines: "_Lines", width: int | None, delimiter: str) -> bool:
    """Whether a row of several lines is no row at all: an open quote took in the lines that follow."""
    if _is_quote_open(lines) or max(map(len, cells)) > MAX_CELL_CHARS:
        return True
    if not _is_strict(lines, delimiter):
        return True
    if width is None or len(cells) == width:
        return False
    # Fewer cells may be empty ones at the end, left out; but a line that was swallowed brings its delimiters.
    several = [cell for cell in cells if "\n" in cell or "\r" in cell]
    return len(cells) > width or any(delimiter in cell for cell in several)


def _is_strict(lines: "_Lines", delimiter: str) -> bool:
    """Whether the quotes of a row stand where they must: a swallowed line ends it in the middle of a cell."""
    try:
        next(csv.reader(lines.taken, delimiter=delimiter, strict=True))
    except csv.Error:
        return False
    return True


def _is_quote_open(lines: "_Lines") -> bool:
    """Whether the file ended inside quotes."""
    return lines.ended and sum(line.count('"') for line in lines.taken) % 2 == 1


class _LineTooLong(Exception):
    """A line, or a row of several lines, is longer than any contact."""


class _Lines:
    """The lines of a file for csv.reader; those of the row being read can be given back."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._given_back: deque[str] = deque()
        self.first = 1  # line of the file on which the row being read begins
        self.taken: list[str] = []  # its lines
        self.chars = 0  # their length
        self.forbidden = False  # one of them holds a forbidden character
        self.ended = False  # there was no further line

    def begin_row(self) -> None:
        self.first += len(self.taken)
        self.taken = []
        self.chars = 0
        self.forbidden = False

    def give_back(self) -> None:
        """Keep the first line of the row, leave the others to the next rows."""
        self._given_back.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._given_back.popleft() if self._given_back else self._file.readline(MAX_LINE_CHARS + 1)
        if not line:
            self.ended = True
            raise StopIteration
        self.taken.append(line)
        self.chars += len(line)
        if self.chars > MAX_LINE_CHARS:
            self._skip_rest_of(line)
            raise _LineTooLong
        if "\0" in line or (not line.isascii() and FORBIDDEN.search(line)):
            self.forbidden = True
        return line

    def _skip_rest_of(self, line: str) -> None:
        while line and line[-1] not in "\r\n":
            line = self._file.readline(MAX_LINE_CHARS)
