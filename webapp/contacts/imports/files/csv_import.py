"""A stored file as the rows of its table: the names of the columns, then those that may be contacts.

What is in a file and in no contact is left out here and counted: titles above, names that come again where
two exports were joined, totals below, what Excel hides. Memory stays flat, and the same file gives the same
rows every time: an import that was interrupted counts on it.
"""

import re
from collections import deque
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

from webapp.contacts.imports.columns import looks_like_contacts
from webapp.contacts.imports.files import header_rows, spreadsheet, text_rows
from webapp.contacts.imports.files.file_format import XLSX, FileFormat
from webapp.contacts.imports.files.file_limits import MAX_COLUMNS, UnreadableFile
from webapp.contacts.imports.files.file_notices import (
    HIDDEN_COLUMNS,
    HIDDEN_ROWS,
    REPEATED_HEADER,
    ROWS_ABOVE,
    SHORT_ROWS,
    TOTALS,
    FileNotices,
)
from webapp.contacts.imports.files.file_rows import TOO_MANY_CELLS, FileRow, as_rejected, is_blank
from webapp.contacts.imports.files.header_rows import LOOKED_AT, Layout, is_names, key
from webapp.contacts.imports.files.text_rows import Table
from webapp.values.texts import number

MAX_ROWS_ABOVE = 1_000
ALL_HIDDEN = (
    "Nel foglio “{sheet}” tutte le righe con dati sono nascoste, di solito da un filtro: mostrale in Excel, "
    "salva e carica di nuovo il file."
)
_HELD_BACK = 12  # rows at the end that may be totals
_PEOPLE = "clienti|contatti|utenti|righe|records?|rows|iscritti|nominativi"
_TOTAL = re.compile(
    r"(?:(?:sub|grand )?total[ei]?|totale (?:generale|complessivo|" + _PEOPLE + r")|somma|media|average|sum)"
    r"[\s.:=]*[\d.,]*\s*(?:€|euro)?"
    r"|(?:totale? |n\.? |num(?:ero)?\.? |count )?(?:di )?(?:" + _PEOPLE + r")(?: totali)?\s*[:=]?\s*\d[\d.]*",
    re.IGNORECASE,
)


def read_rows(
    path: Path,
    file_format: FileFormat,
    max_columns: int = MAX_COLUMNS,
    notices: FileNotices | None = None,
) -> Iterator[FileRow]:
    """The row of names, unless there is none, then every row of the table but the blank ones.

    Rows have as many cells as the table has columns, or a problem; cells missing at the end are empty.
    *notices* counts what was left out, as far as was read. Raises UnreadableFile, also in the middle.
    """
    notices = notices or FileNotices()
    if file_format.kind == XLSX:
        rows = _filled_rows(spreadsheet.rows(path, file_format.sheet, file_format.with_hidden, notices))
        first = _beginning(rows, file_format.header_row)
        if not first and notices.counts[HIDDEN_ROWS] + notices.counts[HIDDEN_COLUMNS]:
            raise UnreadableFile(ALL_HIDDEN.format(sheet=notices.sheet))
        layout = _layout(first, file_format.header_row, max_columns)
        rows = chain(first, rows)
    else:
        layout = text_layout(path, file_format, max_columns)
        table = Table(layout.start, layout.width)
        rows = _filled_rows(text_rows.rows(path, file_format, table, notices))
    notices.header_row = _header_row(layout, file_format.header_row)
    yield from _table(rows, layout, notices)


def first_rows(path: Path, file_format: FileFormat, most: int) -> list[FileRow]:
    """The first rows of the file as they are, what is above the table included. Raises UnreadableFile."""
    nothing = FileNotices()
    if file_format.kind == XLSX:
        rows = spreadsheet.rows(path, file_format.sheet, file_format.with_hidden, nothing)
    else:
        rows = text_rows.rows(path, file_format, Table(), nothing)
    return list(islice(_filled_rows(rows), most))


def text_layout(path: Path, file_format: FileFormat, max_columns: int) -> Layout:
    rows = _filled_rows(text_rows.rows(path, file_format, Table(), FileNotices()))
    return _layout(_beginning(rows, file_format.header_row), file_format.header_row, max_columns)


def _filled_rows(rows: Iterator[FileRow]) -> Iterator[FileRow]:
    return (row for row in rows if row.problem is not None or not is_blank(row.cells))


def _beginning(rows: Iterator[FileRow], header_row: int | None) -> list[FileRow]:
    """Enough rows to tell where the table begins: the first ones, and all down to the one that was named."""
    first = list(islice(rows, LOOKED_AT))
    while first and len(first) < MAX_ROWS_ABOVE and first[-1].line < (header_row or 0):
        if (row := next(rows, None)) is None:
            break
        first.append(row)
    return first


def _layout(first: list[FileRow], header_row: int | None, max_columns: int) -> Layout:
    if not first:
        raise UnreadableFile("Il file è vuoto.")
    if header_row is None:
        layout = header_rows.found_in(first)
    elif header_row == 0:
        layout = header_rows.without_header(first)
    else:
        layout = header_rows.at_line(first, header_row)
    if layout.width > max_columns:
        raise UnreadableFile(
            f"Il file ha {number(layout.width)} colonne e il massimo è {number(max_columns)}: "
            "togli quelle che non ti servono."
        )
    return layout


def _header_row(layout: Layout, asked: int | None) -> int:
    return asked if asked is not None else layout.header.line if layout.header else 0


def _table(rows: Iterator[FileRow], layout: Layout, notices: FileNotices) -> Iterator[FileRow]:
    if layout.header:
        yield layout.header
    last: deque[FileRow] = deque()
    first_names = frozenset(names[0] for names in layout.names)
    for row in rows:
        if row.line < layout.start:
            notices.counts[ROWS_ABOVE] += key(row.cells) not in layout.names
        elif row.problem is None and _is_header_again(row.cells, layout, first_names):
            notices.counts[REPEATED_HEADER] += 1
            notices.counts[ROWS_ABOVE] += _drop_titles(last, layout)
            notices.counts[TOTALS] += _drop_totals(last)
        else:
            last.append(row)
            if len(last) > _HELD_BACK:
                yield _fitted(last.popleft(), layout.width, notices)
    notices.counts[TOTALS] += _drop_totals(last)
    for row in last:
        yield _fitted(row, layout.width, notices)


def _is_header_again(cells: list[str], layout: Layout, first_names: frozenset[str]) -> bool:
    if layout.names:
        # Most rows are told apart by their first cell alone: asked of every row, this is an import's pace.
        return cells[0].strip(header_rows.AROUND).casefold() in first_names and key(cells) in layout.names
    is_words = not any(character.isdigit() or character == "@" for cell in cells for character in cell)
    return is_words and is_names(cells)


def _drop_titles(last: deque[FileRow], layout: Layout) -> int:
    """Take the titles off that an export brings again with its header; how many they were."""
    dropped = 0
    while last and last[-1].problem is None and key(last[-1].cells) in (*layout.titles, *layout.names):
        last.pop()
        dropped += 1
    return dropped


def _drop_totals(last: deque[FileRow]) -> int:
    """Take the totals off at the end of a table; how many they were. A row with an address is a contact."""
    dropped = 0
    while last and last[-1].problem is None and _is_total(last[-1].cells):
        last.pop()
        dropped += 1
    return dropped


def _is_total(cells: list[str]) -> bool:
    first = next(cell.strip() for cell in cells if cell.strip())
    return _TOTAL.fullmatch(first) is not None and not looks_like_contacts(cells)


def _fitted(row: FileRow, width: int, notices: FileNotices) -> FileRow:
    problem = row.problem
    if problem is None and len(row.cells) > width and any(row.cells[width:]):
        problem = TOO_MANY_CELLS
    if problem:
        return as_rejected(row, problem)
    if len(row.cells) < width:
        notices.counts[SHORT_ROWS] += 1
        return FileRow(row.line, [*row.cells, *[""] * (width - len(row.cells))])
    return row if len(row.cells) == width else FileRow(row.line, row.cells[:width])
