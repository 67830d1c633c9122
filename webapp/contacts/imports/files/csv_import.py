"""A stored file as a stream of rows: flat memory, every row with its line, bad rows with their reason.

One broken row never takes its neighbours along. A quote that is opened and never closed swallows the lines
that follow, so when what was read is no row, only its first line is given up and reading goes on from the
next one.
"""

import csv
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TextIO

from webapp.contacts.cells import MAX_CELL_CHARS
from webapp.contacts.imports.files import spreadsheet
from webapp.contacts.imports.files.file_format import XLSX, FileFormat, separator_line
from webapp.contacts.imports.files.file_limits import MAX_COLUMNS, MAX_LINE_CHARS, UnreadableFile
from webapp.values.texts import number

TOO_FEW_CELLS = "too_few_cells"
TOO_MANY_CELLS = "too_many_cells"
BAD_CHARACTER = "bad_character"
CELL_TOO_LONG = "cell_too_long"
LINE_TOO_LONG = "line_too_long"
OPEN_QUOTE = "open_quote"

# NUL, which PostgreSQL refuses, and the bytes that the file's encoding does not know (`surrogateescape`).
_FORBIDDEN = re.compile("[\0\ud800-\udfff]")
_KEPT_CHARS = 1_000  # of each cell of a rejected row


class FileRow(NamedTuple):
    """A row of the file: *line* it begins on, counted from 1; *problem* is why it can be no contact."""

    line: int
    cells: list[str]
    problem: str | None = None


def read_rows(path: Path, file_format: FileFormat, max_columns: int = MAX_COLUMNS) -> Iterator[FileRow]:
    """Every row of the file but the blank ones, the first (usually the header) included.

    Rows have as many cells as the first one or a problem. Raises UnreadableFile, also in the middle.
    """
    source = _from_sheet(path) if file_format.kind == XLSX else _from_text(path, file_format)
    width = None
    for row in source:
        if row.problem is None and _is_blank(row.cells):
            continue
        if width is None:
            width = _width_of_first(row, max_columns)
        problem = row.problem or _wrong_width(row.cells, width)
        if problem:
            yield FileRow(row.line, [_shown(cell) for cell in row.cells], problem)
        else:
            yield row if len(row.cells) == width else FileRow(row.line, row.cells[:width])


def _from_sheet(path: Path) -> Iterator[FileRow]:
    for line, cells in spreadsheet.rows(path):
        yield FileRow(line, cells, _wrong_cell(cells))


def _from_text(path: Path, file_format: FileFormat) -> Iterator[FileRow]:
    encoding = "utf-8-sig" if file_format.encoding == "utf-8" else file_format.encoding
    errors = "replace" if encoding == "utf-16" else "surrogateescape"
    width = None
    with path.open(encoding=encoding, errors=errors, newline="") as file:
        lines = _Lines(file)
        reader = csv.reader(lines, delimiter=file_format.delimiter)
        while (row := _next_row(reader, lines, width)) is not None:
            if row.line == 1 and separator_line(lines.taken[0]):
                continue
            if width is None and not _is_blank(row.cells):
                width = len(row.cells)
            yield row


def _next_row(reader: "Iterator[list[str]]", lines: "_Lines", width: int | None) -> FileRow | None:
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
    if len(lines.taken) > 1 and (problem or _swallowed_others(cells, lines, width)):
        lines.give_back()
        return FileRow(lines.first, [lines.taken[0].rstrip("\r\n")], OPEN_QUOTE)
    if problem is None and lines.chars > MAX_CELL_CHARS:
        problem = _wrong_cell(cells)
    if problem is None and lines.forbidden:
        problem = BAD_CHARACTER
    return FileRow(lines.first, cells or ([] if problem is None else [lines.taken[0]]), problem)


def _swallowed_others(cells: list[str], lines: "_Lines", width: int | None) -> bool:
    """Whether a row of several lines is no row at all: an open quote took in the lines that follow."""
    if width is not None and len(cells) != width:
        return True
    never_closed = lines.ended and sum(line.count('"') for line in lines.taken) % 2 == 1
    return never_closed or max(map(len, cells)) > MAX_CELL_CHARS


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
        if "\0" in line or (not line.isascii() and _FORBIDDEN.search(line)):
            self.forbidden = True
        return line

    def _skip_rest_of(self, line: str) -> None:
        while line and line[-1] not in "\r\n":
            line = self._file.readline(MAX_LINE_CHARS)


def _is_blank(cells: list[str]) -> bool:
    return not (cells and cells[0].strip()) and not "".join(cells).strip()


def _width_of_first(row: FileRow, max_columns: int) -> int:
    if row.problem:
        raise UnreadableFile(
            f"La riga {row.line}, che deve contenere i nomi delle colonne, non si legge: "
            "controlla virgolette, caratteri e lunghezza, poi carica di nuovo il file."
        )
    if len(row.cells) > max_columns:
        raise UnreadableFile(
            f"Il file ha {number(len(row.cells))} colonne e il massimo è {number(max_columns)}: "
            "togli quelle che non ti servono."
        )
    return len(row.cells)


def _wrong_width(cells: list[str], width: int) -> str | None:
    if len(cells) < width:
        return TOO_FEW_CELLS
    return TOO_MANY_CELLS if len(cells) > width and any(cells[width:]) else None


def _wrong_cell(cells: list[str]) -> str | None:
    if any(len(cell) > MAX_CELL_CHARS for cell in cells):
        return CELL_TOO_LONG
    return BAD_CHARACTER if any(_FORBIDDEN.search(cell) for cell in cells) else None


def _shown(cell: str) -> str:
    """A cell as it can be stored and shown: cut, unreadable characters replaced by �."""
    return _FORBIDDEN.sub("\ufffd", cell[:_KEPT_CHARS])
