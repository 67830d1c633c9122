"""A CSV as Italian spreadsheets open it, that runs nothing when they do.

Semicolons, CRLF, UTF-8 with a byte order mark: what Excel with Italian settings reads without asking.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from flask import Response

# A cell that begins so is a formula to Excel, LibreOffice and Google Sheets.
# Source: https://owasp.org/www-community/attacks/CSV_Injection
RISKY = ("=", "+", "-", "@", "\t", "\r")
PHONE = re.compile(r"\+\d{6,15}")  # international numbers must stay as they are, to be imported again
BOM = "\ufeff"


def safe_cell(text: str) -> str:
    """*text*, with an apostrophe before it when a spreadsheet would compute it."""
    if text.startswith(RISKY) and not PHONE.fullmatch(text):
        return f"'{text}"
    return text


def lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield BOM
    for row in rows:
        line = io.StringIO()
        csv.writer(line, delimiter=";", lineterminator="\r\n").writerow(safe_cell(cell) for cell in row)
        yield line.getvalue()


def download(rows: Iterable[Sequence[str]], name: str) -> Response:
    """The rows as a file to save, sent as they are read; *name* is ASCII and ends in .csv."""
    response = Response(lines(rows), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
