"""Excel workbooks (.xlsx): the first sheet, as the same text cells a CSV file would hold."""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from python_calamine import CalamineError, CalamineWorkbook

from webapp.contacts.imports.files.file_limits import (
    MAX_SHEET_CELLS,
    MAX_XLSX_BYTES,
    MAX_XLSX_RATIO,
    UnreadableFile,
)
from webapp.contacts.imports.files.sheet_size import cells_to_hold, rows_of

_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
# All that zipfile and struct raise for an archive whose bytes are damaged.
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, struct.error, OSError, ValueError, EOFError),
    *(NotImplementedError, OverflowError),
)
_CHUNK = 256 * 1024
_ARCHIVE = "Questo file è un archivio compresso: estrai il CSV e carica quello."
# What is in other archives that hold a sheet.
_OTHERS = (
    (
        "META-INF/manifest.xml",
        "Questo è un foglio di LibreOffice (.ods): salvalo come .xlsx o CSV e carica quello.",
    ),
    ("Index/Document.iwa", "Questo è un foglio di Numbers: esportalo come Excel o CSV e carica quello."),
)
TOO_LARGE = "Il foglio Excel è troppo grande: salvalo come CSV e caricalo di nuovo."
TOO_SPREAD = (
    "Il foglio Excel ha celle piene molto lontane dalle altre: elimina quelle che non servono, "
    "oppure salvalo come CSV."
)
_FIRST_SHEET = re.compile(rb"<(?:\w+:)?sheet\s[^>]*?\br:id\s*=\s*[\"']([^\"']+)")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\s[^>]*>")
_SMALL_BYTES = 10_000_000  # below this nobody cares about the ratio


def check(file: BinaryIO, file_name: str) -> None:
    """Take a zip archive only when it is a workbook, is called one and is no bomb. Raises UnreadableFile."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            if "xl/workbook.xml" not in names:
                raise UnreadableFile(next((said for name, said in _OTHERS if name in names), _ARCHIVE))
            if not file_name.lower().endswith((".xlsx", ".xlsm")):
                raise UnreadableFile(
                    "Questo file è un foglio Excel: dagli un nome che finisce con .xlsx e caricalo di nuovo."
                )
            _refuse_bombs(file, parts)
    except _BROKEN:
        raise UnreadableFile("Il foglio Excel è rovinato: salvalo di nuovo e riprova.") from None


def about_rows(file: BinaryIO) -> int:
    """How many rows the first sheet has, to tell how far a reader is; 0 when the archive does not say.

    Rows that are only formatted count too, so it is an estimate from above.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            target = _first_sheet(archive.read("xl/workbook.xml"), archive.read("xl/_rels/workbook.xml.rels"))
            part = archive.getinfo(target) if target else None
            return rows_of(_inflate(file, part)) if part else 0
    except (*_BROKEN, KeyError):
        return 0


def _first_sheet(workbook: bytes, relations: bytes) -> str | None:
    """The part that holds the sheet that comes first in the workbook, whatever it is called."""
    first = _FIRST_SHEET.search(workbook)
    for relation in _RELATION.findall(relations):
        named = dict(re.findall(rb"(\w+)\s*=\s*[\"']([^\"']*)", relation))
        if first and named.get(b"Id") == first[1]:
            target = named.get(b"Target", b"").decode("utf-8", "replace")
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return None


def rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of the first sheet but its empty rows, lines as Excel counts. Raises UnreadableFile."""
    try:
        sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
    except (CalamineError, IndexError, OSError):
        raise UnreadableFile("Il foglio Excel non si legge: salvalo di nuovo come .xlsx o CSV.") from None
    first_line = (sheet.start or (0, 0))[0] + 1
    for line, values in enumerate(sheet.iter_rows(), first_line):
        if values.count("") == len(values):
            continue  # a cell far below the others may have a million empty rows above it
        yield line, [as_text(value) for value in values]


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


def _refuse_bombs(file: BinaryIO, parts: list[zipfile.ZipInfo]) -> None:
    """Count what the parts inflate to without keeping it: the sizes an archive declares may lie."""
    packed = sum(part.compress_size for part in parts) or 1
    total = 0
    for part in parts:
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
