"""A CSV as Italian spreadsheets open it, that runs nothing when they do.

Semicolons, CRLF, UTF-8 with a byte order mark: what Excel with Italian settings reads without asking.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from flask import Response

from webapp.values.formulas import escape_row

BOM = "\ufeff"


def line(cells: Iterable[str]) -> str:
    """One line of the file, ended by CRLF."""
    written = io.StringIO()
    csv.writer(written, delimiter=";", lineterminator="\r\n").writerow(escape_row(cells))
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
