"""For support: the diagnosis of an upload, to be copied or saved, and uploads of another client's space."""

from flask import Response, abort, make_response, render_template, url_for

from webapp import clock, config, db, workers
from webapp.access import current
from webapp.access.trail.audit import Action, record_alone
from webapp.destinations import registry
from webapp.services import services
from webapp.uploads.screens import queries
from webapp.uploads.screens.detail import diagnosis, queries_detail
from webapp.uploads.screens.detail.diagnosis import SystemState
from webapp.uploads.screens.lookups import upload_or_404
from webapp.uploads.screens.routes import blueprint
from webapp.uploads.screens.rows import UploadRow
from webapp.values.identifiers import looks_like_public_id
from webapp.web import htmx


@blueprint.get("/caricamenti/<upload_id>/diagnosi", endpoint="diagnosis")
def show_diagnosis(upload_id: str) -> str:
    """The text that "Copia diagnosi" copies, to be read before it is sent; the way without JavaScript."""
    row = upload_or_404(upload_id)
    return render_template(
        "uploads/screens/detail/diagnosis.html", row=row, diagnosis=_diagnosis(row).decode()
    )


@blueprint.get("/caricamenti/<upload_id>/diagnosi.json", endpoint="diagnosis_file")
def save_diagnosis(upload_id: str) -> Response:
    row = upload_or_404(upload_id)
    record_alone(Action.FILE_DOWNLOADED, f"diagnosi-{row.number}.json", client_id=current.current_client_id())
    response = make_response(_diagnosis(row))
    response.mimetype = "application/json"
    response.headers["Content-Disposition"] = f'attachment; filename="diagnosi-{row.number}.json"'
    return response


@blueprint.post("/caricamenti/<upload_id>/apri", endpoint="open_elsewhere")
def open_elsewhere(upload_id: str) -> Response:
    """Go to an upload of any client the operator follows: its space becomes the current one."""
    if not looks_like_public_id(upload_id):
        abort(404)
    with db.reading() as session:
        its_client = next(
            (one for one in current.clients() if queries.read_one(session, db.saved_id(one), upload_id)), None
        )
    if its_client is None or not current.choose(its_client.public_id):
        abort(404)
    record_alone(Action.CLIENT_ENTERED, on=its_client.name, client_id=its_client.id)
    return htmx.go_to(url_for("uploads.detail", upload_id=upload_id))


def _diagnosis(row: UploadRow) -> bytes:
    settings, now = services().settings, clock.now()
    with db.reading() as session:
        batches = queries_detail.batches_to_look_at(session, row.id, diagnosis.MOST_BATCHES)
        events = queries_detail.raw_events(session, row.id, diagnosis.MOST_EVENTS)
        living = [
            {
                "host": one.host,
                "versione": one.version,
                "ultimo_segnale": one.seen_at.isoformat("T", "seconds"),
            }
            for one in workers.alive(session)
        ]
        session.expunge_all()  # stays readable after the transaction
    kind = db.engine().dialect.name
    on = SystemState(config.VERSION, kind, settings.demo, services().job_queue.waiting(), living)
    return diagnosis.diagnosis(row, _account_reference(row), batches, events, on, now)


def _account_reference(row: UploadRow) -> str | None:
    """The vendor's id of the account; None for one that was deleted."""
    if row.account_id is None:
        return None
    try:
        return registry.destination(row.destination).account(row.client_id, row.account_id).reference
    except LookupError:
        return None
