"""One's own page: who one is here, where one is signed in, and a new password."""

from flask import Response, abort, make_response, render_template, url_for

from webapp import db
from webapp.access import current
from webapp.access.forms import PasswordForm
from webapp.access.members.operators import OperatorError, set_password
from webapp.access.models import Operator
from webapp.access.routes import blueprint
from webapp.access.signing_in import entering, known_browsers, second_factor, sessions
from webapp.access.trail import audit
from webapp.access.trail.audit import Action
from webapp.values.identifiers import looks_like_public_id
from webapp.web import htmx


@blueprint.get("/profilo")
def profile() -> str:
    return _page(PasswordForm())


@blueprint.post("/profilo/password")
def change_password() -> Response:
    form = PasswordForm()
    if form.validate_on_submit() and (operator := _changed(form)):
        sessions.open_for(operator)  # all the others have ended
        with db.writing() as session:
            known_browsers.remember(session, operator)
        return _back("Password cambiata: le altre sessioni sono finite.")
    if htmx.is_htmx():
        page = render_template("access/signing_in/_password_form.html", form=form, errors=_errors(form))
        return make_response(page, 422)
    return make_response(_page(form), 422)


@blueprint.post("/profilo/sessioni/<session_id>/chiudi")
def close_session(session_id: str) -> Response:
    if not looks_like_public_id(session_id):
        abort(404)
    operator = current.current_operator()
    with db.writing() as session:
        if not sessions.close(session, db.saved_id(operator), public_id=session_id):
            abort(404)
        audit.record(
            session, Action.SESSIONS_CLOSED, on=operator.name, detail={"sessioni": 1}, client_id=None
        )
    return _back("Sessione chiusa.")


@blueprint.post("/profilo/sessioni/chiudi")
def close_other_sessions() -> Response:
    operator = current.current_operator()
    with db.writing() as session:
        count = sessions.close(session, db.saved_id(operator), keep=current.current_session().id)
        audit.record(
            session, Action.SESSIONS_CLOSED, on=operator.name, detail={"sessioni": count}, client_id=None
        )
    return _back("Le altre sessioni sono chiuse.")


def _changed(form: PasswordForm) -> Operator | None:
    """The operator with the new password, or None and the form says why not.

    The current password is asked for as at sign-in, failures counted: a computer left open is no key.
    """
    email = current.current_operator().email
    outcome = entering.try_password(email, form.attuale.data)
    if not isinstance(outcome, Operator):
        sentence = outcome.sentence if outcome.wait_s else "Non è la password che usi adesso."
        form.attuale.errors = [sentence]
        return None
    try:
        with db.writing() as session:
            operator = set_password(session, email, form.nuova.data)
            audit.record(session, Action.PASSWORD_CHANGED, on=operator.name, client_id=None)
            return operator
    except OperatorError as error:
        form.nuova.errors = [str(error)]
        return None


def _back(sentence: str) -> Response:
    return htmx.notice(htmx.go_to(url_for("access.profile")), sentence)


def _page(form: PasswordForm) -> str:
    operator = current.current_operator()
    with db.reading() as session:
        return render_template(
            "access/members/profile.html",
            form=form,
            errors=_errors(form),
            operator=operator,
            spaces=current.spaces(),
            has_second_factor=second_factor.is_on(session, operator),
            sessions=sessions.open_sessions(session, db.saved_id(operator)),
            this_session=current.current_session().id,
        )


def _errors(form: PasswordForm) -> dict[str, str]:
    return {name: sentences[0] for name, sentences in form.errors.items()}
