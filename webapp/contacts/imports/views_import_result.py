"""The fourth step of an import: its progress, its result, and what can be asked of it then."""

from flask import Response, make_response, render_template
from sqlmodel import Session

from webapp import clock, db, workers
from webapp.access.current import current_operator, may
from webapp.access.models import Role
from webapp.access.trail.audit import Action, tell
from webapp.contacts import consent_words, texts
from webapp.contacts.imports import alerts, import_pace, import_undo, importing
from webapp.contacts.imports import rejected_rows as rejected
from webapp.contacts.imports.import_pages import find, told, url
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
        database, made = find(session, database_id, import_id)
        if made.status == ImportStatus.DRAFT and may(Role.MARKETER):
            return htmx.go_to(url("import_columns", database, made))
        return make_response(
            render_template("contacts/imports/import.html", **_result(session, database, made))
        )


@blueprint.get(f"{IMPORT}/avanzamento")
def import_progress(database_id: str, import_id: str) -> str:
    with db.reading() as session:
        database, made = find(session, database_id, import_id)
        return render_template("contacts/imports/_import_result.html", **_result(session, database, made))


@blueprint.post(f"{IMPORT}/ferma")
def stop_import(database_id: str, import_id: str) -> Response:
    with db.reading() as session:
        database, made = find(session, database_id, import_id)
    importing.stop(made.id or 0)
    return htmx.go_to(url("import_result", database, made))


@blueprint.get(f"{IMPORT}/annulla")
def confirm_undo(database_id: str, import_id: str) -> str | Response:
    with db.reading() as session:
        database, made = find(session, database_id, import_id)
        if made.status not in import_undo.ENDED:
            return htmx.go_to(url("import_result", database, made))
        refused = import_undo.refusal(session, made)
        return render_template(
            "contacts/imports/undo_import.html", database=database, made=made, refused=refused, words=texts
        )


@blueprint.post(f"{IMPORT}/annulla")
def undo_import(database_id: str, import_id: str) -> Response:
    with db.reading() as session:
        database, made = find(session, database_id, import_id)
    answer = htmx.go_to(url("import_result", database, made))
    if why := importing.undo(made.id or 0, current_operator().name):
        return htmx.notice(answer, why, "err")
    return answer


@blueprint.get(f"{IMPORT}/scarti.csv")
def rejected_rows(database_id: str, import_id: str) -> Response:
    with db.reading() as session:
        database, made = find(session, database_id, import_id)
    tell(Action.FILE_DOWNLOADED, on=f"righe scartate di {made.file_name}", detail=told(database, made))
    return csv_file.download(rejected.csv_rows(made), f"righe-scartate-{made.public_id}.csv")


def _result(session: Session, database: UserDatabase, made: ContactImport) -> dict[str, object]:
    runs = made.status in RUNNING
    has_ended = made.status in import_undo.ENDED and made.rows_new + made.rows_updated > 0
    folds = quality.folds_of_tally(made.tally)
    reasons = rejected.by_reason(session, made) if made.rows_rejected else []
    return {
        "database": database,
        "made": made,
        "has_ended": has_ended,
        "erased": sum(rows for reason, rows in reasons if reason == texts.row_reason(ERASED)),
        "warnings": [one for one in made.alerts if alerts.are_warnings([one])],
        "remarks": [one for one in made.alerts if not alerts.are_warnings([one])],
        "folds": folds,
        "answers": [],
        "ready": made.tally.get("sendable", 0) if made.tally else None,
        # Somebody in two blocks of the file is counted with each of them.
        "ready_at_most": made.rows_updated > 0 and made.rows_read > BLOCK_ROWS,
        "no_email": next((fold.rows for fold in folds if fold.key == "email"), 0),
        "undecided": consent_words.count_undecided(session, made.database_id) if has_ended else 0,
        "interval": POLL_S if runs else None,
        "pace": _pace(made) if made.status == ImportStatus.RUNNING else "",
        "no_worker": runs and not workers.alive(session),
        "rejected": rejected.first_rows(session, made) if not runs and may(Role.MARKETER) else [],
        "reasons": reasons,
        "may_edit": may(Role.MARKETER),
        "may_undo": has_ended and may(Role.MARKETER),
        "no_undo": import_undo.refusal(session, made) if has_ended else None,
        "words": texts,
    }


def _pace(made: ContactImport) -> str:
    seconds = (clock.now() - made.started_at).total_seconds() if made.started_at else 0
    return import_pace.words(made.rows_read, made.rows_total, seconds)
