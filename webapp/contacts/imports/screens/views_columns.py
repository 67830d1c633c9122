"""The step of the columns: where each goes, with proof of what it holds, and how the file is taken in."""

from flask import Response, make_response, render_template, request, url_for
from sqlmodel import Session

from webapp import db
from webapp.contacts import queries, texts
from webapp.contacts.imports import import_forms, import_memory
from webapp.contacts.imports.files.file_limits import UnreadableFile
from webapp.contacts.imports.import_pages import find, url
from webapp.contacts.imports.screens.column_rows import ColumnScreen, column_screen
from webapp.contacts.imports.screens.file_sample import FileSample, frame_of, read_sample
from webapp.contacts.models import UserDatabase
from webapp.contacts.models_imports import ContactImport, ImportStatus
from webapp.contacts.routes import IMPORT, blueprint
from webapp.web import htmx

PREVIEW_ROWS = 10
LOOK = "guarda"  # the form only asks what its choices come to
_PAGE, _FORM = "contacts/imports/steps/columns.html", "contacts/imports/steps/_columns_form.html"


@blueprint.get(f"{IMPORT}/colonne")
def import_columns(database_id: str, import_id: str) -> Response:
    with db.reading() as session:
        database, draft = find(session, database_id, import_id)
        if draft.status != ImportStatus.DRAFT:
            return htmx.go_to(url("import_result", database, draft))
        try:
            return make_response(render_template(_PAGE, **_page(session, database, draft)))
        except (UnreadableFile, FileNotFoundError) as error:
            return _unreadable(database, error)


@blueprint.post(f"{IMPORT}/colonne")
def save_columns(database_id: str, import_id: str) -> Response:
    """Keep the choices. `azione` is one of the offered buttons; `guarda` only asks for the new proofs."""
    with db.writing() as session:
        database, draft = find(session, database_id, import_id)
        if draft.status != ImportStatus.DRAFT:
            return htmx.go_to(url("import_result", database, draft))
        own = [field for field in queries.fields_of(session, db.saved_id(database)) if field.is_own]
        errors = import_forms.read_mapping(request.form, draft, own)
        if action := request.form.get("azione"):
            import_forms.follow_offer(action, draft)
        session.add(draft)
    if action:
        return htmx.go_to(url("import_columns", database, draft))
    looks = LOOK in request.form
    with db.reading() as session:  # the file is read again: nobody waits to write meanwhile
        database, draft = find(session, database_id, import_id)
        try:
            page = _page(session, database, draft, errors)
        except (UnreadableFile, FileNotFoundError) as error:
            return _unreadable(database, error)
        screen = page["screen"]
        assert isinstance(screen, ColumnScreen)
        if not looks and not errors and not screen.is_blocked:
            return htmx.go_to(url("check_import", database, draft))
        page["submitted"] = not looks
        return make_response(
            render_template(_FORM if htmx.is_htmx() else _PAGE, **page), 200 if looks else 422
        )


@blueprint.post(f"{IMPORT}/tieni")
def keep_values(database_id: str, import_id: str) -> Response:
    """Empty cells are to empty nothing after all."""
    with db.writing() as session:
        database, draft = find(session, database_id, import_id)
        if draft.status == ImportStatus.DRAFT:
            draft.blank_cells = "keep"
            session.add(draft)
    return htmx.go_to(url("check_import", database, draft))


def _page(
    session: Session, database: UserDatabase, draft: ContactImport, errors: dict[str, str] | None = None
) -> dict[str, object]:
    sample: FileSample = read_sample(draft)
    own = [field for field in queries.fields_of(session, db.saved_id(database)) if field.is_own]
    frame = frame_of(session, database, draft, sample)
    remembered = import_memory.find(session, draft)
    return {
        "database": database,
        "draft": draft,
        "screen": column_screen(draft, sample.rows, frame, sample.is_whole),
        "preview": sample.rows[:PREVIEW_ROWS],
        "remembered": remembered if remembered and import_memory.is_followed(draft, remembered) else None,
        "options": import_forms.target_options(own),
        "errors": import_forms.mapping_errors(draft, own) if errors is None else errors,
        "submitted": errors is not None,
        "words": texts,
    }


def _unreadable(database: UserDatabase, error: Exception) -> Response:
    """The file went away, or can no longer be read: only another one helps."""
    said = str(error) if isinstance(error, UnreadableFile) else texts.FILE_GONE
    return htmx.notice(
        htmx.go_to(url_for("contacts.new_import", database_id=database.public_id)), said, "err"
    )
