"""The rows of a file that could not become contacts: on screen, and as a CSV to correct and import again."""

import csv
import io
import re
from collections.abc import Iterator

from sqlalchemy import select
from sqlmodel import Session, col

from webapp import db
from webapp.contacts import texts
from webapp.contacts.models import ContactImport, RejectedRow

SHOWN_ROWS = 100
READ_ROWS = 1_000

# A cell that begins so is a formula to Excel, LibreOffice and Google Sheets, also in full width.
# Source: https://owasp.org/www-community/attacks/CSV_Injection
_RISKY = tuple("=+-@\t\r＝＋－＠")
_HARMLESS = re.compile(r"\+[0-9 ]{6,20}|-[0-9]+(?:[.,][0-9]+)?").fullmatch  # phones and numbers stay whole


def first_rows(session: Session, made: ContactImport) -> list[RejectedRow]:
    wanted = select(RejectedRow).where(col(RejectedRow.import_id) == made.id)
    return list(session.execute(wanted.order_by(col(RejectedRow.line)).limit(SHOWN_ROWS)).scalars())


def csv_lines(made: ContactImport) -> Iterator[str]:
    """All rejected rows with line and reason: semicolons, CRLF and a BOM, as Italian Excel opens it."""
    yield "\ufeff" + _line(["Riga", "Motivo", *made.header])
    after = 0
    while rows := _read(made, after):
        yield "".join(_line([str(row.line), texts.row_reason(row.reason), *row.cells]) for row in rows)
        after = rows[-1].id or 0


def safe_cell(text: str) -> str:
    """*text*, with an apostrophe before it when a spreadsheet would compute it."""
    return f"'{text}" if text.startswith(_RISKY) and not _HARMLESS(text) else text


def _read(made: ContactImport, after: int) -> list[RejectedRow]:
    with db.reading() as session:
        wanted = select(RejectedRow).where(col(RejectedRow.import_id) == made.id, col(RejectedRow.id) > after)
        return list(session.execute(wanted.order_by(col(RejectedRow.id)).limit(READ_ROWS)).scalars())


def _line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line, delimiter=";", lineterminator="\r\n").writerow(safe_cell(cell) for cell in cells)
    return line.getvalue()
