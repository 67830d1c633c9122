"""A row of a file, and what can be wrong with it. PURE."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from webapp.contacts.cells import MAX_CELL_CHARS

TOO_MANY_CELLS = "too_many_cells"
CELL_TOO_LONG = "cell_too_long"
LINE_TOO_LONG = "line_too_long"
OPEN_QUOTE = "open_quote"

UNKNOWN = "\ufffd"  # stands for a letter that cannot be read
# NUL, which PostgreSQL refuses, the bytes that the file's encoding does not know (`surrogateescape`), and
# what another program put in place of such a letter before us.
FORBIDDEN = re.compile("[\0\ud800-\udfff\ufffd]")
_KEPT_CHARS = 1_000  # of each cell of a rejected row


class FileRow(NamedTuple):
    """A row of the file: *line* it begins on, counted from 1; *problem* is why it can be no contact."""

    line: int
    cells: list[str]
    problem: str | None = None


def is_blank(cells: Sequence[str]) -> bool:
    return not (cells and cells[0].strip()) and not "".join(cells).strip()


def too_long(cells: Sequence[str]) -> str | None:
    return CELL_TOO_LONG if any(len(cell) > MAX_CELL_CHARS for cell in cells) else None


def readable(cell: str) -> str:
    """The cell with � in place of what cannot be read: it can be stored, and no address or number has it."""
    return FORBIDDEN.sub(UNKNOWN, cell)


def as_rejected(row: FileRow, problem: str) -> FileRow:
    """The row as it is kept to be corrected: every cell cut to a length that can be shown."""
    return FileRow(row.line, [readable(cell[:_KEPT_CHARS]) for cell in row.cells], problem)
