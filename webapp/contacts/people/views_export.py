"""The page of an export that a worker makes, and its file."""

from collections.abc import Iterator

from flask import Response, abort, render_template
from sqlmodel import Session

from webapp import db, sealed_files, workers
from webapp.access.trail import audit
from webapp.access.trail.audit import Action
from webapp.contacts.models import UserDatabase
from webapp.contacts.models_exports import ContactExport, ExportStatus
from webapp.contacts.people import large_export
from webapp.contacts.routes import EXPORT, blueprint, database_or_404
from webapp.crypto import CannotOpen
from webapp.values.identifiers import looks_like_public_id

POLL_S = 3
GONE = "Questo file non c’è più: torna ai contatti ed esportali di nuovo."


@blueprint.get(EXPORT, endpoint="export")
def show_export(database_id: str, export_id: str) -> str:
    return _shown("contacts/people/export.html", database_id, export_id)


@blueprint.get(f"{EXPORT}/stato")
def export_state(database_id: str, export_id: str) -> str:
    return _shown("contacts/people/_export_state.html", database_id, export_id)


@blueprint.get(f"{EXPORT}/file.csv")
def export_file(database_id: str, export_id: str) -> Response:
    """Sent as it is opened, piece by piece."""
    with db.reading() as session:
        database, job = _found(session, database_id, export_id)
    if job.status != ExportStatus.READY:
        abort(404, GONE)
    pieces = large_export.content(job)
    try:
        first = next(pieces, b"")
    except (FileNotFoundError, sealed_files.Damaged, CannotOpen):
        abort(404, GONE)

    with db.writing() as session:  # each time it leaves
        audit.record(
            session,
            Action.CONTACTS_EXPORTED,
            job.filter_name or database.name,
            {"database": database.public_id, "export": job.public_id},
            client_id=database.client_id,
        )

    def whole() -> Iterator[bytes]:
        yield first
        yield from pieces

    answer = Response(whole(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{job.file_name}"'
    answer.headers["Cache-Control"] = "no-store"
    answer.content_length = job.size_bytes
    return answer


def _shown(template: str, database_id: str, export_id: str) -> str:
    with db.reading() as session:
        database, job = _found(session, database_id, export_id)
        waits = job.status in (ExportStatus.QUEUED, ExportStatus.RUNNING)
        return render_template(
            template,
            database=database,
            job=job,
            interval=POLL_S if waits else None,
            no_worker=waits and not workers.alive(session),
            until=job.created_at + large_export.LIVES,
        )


def _found(session: Session, database_id: str, export_id: str) -> tuple[UserDatabase, ContactExport]:
    database = database_or_404(session, database_id)
    found = large_export.one_of(session, database, export_id) if looks_like_public_id(export_id) else None
    return database, found or abort(404, GONE)
