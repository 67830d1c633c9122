"""One's own second factor: switch it on with a first code, make new recovery codes, switch it off."""

from flask import Response, abort, make_response, render_template, request, url_for

from webapp import db
from webapp.access import current
from webapp.access.routes import blueprint
from webapp.access.signing_in import (
    authentication,
    entering,
    notices,
    qr_code,
    second_factor,
    sessions,
    throttle,
    totp,
)
from webapp.access.signing_in.second_factor import Given
from webapp.access.trail import audit
from webapp.access.trail.audit import Action
from webapp.web import htmx

URL = "/profilo/secondo-fattore"
WRONG_PASSWORD = "Non è la password che usi adesso."
WRONG_CODE = "Il codice non è giusto, oppure è già stato usato. Aspetta il prossimo e riprova."


@blueprint.get(URL, endpoint="second_factor")
def show_second_factor() -> str:
    return _page({})


@blueprint.post(URL)
def begin_second_factor() -> Response:
    """The password first: a computer left open is no way to take an account over."""
    if refusal := _password_refused():
        return make_response(_page({"password": refusal}), 422)
    with db.writing() as session:
        second_factor.begin(session, current.current_operator())
    return htmx.go_to(url_for("access.second_factor"))


@blueprint.get(f"{URL}/qr.svg")
def second_factor_qr() -> Response:
    operator = current.current_operator()
    with db.reading() as session:
        secret = second_factor.secret_to_show(session, operator)
    if secret is None:
        abort(404)
    answer = make_response(qr_code.svg(totp.address(secret, operator.email)))
    answer.mimetype = "image/svg+xml"
    return answer


@blueprint.post(f"{URL}/conferma")
def confirm_second_factor() -> Response | str:
    operator = current.current_operator()
    if refusal := _too_many_codes():
        return make_response(_page({"codice": refusal}), 422)
    with db.writing() as session:
        codes = second_factor.confirm(session, operator, request.form.get("codice", ""))
        if codes is not None:
            second_factor.forgive(session, operator)
            sessions.close(session, db.saved_id(operator), keep=current.current_session().id)
            audit.record(session, Action.TWO_FACTOR_ON, on=operator.name, client_id=None)
            notices.second_factor_on(session, operator)
    if codes is None:
        return make_response(_page({"codice": WRONG_CODE}), 422)
    return _codes_page(codes, is_new=True)


@blueprint.post(f"{URL}/codici")
def new_recovery_codes() -> Response | str:
    if errors := _refused():
        return make_response(_page(errors), 422)
    operator = current.current_operator()
    with db.writing() as session:
        codes = second_factor.new_recovery_codes(session, operator)
        audit.record(session, Action.RECOVERY_CODES_MADE, on=operator.name, client_id=None)
        notices.recovery_codes_made(session, operator)
    return _codes_page(codes, is_new=False)


@blueprint.post(f"{URL}/spegni")
def switch_off_second_factor() -> Response:
    if errors := _refused():
        return make_response(_page(errors), 422)
    operator = current.current_operator()
    with db.writing() as session:
        second_factor.switch_off(session, operator)
        audit.record(session, Action.TWO_FACTOR_OFF, on=operator.name, client_id=None)
        notices.second_factor_off(session, operator)
    return htmx.notice(htmx.go_to(url_for("access.profile")), "Secondo fattore spento.")


def _refused() -> dict[str, str]:
    """Mistakes in the password and the code that such a change asks for, by field."""
    if refusal := _password_refused():
        return {"password": refusal}
    if refusal := _too_many_codes():
        return {"codice": refusal}
    operator = current.current_operator()
    with db.writing() as session:
        if second_factor.check(session, operator, request.form.get("codice", "")) is Given.NOTHING:
            return {"codice": WRONG_CODE}
        second_factor.forgive(session, operator)
    return {}


def _password_refused() -> str:
    email, password = current.current_operator().email, request.form.get("password", "")
    outcome = entering.try_password(email, password)
    if isinstance(outcome, authentication.SignInRefused):
        return outcome.sentence if outcome.wait_s else WRONG_PASSWORD
    return ""


def _too_many_codes() -> str:
    with db.writing() as session:
        wait_s = second_factor.attempt(session, current.current_operator())
    return throttle.in_words(wait_s) if wait_s else ""


def _page(errors: dict[str, str]) -> str:
    operator = current.current_operator()
    with db.reading() as session:
        secret = second_factor.secret_to_show(session, operator)
        return render_template(
            "access/signing_in/second_factor.html",
            operator=operator,
            is_on=second_factor.is_on(session, operator),
            secret=totp.base32(secret) if secret else None,
            codes_left=second_factor.recovery_codes_left(session, operator),
            is_required=current.must_switch_on_second_factor(),
            errors=errors,
        )


def _codes_page(codes: list[str], is_new: bool) -> str:
    return render_template("access/signing_in/recovery_codes.html", codes=codes, is_new=is_new)
