"""The format of a file, found by its content and not by its name; encoding and delimiter."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from webapp.contacts.imports.files import containers, encodings, sheets, spreadsheet
from webapp.contacts.imports.files.file_limits import MAX_ROWS, UnreadableFile
from webapp.contacts.imports.files.header_rows import known_names
from webapp.values.texts import number

SAMPLE_BYTES = 64 * 1024
CHUNK_BYTES = 1024 * 1024
DELIMITERS = ";,\t|"

CSV = "csv"
XLSX = "xlsx"

_CONTROL = bytes(b for b in range(32) if b not in b"\t\n\r\f\x1b")
_SEP_LINE = re.compile(r'"?sep=(.)"?[ \t]*$', re.IGNORECASE)
_GUESS_BYTES = 100_000_000  # about a second: somebody waits
_COMPOUND_BYTES = 16 * 1024 * 1024  # of an old Office file, to find its directory
_LOOKED_AT = 100  # rows
_TITLE_ROWS = 20  # among these the row that tells how wide the table is


@dataclass(frozen=True, slots=True)
class FileFormat:
    """How to read a stored file. *lines* estimates its rows.

    *encoding*: utf-8, or one of `encodings.UTF_16` and `encodings.EIGHT_BITS`. *header_row*: the line with
    the names of the columns, 0 when there are none, None to find it. *sheet*: of a workbook, by its name;
    *with_hidden*: its hidden rows and columns are read too.
    """

    kind: str = CSV
    encoding: str = "utf-8"
    delimiter: str = ";"
    lines: int = 0
    header_row: int | None = None
    sheet: str | None = None
    with_hidden: bool = False


def detect(
    path: Path,
    file_name: str,
    max_rows: int = MAX_ROWS,
    sheet: str | None = None,
    remembered: str | None = None,
) -> FileFormat:
    """The format of the file at *path*, which its owner calls *file_name*. Raises UnreadableFile.

    *sheet* is the one that was asked for, *remembered* the one of the last file of this name.
    """
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
        if sample.startswith(b"PK"):
            spreadsheet.check(file, file_name)
            chosen = sheets.choose(path, sheet, remembered)
            return FileFormat(XLSX, lines=spreadsheet.about_rows(file, chosen), sheet=chosen)
        _refuse_what_is_no_text(file, sample, file_name)
        if sheet is not None:
            raise UnreadableFile(f"Questo file non è un file Excel: non ha un foglio “{sheet}”.")
        file.seek(0)
        encoding, lines = _encoding(file, sample)
    if lines > max_rows:
        raise UnreadableFile(f"Il file ha più di {number(max_rows)} righe: dividilo in più file.")
    text = _beginning(path, encoding)
    if not text.strip("\ufeff\0 \t\r\n;,|"):
        raise UnreadableFile("Il file è vuoto.")
    return FileFormat(CSV, encoding, find_delimiter(text), lines)


def opened(path: Path, encoding: str) -> TextIO:
    """The file as text; bytes that are no character of the encoding come as a surrogate or as �."""
    errors = "replace" if encoding in encodings.UTF_16 else "surrogateescape"
    name = "utf-8-sig" if encoding == "utf-8" else encoding
    return cast(TextIO, path.open(encoding=name, errors=errors, newline=""))


def find_delimiter(text: str) -> str:
    """The delimiter of *text*, the beginning of a file; `;` when it has one column only.

    Said by Excel's own first line `sep=;`; else the one that makes most known names of columns of one row;
    else the one that cuts most rows in as many cells as the first that it cuts, titles above the table aside.
    """
    lines = text.splitlines(keepends=True)
    if lines and (named := separator_line(lines[0])):
        return named
    best, best_score = DELIMITERS[0], (0, 0.0, 0)
    for delimiter in DELIMITERS:
        rows = [row for row in islice(csv.reader(lines, delimiter=delimiter), _LOOKED_AT) if row]
        score = _score(rows[:-1] if len(rows) > 2 else rows)  # the sample may end in the middle of a row
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _score(rows: Sequence[list[str]]) -> tuple[int, float, int]:
    """(names of columns, share of rows as wide as the first that has several cells, that width)."""
    known = max((known_names(row) for row in rows[:_TITLE_ROWS] if len(row) > 1), default=0)
    if known < 2:
        known = 0
    width = next((len(row) for row in rows[:_TITLE_ROWS] if len(row) > 1), 0)
    if width == 0:
        return 0, 0.0, 0
    return known, sum(len(row) == width for row in rows) / len(rows), width


def separator_line(line: str) -> str | None:
    """The delimiter that Excel's own first line `sep=;` names; None when the line is not that."""
    found = _SEP_LINE.match(line.lstrip("\ufeff").rstrip("\r\n"))
    return found[1] if found and found[1] in DELIMITERS else None


def _beginning(path: Path, encoding: str) -> str:
    """The first lines, but those longer than any row of a table: one may exceed all the others."""
    taken: list[str] = []
    longest, size = "", 0
    with opened(path, encoding) as file:
        while size < SAMPLE_BYTES and (line := file.readline(SAMPLE_BYTES)):
            if len(line) < SAMPLE_BYTES or line[-1] in "\r\n":
                taken.append(line)
                size += len(line)
                continue
            longest = longest or line
            while line and line[-1] not in "\r\n":
                line = file.readline(SAMPLE_BYTES)
    return ("".join(taken) or longest).removeprefix("\ufeff")


def _refuse_what_is_no_text(file: BinaryIO, sample: bytes, file_name: str) -> None:
    file.seek(0)
    whole = file.read(_COMPOUND_BYTES) if sample.startswith(b"\xd0\xcf") else b""
    containers.refuse_what_is_no_text(sample, whole, file_name)
    if encodings.by_mark(sample):
        return
    controls = len(sample) - len(sample.translate(None, _CONTROL))
    if controls > 16 and controls > len(sample) / 20:
        raise UnreadableFile("Questo file non è un file di testo: salva i contatti come CSV o .xlsx.")


def _encoding(file: BinaryIO, sample: bytes) -> tuple[str, int]:
    """(encoding, number of lines); one pass over the file."""
    known = encodings.by_mark(sample)
    guess, left, lines, returns, last = encodings.Guess(), _GUESS_BYTES, 0, 0, b"\n"
    while chunk := file.read(CHUNK_BYTES):
        lines += chunk.count(b"\n")
        returns += chunk.count(b"\r")
        last = chunk[-1:]
        if known is None and left > 0:
            guess.look_at(chunk)
            left -= len(chunk)
    lines = (lines or returns) + (last not in b"\r\n")
    return known or guess.encoding, lines
