"""Importing a file: the list of imports, the step of the file, and forgetting a draft."""

from flask import Response, make_response, render_template, request, url_for

from webapp import db
from webapp.access.current import current_operator, may
from webapp.access.models import Role
from webapp.access.trail.audit import Action, record
from webapp.contacts import queries, texts
from webapp.contacts.imports import importing, sample_file
from webapp.contacts.imports.files.file_limits import UnreadableFile
from webapp.contacts.imports.import_pages import audit_detail, find, url
from webapp.contacts.models import UserDatabase
from webapp.contacts.models_imports import ImportStatus
from webapp.contacts.routes import IMPORT, IMPORTS, blueprint, database_or_404
from webapp.services import services
from webapp.web import csv_file, htmx
from webapp.web.security import takes_file


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
            importing.refuse_too_many(session, database.client_id)
    except UnreadableFile as error:
        return _refused_file(database, str(error))
    return htmx.go_to(url("import_reading" if job.has_reading_choice else "import_columns", database, job))


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


def _file_form(database: UserDatabase, error: str) -> dict[str, object]:
    return {"database": database, "limits": services().settings, "words": texts, "error": error}


def _refused_file(database: UserDatabase, error: str) -> Response:
    page = "contacts/imports/_file_form.html" if htmx.is_htmx() else "contacts/imports/new_import.html"
    return make_response(render_template(page, **_file_form(database, error)), 422)
