"""The password again before a file leaves: then back to the page around it, where it waits."""

from flask import Response, request, url_for

from webapp.access import fresh_guard
from webapp.access.routes import blueprint
from webapp.web import htmx, security

READY = "Password confermata: ora puoi scaricare il file."


@blueprint.post("/profilo/conferma")
def confirm_password() -> Response:
    back = security.local_path(request.form.get("dopo")) or url_for("home.overview")
    page = request.form.get("pagina", "")
    page = page if page in fresh_guard.ASKED_FOR else ""
    refused = fresh_guard.give(request.form.get(fresh_guard.PASSWORD, ""), page)
    if refused is not None:
        return fresh_guard.page_for_file(page, back, refused)
    return htmx.notice(htmx.go_to(back), READY)
