"""A CSV as Italian spreadsheets open it, that runs nothing when they do.

Semicolons, CRLF, UTF-8 with a byte order mark: what Excel with Italian settings reads without asking.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from flask import Response

# A cell that begins so is a formula to Excel, LibreOffice and Google Sheets, also in full width.
# Source: https://owasp.org/www-community/attacks/CSV_Injection
_RISKY = tuple("=+-@\t\r＝＋－＠")
# International numbers and negative amounts must stay as they are, to be imported again.
_HARMLESS = re.compile(r"\+[0-9 ]{6,20}|-[0-9]+(?:[.,][0-9]+)?").fullmatch
BOM = "\ufeff"


def safe_cell(text: str) -> str:
    """*text*, with an apostrophe before it when a spreadsheet would compute it."""
    return f"'{text}" if text.startswith(_RISKY) and not _HARMLESS(text) else text


def line(cells: Iterable[str]) -> str:
    """One line of the file, ended by CRLF."""
    written = io.StringIO()
    csv.writer(written, delimiter=";", lineterminator="\r\n").writerow(safe_cell(cell) for cell in cells)
    return written.getvalue()


def lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The whole file, piece by piece, beginning with the byte order mark."""
    yield BOM
    for row in rows:
        yield line(row)


def download(rows: Iterable[Sequence[str]], name: str) -> Response:
    """The rows as a file to save, sent as they are read; *name* is ASCII and ends in .csv."""
    response = Response(lines(rows), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
