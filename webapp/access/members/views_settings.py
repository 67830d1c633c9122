"""Screen "Impostazioni" of the open client: its name, how long rejected rows are kept, the second factor."""

from typing import NamedTuple

from flask import Response, make_response, render_template, request, url_for

from webapp import db
from webapp.access import current
from webapp.access.members import clients
from webapp.access.members.operators import OperatorError
from webapp.access.models import Client
from webapp.access.routes import blueprint
from webapp.access.trail import audit
from webapp.access.trail.audit import Action
from webapp.values.texts import ROME
from webapp.web import htmx, seen

URL = "/configura/impostazioni"
FEWEST_DAYS, MOST_DAYS = 1, 3650
LEAST_LIMIT, MOST_LIMIT = 1, 100
LIMIT_WRONG = "Scrivi una percentuale da 1 a 100."
DAYS_WRONG = "Scrivi un numero di giorni da 1 a 3650."
FIRST_YOURS = "Prima attiva il secondo fattore per te, dal tuo profilo: poi puoi chiederlo a tutti."


class Given(NamedTuple):
    """The form as it was typed."""

    name: str
    days: str
    second_factor: bool
    second_factor_for_all: bool
    limit: str


@blueprint.get(URL, endpoint="settings")
def show_settings() -> str:
    client = current.current_client()
    given = Given(
        client.name,
        str(client.retention_days),
        client.second_factor_required,
        client.second_factor_for_all,
        str(client.invalid_limit),
    )
    return _page(given, {})


@blueprint.post(URL)
def save_settings() -> Response:
    form = request.form
    for_all = "secondo_fattore_tutti" in form
    is_asked = for_all or "secondo_fattore" in form
    client = current.current_client()
    limit = form.get("soglia", str(client.invalid_limit))
    given = Given(form.get("nome", ""), form.get("giorni", ""), is_asked, for_all, limit)
    errors = _errors(client, given)
    try:
        errors = errors or _save(client, given)
    except seen.ChangedMeanwhile:
        return make_response(_page(given, {}, is_stale=True), 409)
    if errors:
        return make_response(_page(given, errors), 422)
    return htmx.notice(htmx.go_to(url_for("access.settings")), "Impostazioni salvate.")


def _errors(client: Client, given: Given) -> dict[str, str]:
    errors = {}
    if _whole(given.days, FEWEST_DAYS, MOST_DAYS) is None:
        errors["giorni"] = DAYS_WRONG
    if _whole(given.limit, LEAST_LIMIT, MOST_LIMIT) is None:
        errors["soglia"] = LIMIT_WRONG
    if given.second_factor and not client.second_factor_required and not current.has_second_factor():
        errors["secondo_fattore"] = FIRST_YOURS
    return errors


def _save(client: Client, given: Given) -> dict[str, str]:
    days = _whole(given.days, FEWEST_DAYS, MOST_DAYS)
    limit = _whole(given.limit, LEAST_LIMIT, MOST_LIMIT)
    assert days is not None and limit is not None
    try:
        with db.writing() as session:
            client = session.get_one(Client, client.id, with_for_update={"key_share": True})
            seen.refuse_unseen(*_saved(client))
            clients.rename(session, client, given.name)
            client.second_factor_required, client.retention_days = given.second_factor, days
            client.second_factor_for_all, client.invalid_limit = given.second_factor_for_all, limit
            told = {
                "secondo fattore": given.second_factor,
                "a tutti": given.second_factor_for_all,
                "giorni": days,
                "soglia": limit,
            }
            audit.record(session, Action.SETTINGS_CHANGED, on=client.name, detail=told, client_id=client.id)
    except OperatorError as error:
        return {"nome": str(error)}
    return {}


def _whole(text: str, least: int, most: int) -> int | None:
    """Digits that people here write, within reason; None for anything else."""
    tidy = text.strip()
    if not tidy.isascii() or not tidy.isdigit() or len(tidy) > 4:
        return None
    return int(tidy) if least <= int(tidy) <= most else None


def _page(given: Given, errors: dict[str, str], is_stale: bool = False) -> str:
    template = "access/members/_settings_form.html" if htmx.is_htmx() else "access/members/settings.html"
    with db.reading() as session:
        saved = _saved(session.get_one(Client, current.current_client_id()))
    return render_template(
        template, given=given, saved=saved, is_stale=is_stale, time_zone=ROME.key, errors=errors
    )


def _saved(client: Client) -> tuple[object, ...]:
    """What the form can change, as it is saved."""
    return (
        client.name,
        client.retention_days,
        client.second_factor_required,
        client.second_factor_for_all,
        client.invalid_limit,
    )
