"""Screen "Impostazioni": the name of the open client, and whether administrators need a second factor."""

from flask import Response, make_response, render_template, request, url_for

from webapp import db, htmx
from webapp.access import audit, clients, current
from webapp.access.audit import Action
from webapp.access.operators import OperatorError
from webapp.access.routes import blueprint
from webapp.texts import ROME

URL = "/configura/impostazioni"
FIRST_YOURS = "Prima attiva il secondo fattore per te, dal tuo profilo: poi puoi chiederlo a tutti."


@blueprint.get(URL, endpoint="settings")
def show_settings() -> str:
    client = current.current_client()
    return _page(client.name, client.second_factor_required, {})


@blueprint.post(URL)
def save_settings() -> Response:
    name, wanted = request.form.get("nome", ""), "secondo_fattore" in request.form
    client = current.current_client()
    if wanted and not client.second_factor_required and not current.has_second_factor():
        return make_response(_page(name, wanted, {"secondo_fattore": FIRST_YOURS}), 422)
    try:
        with db.writing() as session:
            client = session.merge(client)
            clients.rename(session, client, name)
            client.second_factor_required = wanted
            audit.record(session, Action.SETTINGS_CHANGED, on=client.name, detail={"secondo fattore": wanted})
    except OperatorError as error:
        return make_response(_page(name, wanted, {"nome": str(error)}), 422)
    return htmx.notice(htmx.go_to(url_for("access.settings")), "Impostazioni salvate.")


def _page(name: str, wanted: bool, errors: dict[str, str]) -> str:
    template = "access/_settings_form.html" if htmx.is_htmx() else "access/settings.html"
    return render_template(template, name=name, wanted=wanted, time_zone=ROME.key, errors=errors)
