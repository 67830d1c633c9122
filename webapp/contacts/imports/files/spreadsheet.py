"""Excel workbooks (.xlsx): one sheet, as the same text cells a CSV file would hold."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO
from xml.parsers.expat import ExpatError

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum

from webapp.contacts.imports.files import containers, sheet_marks, workbook_parts
from webapp.contacts.imports.files.file_limits import (
    MAX_PARTS,
    MAX_SHEET_CELLS,
    MAX_XLSX_BYTES,
    MAX_XLSX_RATIO,
    UnreadableFile,
)
from webapp.contacts.imports.files.file_notices import (
    BAD_CHARACTER,
    HIDDEN_COLUMNS,
    HIDDEN_COLUMNS_TAKEN,
    HIDDEN_CONSENT,
    HIDDEN_ROWS,
    HIDDEN_ROWS_TAKEN,
    NO_STORED_VALUE,
    OTHER_SHEETS,
    FileNotices,
)
from webapp.contacts.imports.files.file_rows import FORBIDDEN, FileRow, readable, too_long
from webapp.contacts.imports.files.sheet_marks import SheetMarks, column_letters
from webapp.contacts.imports.files.sheet_size import cells_to_hold, rows_of
from webapp.contacts.imports.matching import consent_columns
from webapp.values.texts import number

_ENTRY = b"PK\x01\x02"  # begins the entry of every part in the directory of an archive
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
# All that zipfile and struct raise for an archive whose bytes are damaged.
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, struct.error, OSError, ValueError, EOFError),
    *(NotImplementedError, OverflowError),
)
_CHUNK = 256 * 1024
TOO_LARGE = "Il foglio Excel è troppo grande: salvalo come CSV e caricalo di nuovo."
TOO_MANY_PARTS = (
    "Questo file è fatto di più di {most} parti: nessun foglio di contatti ne ha tante. "
    "Salva i contatti come CSV e carica quello."
)
TOO_SPREAD = (
    "Il foglio Excel ha celle piene molto lontane dalle altre: elimina quelle che non servono, "
    "oppure salvalo come CSV."
)
DAMAGED = "Il foglio Excel è rovinato: salvalo di nuovo e riprova."
UNREAD = "Il foglio Excel non si legge: salvalo di nuovo come .xlsx o CSV."
_NAMES_WITHIN = 100  # rows from the top in which the names of the columns are
_NAMES_OF_ONE = 2  # cells of a column that may be its name: above it there may be that of a group
_SMALL_BYTES = 5_000_000  # below this nobody cares about the ratio


def check(file: BinaryIO, file_name: str) -> None:
    """Take a zip archive only when it is a workbook, is called one and is no bomb. Raises UnreadableFile."""
    if _count_parts(file) > MAX_PARTS:  # before the library makes room for each
        raise UnreadableFile(TOO_MANY_PARTS.format(most=number(MAX_PARTS)))
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            if "xl/workbook.xml" not in names:
                raise UnreadableFile(containers.of_archive(names, parts))
            if not file_name.lower().endswith((".xlsx", ".xlsm")):
                raise UnreadableFile(
                    "Questo file è un foglio Excel: dagli un nome che finisce con .xlsx e caricalo di nuovo."
                )
            _refuse_bombs(file, parts)
    except _BROKEN:
        raise UnreadableFile(DAMAGED) from None


def about_rows(file: BinaryIO, sheet: str) -> int:
    """How many rows the sheet has, to tell how far a reader is; 0 when the archive does not say.

    Rows that are only formatted count too, so it is an estimate from above.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            part = workbook_parts.of_sheet(archive, sheet)
            return rows_of(_inflate(file, part)) if part else 0
    except _BROKEN:
        return 0


def rows(path: Path, sheet: str | None, with_hidden: bool, notices: FileNotices) -> Iterator[FileRow]:
    """The rows of the sheet but its empty ones, lines as Excel counts; what is hidden only *with_hidden*.

    A hidden column whose name speaks of consent is read all the same: a refusal is never lost.
    *sheet* None is the first one. Raises UnreadableFile.
    """
    book = opened(path)
    named = sheet if sheet is not None else next(iter(book.sheet_names), "")
    notices.sheet = named
    notices.counts[OTHER_SHEETS] = sum(one.typ == SheetTypeEnum.WorkSheet for one in book.sheets_metadata) - 1
    try:
        found = book.get_sheet_by_name(named)
    except (CalamineError, ValueError, OSError):
        raise UnreadableFile(_gone(named) if named not in book.sheet_names else UNREAD) from None
    marks = marks_of(path, named)
    top, left = found.start or (0, 0)
    hidden = {column - left for column in marks.hidden_columns if left <= column <= (found.end or (0, 0))[1]}
    if not with_hidden:
        answers = _answers(found, hidden)
        notices.counts[HIDDEN_CONSENT] = len(answers)
        hidden -= answers
    _tell_columns(marks, hidden, with_hidden, notices)
    keep = None if with_hidden or not hidden else [at for at in range(found.width) if at not in hidden]
    for line, values in enumerate(found.iter_rows(), top + 1):
        if values.count("") == len(values):
            continue  # a cell far below the others may have a million empty rows above it
        if line in marks.hidden_rows:
            notices.counts[HIDDEN_ROWS_TAKEN if with_hidden else HIDDEN_ROWS] += 1
            if not with_hidden:
                continue
        shown = values if keep is None else [values[at] for at in keep]
        yield _row(line, [as_text(value) for value in shown], notices)


def opened(path: Path) -> CalamineWorkbook:
    try:
        return CalamineWorkbook.from_path(str(path))
    except (CalamineError, OSError):
        raise UnreadableFile(UNREAD) from None


def marks_of(path: Path, sheet: str) -> SheetMarks:
    """What the sheet hides and what was never calculated. Raises UnreadableFile when nobody can tell."""
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            part = workbook_parts.of_sheet(archive, sheet)
            if part is None:
                raise UnreadableFile(DAMAGED)
            return sheet_marks.read(partial(_inflate, file, part))
    except (*_BROKEN, ExpatError):
        raise UnreadableFile(DAMAGED) from None


def _answers(sheet: CalamineSheet, hidden: set[int]) -> set[int]:
    """Those of *hidden* whose name speaks of consent: the refusals in them hold, whoever hid the column."""
    seen = dict.fromkeys(hidden, 0)
    found = set()
    for values in islice(sheet.iter_rows(), _NAMES_WITHIN if hidden else 0):
        for column, before in seen.items():
            if before >= _NAMES_OF_ONE or values[column] == "":
                continue
            seen[column] += 1
            if consent_columns.target_of(as_text(values[column])):
                found.add(column)
    return found


def _row(line: int, cells: list[str], notices: FileNotices) -> FileRow:
    if any(FORBIDDEN.search(cell) for cell in cells):
        notices.counts[BAD_CHARACTER] += 1
        cells = [readable(cell) for cell in cells]
    return FileRow(line, cells, too_long(cells))


def _tell_columns(marks: SheetMarks, hidden: set[int], with_hidden: bool, notices: FileNotices) -> None:
    notices.counts[HIDDEN_COLUMNS_TAKEN if with_hidden else HIDDEN_COLUMNS] = len(hidden)
    notices.counts[NO_STORED_VALUE] = sum(marks.no_value.values())
    notices.columns = [column_letters(column) for column in sorted(marks.no_value)]


def _gone(sheet: str) -> str:
    return f"Nel file non c’è nessun foglio “{sheet}”."


def as_text(value: Any) -> str:
    """A cell of Excel as an Italian would have typed it in a CSV file."""
    match value:
        case str():
            return value
        case bool():
            return "sì" if value else "no"
        case float():
            return str(int(value)) if value.is_integer() else f"{Decimal(repr(value)):f}".replace(".", ",")
        case datetime() | date():
            return value.strftime("%d/%m/%Y")
        case None:
            return ""
    return str(value)


def _count_parts(file: BinaryIO) -> int:
    """How many parts the archive has, or a little more; what its directory says of itself may lie."""
    file.seek(0)
    found, tail = 0, b""
    while data := file.read(_CHUNK):
        found += (tail + data).count(_ENTRY)
        tail = data[-len(_ENTRY) + 1 :]
    return found


def _refuse_bombs(file: BinaryIO, parts: list[zipfile.ZipInfo]) -> None:
    """Count what the parts inflate to without keeping it: the sizes an archive declares may lie."""
    packed = sum(part.compress_size for part in parts) or 1
    total = 0
    for part in parts:
        if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise UnreadableFile(DAMAGED)  # no program that writes workbooks packs in another way
        for inflated in _inflate(file, part):
            total += len(inflated)
            if total > MAX_XLSX_BYTES or (total > _SMALL_BYTES and total / packed > MAX_XLSX_RATIO):
                raise UnreadableFile(TOO_LARGE)
    for part in parts:  # all of them: which are sheets is only what the archive says
        if cells_to_hold(partial(_inflate, file, part), MAX_SHEET_CELLS) > MAX_SHEET_CELLS:
            raise UnreadableFile(TOO_SPREAD)


def _inflate(file: BinaryIO, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """What *part* inflates to, piece by piece."""
    file.seek(part.header_offset)
    header = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
    file.seek(header[-2] + header[-1], 1)
    left = part.compress_size
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    while left > 0 and (data := file.read(min(_CHUNK, left))):
        left -= len(data)
        if part.compress_type != zipfile.ZIP_DEFLATED:
            yield data
            continue
        while data:
            yield inflater.decompress(data, _CHUNK)
            data = inflater.unconsumed_tail
