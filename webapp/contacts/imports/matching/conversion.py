"""How a stored file becomes rows of contacts: its converter and where they go; also for the dry run."""

from collections.abc import Mapping
from itertools import islice

from sqlmodel import Session

from webapp import clock
from webapp.contacts import consent_words
from webapp.contacts.erasure import erased
from webapp.contacts.imports.columns import NEW, OWN
from webapp.contacts.imports.import_draft import rows_of
from webapp.contacts.imports.matching import consent_columns, date_orders
from webapp.contacts.models import UserDatabase
from webapp.contacts.models_imports import ContactImport
from webapp.contacts.queries import own_fields
from webapp.contacts.store.file_answers import FileAnswers
from webapp.contacts.store.row_converter import RowChoices, RowConverter
from webapp.contacts.store.upsert_plan import Target

CLEAR = "clear"  # ContactImport.blank_cells


def converter_of(
    session: Session, job: ContactImport, orders: Mapping[str, str] | None = None
) -> RowConverter:
    """The converter for the columns of *made*; own fields that are still to be made are `new_<column index>`.

    *orders*: of the columns of dates, when they are not all in *made* yet.
    """
    types = {own.key: own.type for own in own_fields(session, job.database_id)}
    mapping = {}
    for index, target in job.mapping.items():
        if target.startswith(NEW):
            types[f"new_{index}"] = target.removeprefix(NEW)
            mapping[index] = f"{OWN}new_{index}"
        else:
            mapping[index] = target
    database = session.get_one(UserDatabase, job.database_id)
    converter = RowConverter(
        mapping, types, database.country, clock.today(), choices_of(session, job, orders)
    )
    converter.erased = erased.keys_of_client(session, database.client_id)
    converter.answers = FileAnswers(converter.columns, job.key)
    return converter


def choices_of(session: Session, job: ContactImport, orders: Mapping[str, str] | None = None) -> RowChoices:
    """How *made* is read beside its mapping."""
    return RowChoices(
        feeding=job.feeding,
        clears=job.blank_cells == CLEAR,
        date_orders=job.date_orders if orders is None else orders,
        meanings=consent_words.meanings(session, job.database_id),
        refused=job.all_refused,
        unused=consent_columns.unused(job.header, job.mapping),
    )


def open_dates(session: Session, job: ContactImport) -> list[str]:
    """Indexes of the columns of dates whose order is still to be decided."""
    types = {own.key: own.type for own in own_fields(session, job.database_id)}
    return date_orders.open_columns(job.mapping, job.date_orders, types)


def settled_dates(
    session: Session, job: ContactImport, max_rows: int | None = None
) -> tuple[dict[str, str], int]:
    """(the order of every column of dates, how many could be read in two), from the first *max_rows* rows.

    Reads the file, as far as it takes to decide. Raises UnreadableFile, FileNotFoundError.
    """
    wanted = open_dates(session, job)
    if not wanted:
        return dict(job.date_orders), 0
    rows = islice(rows_of(job), job.has_header, None if max_rows is None else max_rows + job.has_header)
    found, undecided = date_orders.settle(wanted, (row.cells for row in rows if row.problem is None))
    return {**job.date_orders, **found}, undecided


def target_for(converter: RowConverter, job: ContactImport) -> Target:
    """Where the rows of *converter* go."""
    columns, own_keys = tuple(converter.columns), tuple(converter.own_keys)
    return Target(job.database_id, columns, own_keys, job.key, job.mode, job.blank_cells == CLEAR)
