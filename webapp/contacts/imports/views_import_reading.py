"""The step of an import where a person says how the file is read: sheet, row of the names, hidden rows.

Walked through only when there is something to choose; open to everybody from the step of the columns.
"""

from flask import Response, make_response, render_template, request
from sqlalchemy import select
from sqlmodel import Session, col

from webapp import db
from webapp.contacts import texts
from webapp.contacts.imports import import_draft, import_forms
from webapp.contacts.imports.files import sheets
from webapp.contacts.imports.files.file_format import FileFormat
from webapp.contacts.imports.files.file_limits import UnreadableFile
from webapp.contacts.imports.files.reading_apart import detect, first_rows, sheets_of
from webapp.contacts.imports.files.stored_files import Stored
from webapp.contacts.imports.import_pages import find, url
from webapp.contacts.models import UserDatabase
from webapp.contacts.models_imports import ContactImport, ImportStatus
from webapp.contacts.routes import IMPORT, blueprint
from webapp.services import services
from webapp.web import htmx

SHOWN_ROWS = 12  # and those down to the names when they stand further below
SHOWN_COLUMNS = 8
MOST_SHEETS = 30  # to choose from on screen
GONE = "Il file non c’è più: caricalo di nuovo."


@blueprint.get(f"{IMPORT}/lettura")
def import_reading(database_id: str, import_id: str) -> Response:
    with db.reading() as session:
        database, draft = find(session, database_id, import_id)
    if draft.status != ImportStatus.DRAFT:
        return htmx.go_to(url("import_result", database, draft))
    return make_response(render_template("contacts/imports/reading.html", **_page(database, draft)))


@blueprint.post(f"{IMPORT}/lettura")
def read_again(database_id: str, import_id: str) -> Response:
    """Read the file as asked; what cannot be read so stays as it was."""
    with db.reading() as session:
        database, draft = find(session, database_id, import_id)
    if draft.status != ImportStatus.DRAFT:
        return htmx.go_to(url("import_result", database, draft))
    is_step = "passo" in request.form
    here = url("import_reading" if is_step else "import_columns", database, draft)
    asked = import_forms.read_format(request.form, draft)
    is_other_sheet = asked.sheet != draft.sheet
    try:
        if is_other_sheet:
            asked = _of_sheet(draft, asked)
        reading = import_draft.look_at(Stored(draft.stored_name), asked, database.country)
    except UnreadableFile as error:
        return htmx.notice(htmx.go_to(here), str(error), "err")
    except FileNotFoundError:
        return htmx.notice(htmx.go_to(here), GONE, "err")
    with db.writing() as session:
        kept = _draft(session, draft)
        if kept is None:
            return htmx.go_to(url("import_result", database, draft))
        import_draft.read_as(session, kept, database, reading, "riconosci" not in request.form)
        session.add(kept)
    if is_step and is_other_sheet and kept.has_reading_choice:
        return htmx.notice(htmx.go_to(here), texts.OTHER_SHEET_READ.format(sheet=kept.sheet))
    return htmx.go_to(url("import_columns", database, kept))


def _of_sheet(draft: ContactImport, asked: FileFormat) -> FileFormat:
    most = services().settings.max_import_rows
    return detect(Stored(draft.stored_name), draft.file_name, most, asked.sheet)


def _draft(session: Session, draft: ContactImport) -> ContactImport | None:
    """The draft to write to, unless it was started, thrown away or read from another file meanwhile."""
    wanted = select(ContactImport).where(
        col(ContactImport.id) == draft.id, col(ContactImport.status) == ImportStatus.DRAFT
    )
    return session.execute(wanted.with_for_update()).scalars().first()


def _page(database: UserDatabase, draft: ContactImport) -> dict[str, object]:
    stored = Stored(draft.stored_name)
    asked = import_draft.format_of(draft)
    error, rows, names = "", [], []
    try:
        rows = first_rows(stored, asked, 1_000)
        names = sheets_of(stored) if draft.kind == "xlsx" else []
    except UnreadableFile as unreadable:
        error = str(unreadable)
    except FileNotFoundError:
        error = GONE
    picked = draft.header_row
    if picked == 1 and rows:
        picked = rows[0].line
    at = next((at for at, row in enumerate(rows) if row.line == picked), 0)
    counts = {notice["code"]: notice["count"] for notice in draft.file_notices}
    return {
        "database": database,
        "draft": draft,
        "sheets": _offered(names, draft),
        "sheets_left_out": max(len(names) - MOST_SHEETS, 0),
        "rows": rows[: max(SHOWN_ROWS, at + 4)],
        "picked": picked,
        "width": min(max((len(row.cells) for row in rows[:SHOWN_ROWS]), default=1), SHOWN_COLUMNS),
        "hidden_rows": counts.get("hidden_rows", 0) or counts.get("hidden_rows_taken", 0),
        "hidden_columns": counts.get("hidden_columns", 0) or counts.get("hidden_columns_taken", 0),
        "error": error,
        "words": texts,
    }


def _offered(names: list[sheets.Sheet], draft: ContactImport) -> list[sheets.Sheet]:
    """The first sheets, and the one that is read wherever it stands."""
    first = names[:MOST_SHEETS]
    return first + [sheet for sheet in names[MOST_SHEETS:] if sheet.name == draft.sheet]
