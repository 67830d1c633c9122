"""A forgotten password: ask for a link by e-mail, open it, choose a new one."""

from flask import Response, abort, make_response, redirect, render_template, request, url_for
from flask import session as cookie
from werkzeug.wrappers import Response as Answer

from webapp import db, mail
from webapp.access.members.operators import OperatorError, address_of
from webapp.access.models import Operator
from webapp.access.routes import blueprint
from webapp.access.signing_in import resets, throttle
from webapp.access.trail import audit, refusals
from webapp.access.trail.audit import Action
from webapp.services import services
from webapp.web import htmx, security

FORGOTTEN = "/accesso/password-dimenticata"
URL = "/nuova-password"
NOT_VALID = (
    "Questo link non vale: è già stato usato, è scaduto oppure è incompleto. "
    "Chiedine uno nuovo dalla pagina di accesso."
)


@blueprint.get(FORGOTTEN)
def forgotten() -> str:
    return _ask_page()


@blueprint.post(FORGOTTEN)
def ask_for_reset() -> Response | str:
    """The same answer for every address, whether it is an operator's or not."""
    email = request.form.get("email", "")
    if not mail.can_send():
        abort(404)
    try:
        address_of(email)
    except OperatorError as error:
        return make_response(_ask_page(email, {"email": str(error)}), 422)
    wait_s = resets.ask(email, security.visitor_address(), _link)
    if wait_s:
        refusals.slowed("nuova password", wait_s)
        answer = make_response(_ask_page(email, {"email": throttle.in_words(wait_s)}), 429)
        answer.headers["Retry-After"] = str(wait_s)
        return answer
    return render_template("access/signing_in/reset_asked.html", email=email.strip())


@blueprint.get(f"{URL}/<key>")
def open_reset(key: str) -> Answer:
    """The key leaves the address at once: history and who looks over a shoulder do not get it."""
    cookie["nuova_password"] = key
    return redirect(url_for("access.reset"), 303)


@blueprint.get(URL)
def reset() -> str:
    return _page(_whose())


@blueprint.post(URL)
def set_new_password() -> Response:
    operator = _whose()
    try:
        with db.writing() as session:
            if resets.use(session, _key(), request.form.get("password", "")) is None:
                abort(400, NOT_VALID)
            audit.record(session, Action.PASSWORD_CHANGED, on=operator.name, client_id=None, who=operator)
    except OperatorError as error:
        return make_response(_page(operator, {"password": str(error)}), 422)
    cookie.clear()
    return htmx.notice(htmx.go_to(url_for("access.login")), "Password cambiata. Ora entra con quella nuova.")


def _link(key: str) -> str:
    return services().settings.origin + url_for("access.open_reset", key=key)


def _key() -> str:
    return str(cookie.get("nuova_password", ""))


def _whose() -> Operator:
    with db.reading() as session:
        return resets.opened_by(session, _key()) or abort(400, NOT_VALID)


def _ask_page(email: str = "", errors: dict[str, str] | None = None) -> str:
    return render_template(
        "access/signing_in/forgotten.html", email=email, errors=errors or {}, can_send=mail.can_send()
    )


def _page(operator: Operator, errors: dict[str, str] | None = None) -> str:
    return render_template("access/signing_in/reset.html", operator=operator, errors=errors or {})
