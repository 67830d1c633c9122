"""A file that just came: stored, recognised, and a proposal of how to import it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import IO

from sqlalchemy import select
from sqlmodel import Session, col

from webapp import db
from webapp.contacts.imports import columns, import_memory
from webapp.contacts.imports.files import stored_files
from webapp.contacts.imports.files.csv_import import ALL_HIDDEN
from webapp.contacts.imports.files.file_format import XLSX, FileFormat
from webapp.contacts.imports.files.file_limits import UnreadableFile
from webapp.contacts.imports.files.file_notices import HIDDEN_ROWS, FileNotices, Notice
from webapp.contacts.imports.files.file_rows import FileRow
from webapp.contacts.imports.files.reading_apart import Source, detect, read_rows
from webapp.contacts.imports.files.stored_files import Stored
from webapp.contacts.imports.matching import date_orders
from webapp.contacts.models import Contact, UserDatabase
from webapp.contacts.models_imports import ContactImport
from webapp.contacts.queries import own_fields
from webapp.services import services

SAMPLE_ROWS = 500
COUNTED_ROWS = 20_000  # of a text file, for what is told of it before the import: nobody waits longer

NO_MEDIUM = "Nessuna colonna è abbinata a Email o Cellulare: serve almeno una delle due."
NO_ROWS = "Il file contiene solo i nomi delle colonne: non c’è nessuna riga da importare."


@dataclass(frozen=True, slots=True)
class Reading:
    """What the file says when it is read in one way. *rows*: the first ones, without the one of the names."""

    file_format: FileFormat
    header: list[str]
    rows: list[list[str]]
    notices: list[Notice]


@dataclass(frozen=True, slots=True)
class Asked:
    """How a person wants the file to be read, as far as they say; what is None is found."""

    sheet: str | None = None
    header_row: int | None = None
    with_hidden: bool = False


def create(
    session: Session,
    database: UserDatabase,
    file_name: str,
    source: IO[bytes] | Path,
    started_by: str,
    asked: Asked | None = None,
) -> ContactImport:
    """Store the file, recognise everything in it, propose how to import it. Raises UnreadableFile.

    *session* is asked nothing before the file was read, so that nobody waits for that.
    """
    shown = stored_files.shown_name(file_name)
    with stored_files.arriving(source) as arrived:
        reading = _first_reading(arrived, shown, database, asked or Asked())
        job = ContactImport(
            database_id=db.saved_id(database),
            file_name=shown,
            stored_name=arrived.keep(),
            size_bytes=arrived.size_bytes,
            started_by=started_by,
        )
    stored_files.keep_with(session, job.stored_name)
    read_as(session, job, database, reading)
    session.add(job)
    session.flush()
    return job


def _first_reading(arrived: Source, shown: str, database: UserDatabase, asked: Asked) -> Reading:
    """The file as it was asked for, else as the last one of its name was read where that still fits."""
    with db.reading() as session:
        known = import_memory.same_name(session, db.saved_id(database), shown)
    sheet = known.sheet if known else None
    found = detect(arrived, shown, services().settings.max_import_rows, asked.sheet, sheet)
    wanted = replace(found, header_row=asked.header_row, with_hidden=asked.with_hidden)
    reading = look_at(arrived, wanted, database.country)
    if asked.header_row is not None or known is None or not known.has_header or sheet != found.sheet:
        return reading
    if known.header_row in (reading.file_format.header_row, 1) or known.header == reading.header:
        return reading
    try:
        again = look_at(arrived, replace(wanted, header_row=known.header_row), database.country)
    except UnreadableFile:
        return reading
    return again if again.header == known.header else reading


def look_at(source: Source, file_format: FileFormat, country: str = "IT") -> Reading:
    """Read the first rows of a file. Raises UnreadableFile, FileNotFoundError.

    What it left out is counted for so many rows as are read in about a second, of a workbook for all.
    """
    notices = FileNotices()
    rows = _read(source, file_format, notices)
    taken = list(islice(rows, SAMPLE_ROWS + 1))
    if not taken:
        raise UnreadableFile("Il file è vuoto.")
    header_row = notices.header_row
    if header_row and len(taken) < 2:
        raise UnreadableFile(
            ALL_HIDDEN.format(sheet=notices.sheet) if notices.counts[HIDDEN_ROWS] else NO_ROWS
        )
    rest = rows if file_format.kind == XLSX else islice(rows, COUNTED_ROWS)
    found = len(taken) + sum(1 for _ in rest)
    is_whole = next(rows, None) is None
    good = [row.cells for row in taken if row.problem is None]
    width = len(good[0]) if good else 1
    names = good.pop(0) if header_row else [""] * width
    lines = found if is_whole else file_format.lines
    as_read = replace(file_format, header_row=header_row, lines=lines)
    return Reading(as_read, columns.header_of(names), good, notices.as_list())


def read_as(
    session: Session, draft: ContactImport, database: UserDatabase, reading: Reading, remember: bool = True
) -> None:
    """Write into *draft* how its file is read, and propose its columns anew.

    *remember*: do as with the last file that had the same columns.
    """
    file_format, has_header = reading.file_format, bool(reading.file_format.header_row)
    draft.kind, draft.encoding = file_format.kind, file_format.encoding
    draft.delimiter, draft.has_header = file_format.delimiter, has_header
    draft.header_row, draft.sheet = file_format.header_row or 0, file_format.sheet
    draft.with_hidden, draft.file_notices = file_format.with_hidden, [*reading.notices]
    draft.header = reading.header
    draft.rows_total = max(file_format.lines - has_header, 0) or None
    names = draft.header if has_header else [""] * len(draft.header)
    own = {field.key: field.label for field in own_fields(session, db.saved_id(database))}
    proposal = columns.propose_all(names, reading.rows, own, database.country, draft.file_name)
    draft.mapping, draft.feeding = proposal.mapping, proposal.feeding
    draft.all_refused = proposal.all_refused
    draft.key = proposed_key(session, draft)
    if remember and (found := import_memory.find(session, draft)):
        draft.mapping, draft.feeding, draft.mode = found.mapping, found.feeding, found.mode
        draft.blank_cells = found.blank_cells
        draft.key = found.key or proposed_key(session, draft)
    draft.date_orders = date_orders.of_rows(draft.mapping, reading.rows)


def format_of(job: ContactImport) -> FileFormat:
    return FileFormat(
        job.kind,
        job.encoding,
        job.delimiter,
        (job.rows_total or 0) + job.has_header,
        job.header_row,
        job.sheet,
        job.with_hidden,
    )


def rows_of(job: ContactImport, notices: FileNotices | None = None) -> Iterator[FileRow]:
    """The row of the names, unless there is none, and every row of the table in the stored file.

    *notices* counts what is left out as it is read. Raises UnreadableFile, FileNotFoundError.
    """
    return _read(Stored(job.stored_name), format_of(job), notices or FileNotices())


def sample(draft: ContactImport, rows: int = SAMPLE_ROWS) -> list[FileRow]:
    """The first rows of the file, without the header. Raises UnreadableFile."""
    return list(islice(rows_of(draft), draft.has_header, rows + draft.has_header))


def proposed_key(session: Session, draft: ContactImport) -> str:
    """How a contact that is already present is recognised: by code, else not at all in an empty database."""
    targets = set(draft.mapping.values())
    if "code" in targets:
        return "code"
    any_contact = select(col(Contact.id)).where(col(Contact.database_id) == draft.database_id).limit(1)
    if session.execute(any_contact).first() is None:
        return "none"
    return next((field for field in ("email", "mobile") if field in targets), "none")


def problems(draft: ContactImport) -> list[str]:
    """Why the file cannot be imported with these columns, in Italian; usually nothing."""
    targets = list(draft.mapping.values())
    return [] if "email" in targets or "mobile" in targets else [NO_MEDIUM]


def _read(source: Source, file_format: FileFormat, notices: FileNotices) -> Iterator[FileRow]:
    limit = services().settings.max_import_columns
    return read_rows(source, file_format, limit, notices)
