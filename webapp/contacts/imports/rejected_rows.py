"""The rows of a file that could not become contacts: on screen, and as a CSV to correct and import again."""

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlmodel import Session, col

from webapp import db
from webapp.contacts import texts
from webapp.contacts.imports.columns import REJECTED_COLUMNS
from webapp.contacts.models_imports import ContactImport, RejectedRow

SHOWN_ROWS = 100
READ_ROWS = 1_000


def first_rows(session: Session, job: ContactImport) -> list[RejectedRow]:
    wanted = select(RejectedRow).where(col(RejectedRow.import_id) == job.id)
    return list(session.execute(wanted.order_by(col(RejectedRow.line)).limit(SHOWN_ROWS)).scalars())


def by_reason(session: Session, job: ContactImport) -> list[tuple[str, int]]:
    """(why, in Italian; how many rows), most frequent first."""
    counted = select(col(RejectedRow.reason), func.count()).where(col(RejectedRow.import_id) == job.id)
    found = session.execute(counted.group_by(col(RejectedRow.reason))).all()
    return [(texts.row_reason(reason), rows) for reason, rows in sorted(found, key=lambda one: -one[1])]


def csv_rows(job: ContactImport) -> Iterator[list[str]]:
    """All rejected rows with line and reason, under the names of the columns."""
    yield [*REJECTED_COLUMNS, *job.header]
    after = 0
    while rows := _read(job, after):
        for row in rows:
            yield [str(row.line), texts.row_reason(row.reason), *row.cells]
        after = db.saved_id(rows[-1])


def _read(job: ContactImport, after: int) -> list[RejectedRow]:
    with db.reading() as session:
        wanted = select(RejectedRow).where(col(RejectedRow.import_id) == job.id, col(RejectedRow.id) > after)
        return list(session.execute(wanted.order_by(col(RejectedRow.id)).limit(READ_ROWS)).scalars())
