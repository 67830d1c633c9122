"""Buttons of an upload: stop it, go on with it, send what is missing, do it again.

Each is a form that posts.
"""

from flask import Response, render_template, url_for
from htmx_flask import make_response

from webapp import db
from webapp.access.current import current_client_id, current_operator, may
from webapp.access.models import Role
from webapp.uploads import commands, idempotency, to_check
from webapp.uploads.screens import queries, texts
from webapp.uploads.screens.lookups import upload_or_404
from webapp.uploads.screens.routes import blueprint
from webapp.uploads.screens.rows import UploadRow
from webapp.values.texts import plural
from webapp.web import htmx

CHANGED = "refresh"  # live fragments listen to it and ask again (static/app.js)
REPEAT_S = 10.0  # between two clicks on "carica di nuovo" that are one request

ONLY_ADMINISTRATORS = (
    "Questo caricamento comprendeva anche chi ha detto no: può ripeterlo solo un amministratore. "
    "Puoi caricare gli utenti di nuovo scegliendo a chi inviare."
)
REFUSED_WITHOUT_REASON = (
    "Questo caricamento comprendeva anche chi ha detto no, senza un motivo scritto: "
    "carica gli utenti di nuovo scegliendo a chi inviare."
)
REPLACED = (
    "Sostituire il contenuto di una custom audience va confermato ogni volta: "
    "carica gli utenti di nuovo scegliendo “Sostituisci”."
)


@blueprint.get("/caricamenti/<upload_id>/ferma")
def confirm_stop(upload_id: str) -> str | Response:
    """The question as a page, for browsers without JavaScript; with it, a dialog asks."""
    row = upload_or_404(upload_id)
    if row.is_final:
        return _to_detail(row.public_id)
    return render_template("uploads/screens/detail/stop.html", row=row, words=texts)


@blueprint.post("/caricamenti/<upload_id>/ferma")
def stop(upload_id: str) -> Response:
    row = upload_or_404(upload_id)
    if commands.stop_upload(row.id):
        return _done(row, f"“{row.audience_name}”: il caricamento si ferma.")
    return _done(row, f"“{row.audience_name}”: il caricamento era già finito.")


@blueprint.post("/caricamenti/<upload_id>/riprendi")
def resume(upload_id: str) -> Response:
    row = upload_or_404(upload_id)
    if commands.resume_upload(row.id):
        return _done(row, f"“{row.audience_name}”: il caricamento riprende.")
    return _done(row, f"“{row.audience_name}”: il caricamento non era in pausa.")


@blueprint.post("/caricamenti/<upload_id>/conferma")
def confirm_removal(upload_id: str) -> Response:
    """Somebody has read how many would leave the audience."""
    row = upload_or_404(upload_id)
    if commands.confirm_removal(row.id):
        return _done(row, f"“{row.audience_name}”: confermato, il caricamento prosegue.")
    return _done(row, f"“{row.audience_name}”: il caricamento non aspettava una conferma.")


@blueprint.post("/caricamenti/<upload_id>/riprova")
def retry(upload_id: str) -> Response:
    """Send only what is missing; a second click finds the upload back in the queue."""
    row = upload_or_404(upload_id)
    if not row.is_final:
        return _done(row, f"“{row.audience_name}”: parte solo ciò che manca.")
    try:
        again = commands.retry_upload(row.id, current_operator().name)
    except commands.Gone as gone:
        return htmx.notice(_to_detail(row.public_id), str(gone), "err")
    if again:
        return _done(row, f"“{row.audience_name}”: parte solo ciò che manca.")
    return _done(row, f"“{row.audience_name}”: non manca nulla da inviare.")


@blueprint.post("/caricamenti/<upload_id>/visto")
def see(upload_id: str) -> Response:
    """It ended badly, and nothing more has to be done about it."""
    row = upload_or_404(upload_id)
    to_check.see(row.client_id, current_operator().name, row.id)
    return _done(row, f"“{row.audience_name}”: visto. Resta nello storico.")


@blueprint.post("/caricamenti/visti")
def see_all() -> Response:
    """The same of all uploads of the open client."""
    count = to_check.see(current_client_id(), current_operator().name)
    said = f"{plural(count, 'caricamento visto', 'caricamenti visti')}: restano nello storico."
    if not htmx.is_htmx():
        return htmx.notice(htmx.go_to(url_for("uploads.monitor", stato="da-controllare")), said)
    return htmx.notice(htmx.trigger(make_response("", 204), CHANGED), said)


@blueprint.post("/caricamenti/<upload_id>/ripeti")
def repeat(upload_id: str) -> Response:
    """Start the same again; while a repeat is at work, a second click finds it instead of making another."""
    row = upload_or_404(upload_id)
    if not row.is_final:
        return htmx.notice(_to_detail(row.public_id), "Questo caricamento non è ancora finito.", "err")
    try:
        new_id = _running_repeat(row) or _start_again(row)
    except commands.Gone as gone:
        return htmx.notice(_to_detail(row.public_id), str(gone), "err")
    except commands.NotAllowed:
        return htmx.notice(_to_detail(row.public_id), ONLY_ADMINISTRATORS, "err")
    except commands.ConfirmationMissing:
        return htmx.notice(_to_detail(row.public_id), REPLACED, "err")
    except commands.ReasonMissing:
        return htmx.notice(_to_detail(row.public_id), REFUSED_WITHOUT_REASON, "err")
    return htmx.notice(_to_detail(new_id or row.public_id), "Caricamento avviato.")


def _running_repeat(row: UploadRow) -> str | None:
    with db.reading() as session:
        return queries.running_repeat(session, row.id)


def _start_again(row: UploadRow) -> str | None:
    """The number of the new upload; None when another request is just now starting it.

    Raises Gone, NotAllowed, ConfirmationMissing, ReasonMissing.
    """
    key = idempotency.IdempotencyKey(f"repeat:{row.id}", REPEAT_S)
    try:
        return commands.repeat_upload(
            row.id, current_operator().name, may_include=may(Role.ADMINISTRATOR), key=key
        ).public_id
    except idempotency.AlreadyHandled:
        return _running_repeat(row)


def _done(row: UploadRow, said: str) -> Response:
    """For htmx nothing is swapped: the lists on the page are told to ask again."""
    if not htmx.is_htmx():
        return htmx.notice(_to_detail(row.public_id), said)
    return htmx.notice(htmx.trigger(make_response("", 204), CHANGED), said)


def _to_detail(public_id: str) -> Response:
    return htmx.go_to(url_for("uploads.detail", upload_id=public_id))
