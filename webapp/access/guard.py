"""The one door: before every request, who asks is held against `policy`. Refused unless allowed."""

from typing import cast

import structlog
from flask import Response, abort, flash, redirect, request, url_for
from flask import session as cookie
from flask_login import current_user
from htmx_flask import make_response

from webapp import db
from webapp.access import current
from webapp.access.policy import Who, who_may
from webapp.access.queries import administrators
from webapp.access.signing_in import sessions
from webapp.access.trail import refusals
from webapp.web import htmx, security

SPACE_FIELD, SPACE_HEADER = "spazio", "X-Platea-Spazio"
ENDED = "La sessione è finita. Entra di nuovo: ti riportiamo dov’eri."


def let_in_or_refuse() -> Response | None:
    """To the sign-in page without an open session, 403 for less than the policy wants. Raises NoRule."""
    if request.endpoint is None:
        return None  # a 404 says nothing of anybody
    who = who_may(request.endpoint)
    if who == Who.PUBLIC:
        return None
    if not current_user.is_authenticated:
        return _to_login()
    structlog.contextvars.bind_contextvars(operator=current.current_operator().public_id)
    if not htmx.is_htmx():
        sessions.note_visit()
    if current.rank() < who:
        return _refused()
    return None


def refuse_another_space() -> None:
    """409 for a form that was opened for another client than the one whose pages are open now.

    The open client stands in the cookie that all tabs share; a form says for whom it was opened. To be asked
    once the form may be read. What belongs to no client (oneself, the installation) is not held against it.
    """
    if request.method in security.SAFE_METHODS or request.endpoint is None:
        return
    if not Who.OPERATOR < who_may(request.endpoint) < Who.OWNER:
        return
    opened_for = {request.form.get(SPACE_FIELD), request.headers.get(SPACE_HEADER)} - {None, ""}
    if opened_for - {current.current_client().public_id}:
        abort(409, _opened_for(cast(set[str], opened_for)))


def _opened_for(public_ids: set[str]) -> str:
    now = current.current_client()
    names = {client.public_id: client.name for client in current.clients()}
    other = next((names[one] for one in public_ids - {now.public_id} if one in names), None)
    whose = f"lo spazio “{other}”" if other else "un altro spazio cliente"
    back = f" Per continuare lì, riapri “{other}” dal menu." if other else ""
    return (
        f"Questa pagina era aperta per {whose}, ma ora è aperto “{now.name}”: non abbiamo cambiato nulla."
        f"{back} Per lavorare su “{now.name}”, ricarica la pagina."
    )


def _refused() -> Response:
    if not current.must_switch_on_second_factor():
        if current.spaces():
            refusals.not_allowed()
        abort(403, _whom_to_ask())
    return htmx.go_to(url_for("access.second_factor"))


def _to_login() -> Response:
    """To the sign-in page and back here afterwards; from a fragment or a form, back to the page around it."""
    is_visit = request.method in security.SAFE_METHODS and not htmx.is_htmx()
    page = security.local_path(security.this_page()) if is_visit else security.page_around()
    url = url_for("access.login", dopo=page if page != url_for("home.overview") else None)
    if sessions.has_ended() or not is_visit:  # who sends a form was in, whatever became of the cookie
        cookie.clear()
        flash(ENDED, "warn")
    if htmx.is_htmx():
        answer: Response = make_response("", 401, redirect=url)
        return answer
    return cast(Response, redirect(url, 303))


def _whom_to_ask() -> str:
    client = current.current_client()
    assert client.id is not None
    with db.reading() as session:
        names = administrators(session, client.id)
    sentence = "Il tuo ruolo non permette questa operazione."
    return f"{sentence} Chiedi a chi amministra lo spazio: {', '.join(names)}." if names else sentence
