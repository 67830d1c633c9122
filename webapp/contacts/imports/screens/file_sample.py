"""The first rows of a draft's file, and what its cells are read with: for the steps that show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from sqlmodel import Session

from webapp import clock, db
from webapp.contacts import consent_words
from webapp.contacts.imports.dry_run import MAX_ROWS
from webapp.contacts.imports.import_draft import rows_of
from webapp.contacts.imports.screens.cell_readings import Frame
from webapp.contacts.models import UserDatabase
from webapp.contacts.models_imports import ContactImport
from webapp.contacts.queries import own_fields
from webapp.contacts.store.row_converter import DIAL_CODE
from webapp.contacts.store.row_countries import countries


@dataclass(frozen=True, slots=True)
class FileSample:
    """*rows*: those that can be read, of the first 20,000. *is_whole*: the file has no others."""

    rows: Sequence[Sequence[str]]
    is_whole: bool


def read_sample(draft: ContactImport, max_rows: int = MAX_ROWS) -> FileSample:
    """Raises UnreadableFile, FileNotFoundError."""
    rows = islice(rows_of(draft), draft.has_header, None)
    taken = list(islice(rows, max_rows))
    return FileSample([row.cells for row in taken if row.problem is None], next(rows, None) is None)


def frame_of(session: Session, database: UserDatabase, draft: ContactImport, sample: FileSample) -> Frame:
    """With the countries of the rows when the file tells them."""
    at = {target: int(index) for index, target in reversed(draft.mapping.items())}
    return Frame(
        clock.today(),
        database.country,
        {own.key: own.type for own in own_fields(session, db.saved_id(database))},
        draft.date_orders,
        consent_words.meanings(session, db.saved_id(database)),
        countries(sample.rows, at.get("country"), at.get(DIAL_CODE), database.country),
    )
