"""A file that just came: stored, recognised, and a proposal of how to import it."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO

from sqlalchemy import select
from sqlmodel import Session, col

from webapp.contacts.imports import columns, import_memory
from webapp.contacts.imports.files import stored_files
from webapp.contacts.imports.files.csv_import import FileRow, read_rows
from webapp.contacts.imports.files.file_format import FileFormat, detect
from webapp.contacts.imports.files.file_limits import UnreadableFile
from webapp.contacts.imports.matching import date_orders
from webapp.contacts.models import Contact, UserDatabase
from webapp.contacts.models_imports import ContactImport
from webapp.contacts.queries import own_fields
from webapp.services import services

SAMPLE_ROWS = 500

NO_MEDIUM = "Nessuna colonna è abbinata a Email o Cellulare: serve almeno una delle due."
NO_ROWS = "Il file contiene solo i nomi delle colonne: non c’è nessuna riga da importare."


def create(
    session: Session, database: UserDatabase, file_name: str, source: IO[bytes] | Path, started_by: str
) -> ContactImport:
    """Store the file, recognise everything in it, propose how to import it. Raises UnreadableFile.

    Nothing is asked of the database before the file lies on disk, so that nobody waits for it.
    """
    shown = stored_files.shown_name(file_name)
    stored = stored_files.store(source)
    try:
        file_format = detect(stored, shown, services().settings.max_import_rows)
        made = ContactImport(
            database_id=database.id or 0,
            file_name=shown,
            stored_name=stored.name,
            size_bytes=stored.stat().st_size,
            started_by=started_by,
        )
        read_as(session, made, database, file_format)
    except BaseException:
        stored.unlink(missing_ok=True)
        raise
    session.add(made)
    session.flush()
    return made


def read_as(
    session: Session,
    draft: ContactImport,
    database: UserDatabase,
    file_format: FileFormat,
    has_header: bool | None = None,
    remember: bool = True,
) -> None:
    """Read the file of *draft* with another format and propose its columns anew. Raises UnreadableFile.

    *has_header* None: decided by whether the first row already holds a person. *remember*: do as with the
    last file that had the same columns.
    """
    rows = [row.cells for row in _first_rows(draft, file_format) if row.problem is None]
    if has_header is None:
        has_header = not columns.looks_like_contacts(rows[0], database.country)
    if has_header and len(rows) < 2 and len(list(_first_rows(draft, file_format, 2))) < 2:
        raise UnreadableFile(NO_ROWS)
    draft.kind, draft.encoding = file_format.kind, file_format.encoding
    draft.delimiter, draft.has_header = file_format.delimiter, has_header
    draft.header = columns.header_of(rows[0] if has_header else [""] * len(rows[0]))
    draft.rows_total = max(file_format.lines - has_header, 0) or None
    names = draft.header if has_header else [""] * len(rows[0])
    own = {field.key: field.label for field in own_fields(session, database.id or 0)}
    proposal = columns.propose_all(names, rows[has_header:], own, database.country, draft.file_name)
    draft.mapping, draft.feeding = proposal.mapping, proposal.feeding
    draft.all_refused = proposal.all_refused
    draft.key = proposed_key(session, draft)
    if remember and (found := import_memory.find(session, draft)):
        draft.mapping, draft.feeding, draft.mode = found.mapping, found.feeding, found.mode
        draft.blank_cells = found.blank_cells
        draft.key = found.key or proposed_key(session, draft)
    draft.date_orders = date_orders.of_rows(draft.mapping, rows[has_header:])


def format_of(made: ContactImport) -> FileFormat:
    return FileFormat(made.kind, made.encoding, made.delimiter, (made.rows_total or 0) + made.has_header)


def rows_of(made: ContactImport, file_format: FileFormat | None = None) -> Iterator[FileRow]:
    """Every row of the stored file, the header included. Raises UnreadableFile, FileNotFoundError."""
    path = stored_files.folder() / made.stored_name
    limit = services().settings.max_import_columns
    return read_rows(path, file_format or format_of(made), limit)


def sample(draft: ContactImport, rows: int = SAMPLE_ROWS) -> list[FileRow]:
    """The first rows of the file, without the header. Raises UnreadableFile."""
    found = list(_first_rows(draft, format_of(draft), rows + 1))
    return found[1:] if draft.has_header else found[:rows]


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


def _first_rows(draft: ContactImport, file_format: FileFormat, rows: int = SAMPLE_ROWS) -> list[FileRow]:
    found = list(islice(rows_of(draft, file_format), rows))
    if not found:
        raise UnreadableFile("Il file è vuoto.")
    return found
