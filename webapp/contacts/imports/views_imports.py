"""Importing a file: the list of imports, then the steps file, columns and check."""

from flask import Response, make_response, render_template, request, url_for
from sqlmodel import Session

from webapp import db
from webapp.access.current import current_operator, may
from webapp.access.models import Role
from webapp.access.trail.audit import Action, record
from webapp.contacts import queries, texts
from webapp.contacts.imports import (
    alerts,
    column_checks,
    dry_run,
    import_draft,
    import_forms,
    import_memory,
    importing,
    sample_file,
)
from webapp.contacts.imports.columns import NEW
from webapp.contacts.imports.files.file_limits import UnreadableFile
from webapp.contacts.imports.import_pages import audit_detail, find, url
from webapp.contacts.imports.matching.conversion import converter_of
from webapp.contacts.models import UserDatabase
from webapp.contacts.models_imports import ContactImport, ImportStatus
from webapp.contacts.routes import IMPORT, IMPORTS, blueprint, database_or_404
from webapp.services import services
from webapp.web import csv_file, htmx
from webapp.web.security import takes_file

PREVIEW_ROWS = 10


@blueprint.get(IMPORTS, endpoint="imports")
def show_imports(database_id: str) -> str:
    with db.reading() as session:
        database = database_or_404(session, database_id)
        found = queries.imports_of(session, db.saved_id(database))
        return render_template(
            "contacts/imports/imports.html", database=database, imports=found, may_edit=may(Role.MARKETER)
        )


@blueprint.get(f"{IMPORTS}/nuova")
def new_import(database_id: str) -> str:
    with db.reading() as session:
        database = database_or_404(session, database_id)
        return render_template("contacts/imports/new_import.html", **_file_form(database, ""))


@blueprint.get(f"{IMPORTS}/esempio.csv", endpoint="sample_file")
def download_sample(database_id: str) -> Response:
    with db.reading() as session:
        database = database_or_404(session, database_id)
        own = [
            (one.label, one.type, one.choices) for one in queries.own_fields(session, db.saved_id(database))
        ]
    return csv_file.download(sample_file.rows(own), "contatti-esempio.csv")


@blueprint.post(f"{IMPORTS}/nuova")
@takes_file
def create_import(database_id: str) -> Response:
    with db.reading() as session:
        database = database_or_404(session, database_id)
    file = request.files.get("file")
    if file is None or not file.filename:
        return _refused_file(database, texts.FILE_MISSING)
    try:
        with db.writing() as session:
            job = importing.create(session, database, file.filename, file.stream, current_operator().name)
    except UnreadableFile as error:
        return _refused_file(database, str(error))
    return htmx.go_to(url("import_reading" if job.has_reading_choice else "import_columns", database, job))


@blueprint.get(f"{IMPORT}/colonne")
def import_columns(database_id: str, import_id: str) -> Response:
    with db.reading() as session:
        database, draft = find(session, database_id, import_id)
        if draft.status != ImportStatus.DRAFT:
            return htmx.go_to(url("import_result", database, draft))
        return make_response(
            render_template("contacts/imports/columns.html", **_columns(session, database, draft))
        )


@blueprint.post(f"{IMPORT}/colonne")
def save_columns(database_id: str, import_id: str) -> Response:
    with db.writing() as session:
        database, draft = find(session, database_id, import_id)
        if draft.status != ImportStatus.DRAFT:
            return htmx.go_to(url("import_result", database, draft))
        own = [field for field in queries.fields_of(session, db.saved_id(database)) if field.is_own]
        errors = import_forms.read_mapping(request.form, draft, own)
        session.add(draft)
    if not errors:
        return htmx.go_to(url("check_import", database, draft))
    with db.reading() as session:  # the file is read again: nobody waits to write meanwhile
        database, draft = find(session, database_id, import_id)
        page = "contacts/imports/_columns_form.html" if htmx.is_htmx() else "contacts/imports/columns.html"
        return make_response(render_template(page, **_columns(session, database, draft, errors)), 422)


@blueprint.get(f"{IMPORT}/controlla")
def check_import(database_id: str, import_id: str) -> Response:
    with db.reading() as session:
        database, draft = find(session, database_id, import_id)
        own = [field for field in queries.fields_of(session, db.saved_id(database)) if field.is_own]
        if draft.status != ImportStatus.DRAFT:
            return htmx.go_to(url("import_result", database, draft))
        if import_forms.mapping_errors(draft, own):
            return htmx.go_to(url("import_columns", database, draft))
        found = dry_run.forecast(session, draft)
        page = render_template(
            "contacts/imports/check.html", database=database, draft=draft, found=found, words=texts,
            confirms=alerts.to_confirm(found.alerts),
            makes=[draft.header[int(i)] for i, target in draft.mapping.items() if target.startswith(NEW)],
        )  # fmt: skip
        return make_response(page)


@blueprint.post(f"{IMPORT}/importa")
def start_import(database_id: str, import_id: str) -> Response:
    with db.reading() as session:
        database, draft = find(session, database_id, import_id)
        if found := _to_confirm(session, draft):
            answer = htmx.go_to(url("check_import", database, draft))
            return htmx.notice(answer, texts.TO_CONFIRM.format(alert=found[0]["testo"]), "err")
    try:
        importing.start(db.saved_id(draft))
    except UnreadableFile as error:
        return htmx.notice(htmx.go_to(url("import_columns", database, draft)), str(error), "err")
    return htmx.go_to(url("import_result", database, draft))


@blueprint.post(f"{IMPORT}/elimina")
def discard_import(database_id: str, import_id: str) -> Response:
    """Forget a draft; an import that was started stays in the list."""
    with db.writing() as session:
        database, draft = find(session, database_id, import_id)
        if draft.status == ImportStatus.DRAFT:
            importing.discard(session, draft)
            record(
                session,
                Action.IMPORT_DISCARDED,
                on=draft.file_name,
                detail=audit_detail(database, draft),
                client_id=database.client_id,
            )
        answer = htmx.go_to(url_for("contacts.imports", database_id=database.public_id))
    return htmx.notice(answer, "Importazione annullata: il file è stato eliminato.")


def _to_confirm(session: Session, draft: ContactImport) -> list[alerts.Alert]:
    """The alerts that nobody has confirmed yet; an import that cannot start has others things to say."""
    if draft.status != ImportStatus.DRAFT or "conferma" in request.form or importing.problems(draft):
        return []
    return alerts.to_confirm(dry_run.forecast(session, draft).alerts)


def _file_form(database: UserDatabase, error: str) -> dict[str, object]:
    return {"database": database, "limits": services().settings, "words": texts, "error": error}


def _refused_file(database: UserDatabase, error: str) -> Response:
    page = "contacts/imports/_file_form.html" if htmx.is_htmx() else "contacts/imports/new_import.html"
    return make_response(render_template(page, **_file_form(database, error)), 422)


def _columns(
    session: Session, database: UserDatabase, draft: ContactImport, errors: dict[str, str] | None = None
) -> dict[str, object]:
    rows = [row.cells for row in import_draft.sample(draft) if row.problem is None]
    own = [field for field in queries.fields_of(session, db.saved_id(database)) if field.is_own]
    converter = converter_of(session, draft)
    remembered = import_memory.find(session, draft)
    return {
        "database": database,
        "draft": draft,
        "rows": column_checks.column_rows(draft, rows, converter),
        "preview": rows[:PREVIEW_ROWS],
        "remembered": remembered if remembered and import_memory.is_followed(draft, remembered) else None,
        "options": import_forms.target_options(own),
        "errors": import_forms.mapping_errors(draft, own) if errors is None else errors,
        "submitted": errors is not None,
        "words": texts,
    }
