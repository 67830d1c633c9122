"""One's own page: who one is here, and a new password."""

from flask import Response, render_template, request, url_for

from webapp import db, htmx
from webapp.access import audit, current, sessions, signing_in
from webapp.access.forms import PasswordForm
from webapp.access.models import Operator
from webapp.access.operators import OperatorError, set_password
from webapp.access.routes import blueprint


@blueprint.get("/profilo")
def profile() -> str:
    return _page("access/profile.html", PasswordForm())


@blueprint.post("/profilo/password")
def change_password() -> Response | tuple[str, int]:
    form = PasswordForm()
    if form.validate_on_submit() and (operator := _changed(form)):
        sessions.open_for(operator)  # all the others have ended
        return htmx.notice(htmx.go_to(url_for("access.profile")), "Password cambiata.")
    template = "access/_password_form.html" if htmx.is_htmx() else "access/profile.html"
    return _page(template, form), 422


def _changed(form: PasswordForm) -> Operator | None:
    """The operator with the new password, or None and the form says why not.

    The current password is asked for as at sign-in, failures counted: a computer left open is no key.
    """
    email = current.current_operator().email
    outcome = signing_in.sign_in(email, form.attuale.data, request.remote_addr or "")
    if not isinstance(outcome, Operator):
        sentence = outcome.sentence if outcome.wait_s else "Non è la password che usi adesso."
        form.attuale.errors = [sentence]
        return None
    try:
        with db.writing() as session:
            operator = set_password(session, email, form.nuova.data)
            audit.record(session, audit.Action.PASSWORD_CHANGED, on=operator.name)
            return operator
    except OperatorError as error:
        form.nuova.errors = [str(error)]
        return None


def _page(template: str, form: PasswordForm) -> str:
    errors = {name: sentences[0] for name, sentences in form.errors.items()}
    return render_template(
        template, form=form, errors=errors, operator=current.current_operator(), spaces=current.spaces()
    )
