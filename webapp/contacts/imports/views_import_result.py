"""The fourth step of an import: its progress, its result, and what can be asked of it then."""

from flask import Response, make_response, render_template
from sqlmodel import Session

from webapp import clock, db, workers
from webapp.access.current import current_operator, may
from webapp.access.models import Role
from webapp.access.trail.audit import Action, record_alone
from webapp.contacts import consent_words, texts
from webapp.contacts.imports import alerts, import_pace, import_undo, importing
from webapp.contacts.imports import rejected_rows as rejected
from webapp.contacts.imports.import_pages import audit_detail, find, url
from webapp.contacts.imports.import_run import BLOCK_ROWS
from webapp.contacts.imports.screens import quality
from webapp.contacts.models import UserDatabase
from webapp.contacts.models_imports import ContactImport, ImportStatus
from webapp.contacts.routes import IMPORT, blueprint
from webapp.contacts.store.row_converter import ERASED
from webapp.web import csv_file, htmx

POLL_S = 2
RUNNING = (ImportStatus.QUEUED, ImportStatus.RUNNING, ImportStatus.UNDOING)


@blueprint.get(IMPORT)
def import_result(database_id: str, import_id: str) -> Response:
    with db.reading() as session:
        database, job = find(session, database_id, import_id)
        if job.status == ImportStatus.DRAFT and may(Role.MARKETER):
            return htmx.go_to(url("import_columns", database, job))
        return make_response(
            render_template("contacts/imports/import.html", **_result(session, database, job))
        )


@blueprint.get(f"{IMPORT}/avanzamento")
def import_progress(database_id: str, import_id: str) -> str:
    with db.reading() as session:
        database, job = find(session, database_id, import_id)
        return render_template("contacts/imports/_import_result.html", **_result(session, database, job))


@blueprint.post(f"{IMPORT}/ferma")
def stop_import(database_id: str, import_id: str) -> Response:
    with db.reading() as session:
        database, job = find(session, database_id, import_id)
    importing.stop(db.saved_id(job))
    return htmx.go_to(url("import_result", database, job))


@blueprint.get(f"{IMPORT}/annulla")
def confirm_undo(database_id: str, import_id: str) -> str | Response:
    with db.reading() as session:
        database, job = find(session, database_id, import_id)
        if job.status not in import_undo.ENDED:
            return htmx.go_to(url("import_result", database, job))
        refused = import_undo.refusal(session, job)
        return render_template(
            "contacts/imports/undo_import.html", database=database, job=job, refused=refused, words=texts
        )


@blueprint.post(f"{IMPORT}/annulla")
def undo_import(database_id: str, import_id: str) -> Response:
    with db.reading() as session:
        database, job = find(session, database_id, import_id)
    answer = htmx.go_to(url("import_result", database, job))
    if why := importing.undo(db.saved_id(job), current_operator().name):
        return htmx.notice(answer, why, "err")
    return answer


@blueprint.get(f"{IMPORT}/scarti.csv")
def rejected_rows(database_id: str, import_id: str) -> Response:
    with db.reading() as session:
        database, job = find(session, database_id, import_id)
    record_alone(
        Action.FILE_DOWNLOADED,
        on=f"righe scartate di {job.file_name}",
        detail=audit_detail(database, job),
        client_id=database.client_id,
    )
    return csv_file.download(rejected.csv_rows(job), f"righe-scartate-{job.public_id}.csv")


def _result(session: Session, database: UserDatabase, job: ContactImport) -> dict[str, object]:
    runs = job.status in RUNNING
    has_ended = job.status in import_undo.ENDED and job.rows_new + job.rows_updated > 0
    folds = quality.folds_of_tally(job.tally)
    reasons = rejected.by_reason(session, job) if job.rows_rejected else []
    return {
        "database": database,
        "job": job,
        "has_ended": has_ended,
        "erased": sum(rows for reason, rows in reasons if reason == texts.row_reason(ERASED)),
        "warnings": [one for one in job.alerts if alerts.are_warnings([one])],
        "remarks": [one for one in job.alerts if not alerts.are_warnings([one])],
        "folds": folds,
        "answers": [],
        "ready": job.tally.get("sendable", 0) if job.tally else None,
        # Somebody in two blocks of the file is counted with each of them.
        "ready_at_most": job.rows_updated > 0 and job.rows_read > BLOCK_ROWS,
        "no_email": next((fold.rows for fold in folds if fold.key == "email"), 0),
        "undecided": consent_words.count_undecided(session, job.database_id) if has_ended else 0,
        "interval": POLL_S if runs else None,
        "pace": _pace(job) if job.status == ImportStatus.RUNNING else "",
        "no_worker": runs and not workers.alive(session),
        "rejected": rejected.first_rows(session, job) if not runs and may(Role.MARKETER) else [],
        "reasons": reasons,
        "may_edit": may(Role.MARKETER),
        "may_undo": has_ended and may(Role.MARKETER),
        "no_undo": import_undo.refusal(session, job) if has_ended else None,
        "words": texts,
    }


def _pace(job: ContactImport) -> str:
    seconds = (clock.now() - job.started_at).total_seconds() if job.started_at else 0
    return import_pace.words(job.rows_read, job.rows_total, seconds)
