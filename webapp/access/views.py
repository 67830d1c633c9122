"""Enter, leave, change client; one's own page comes with them."""

from flask import Response, abort, render_template, request, url_for
from flask_login import current_user

from webapp import db
from webapp.access import current
from webapp.access.forms import LoginForm
from webapp.access.members import (
    views_clients,
    views_invitation,
    views_members,
    views_profile,
    views_settings,
)
from webapp.access.models import Operator
from webapp.access.routes import blueprint
from webapp.access.signing_in import (
    entering,
    sessions,
    views_fresh,
    views_reset,
    views_second_factor,
    views_second_step,
)
from webapp.access.signing_in.demo import ensure_demo_operator
from webapp.access.trail import audit, views_trail
from webapp.services import services
from webapp.web import htmx, security

__all__ = [
    "blueprint",
    "views_clients",
    "views_fresh",
    "views_invitation",
    "views_members",
    "views_profile",
    "views_reset",
    "views_second_factor",
    "views_second_step",
    "views_settings",
    "views_trail",
]


@blueprint.get("/accesso")
def login() -> Response | str:
    if current_user.is_authenticated:
        return entering.to_page(request.args.get("dopo"))
    return _page(LoginForm(dopo=security.local_path(request.args.get("dopo")) or ""))


@blueprint.post("/accesso")
def sign_in() -> Response | tuple[str, int] | tuple[str, int, dict[str, str]]:
    form = LoginForm()
    if not form.validate_on_submit():
        return _page(form), 422
    outcome = entering.try_password(form.email.data, form.password.data)
    if isinstance(outcome, Operator):
        return entering.after_password(outcome, form.dopo.data)
    if outcome.wait_s:
        return _page(form, outcome.sentence), 429, {"Retry-After": str(outcome.wait_s)}
    return _page(form, outcome.sentence), 422


@blueprint.post("/accesso/demo")
def enter_demo() -> Response:
    if not services().settings.demo:
        abort(404)
    with db.writing() as session:
        operator = ensure_demo_operator(session)
    return entering.after_password(operator, request.form.get("dopo"))


@blueprint.post("/uscita")
def logout() -> Response:
    with db.writing() as session:
        audit.record(session, audit.Action.SIGNED_OUT, client_id=None)
        sessions.close_this(session)
    answer = htmx.notice(htmx.go_to(url_for("access.login")), "Sei uscito.")
    answer.headers["Clear-Site-Data"] = (
        '"storage"'  # no cookies: the browser stays known; no cache: no page is kept
    )
    return answer


@blueprint.post("/spazio/<client_id>")
def choose_client(client_id: str) -> Response:
    if not current.choose(client_id):
        abort(404)
    entered = next(client for client in current.clients() if client.public_id == client_id)
    audit.record_alone(audit.Action.CLIENT_ENTERED, on=entered.name, client_id=entered.id)
    return htmx.go_to(url_for("home.overview"))


def _page(form: LoginForm, refusal: str = "") -> str:
    return render_template("access/signing_in/login.html", form=form, refusal=refusal)
