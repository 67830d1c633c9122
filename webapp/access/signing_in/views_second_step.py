"""After the password, the code: of the phone, or one of the recovery codes."""

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from webapp import db
from webapp.access.models import Operator
from webapp.access.routes import blueprint
from webapp.access.signing_in import entering, notices, second_factor, sessions, throttle
from webapp.access.signing_in.second_factor import Given
from webapp.access.trail import audit, refusals
from webapp.access.trail.audit import Action
from webapp.web import htmx, security

URL = "/accesso/codice"
WRONG = "Il codice non è giusto, oppure è già stato usato. Aspetta il prossimo e riprova."


@blueprint.get(URL)
def second_step() -> Answer | str:
    if sessions.half_open() is None:
        return _from_the_start(request.args.get("dopo"))
    return _page(request.args.get("dopo"))


@blueprint.post(URL)
def give_code() -> Answer:
    operator, after = sessions.half_open(), request.form.get("dopo")
    if operator is None:  # it took them longer than ten minutes
        return _from_the_start(after)
    with db.writing() as session:
        wait_s = second_factor.attempt(session, operator)
    if wait_s:
        refusals.slowed("secondo fattore", wait_s, operator)
        answer = make_response(_page(after, throttle.in_words(wait_s)), 429)
        answer.headers["Retry-After"] = str(wait_s)
        return answer
    given, left = _look_at(operator, request.form.get("codice", ""))
    if given is Given.NOTHING:
        return make_response(_page(after, WRONG), 422)
    answer = entering.enter(operator, after)
    if given is Given.RECOVERY:
        return htmx.notice(answer, f"Hai usato un codice di recupero: te ne restano {left}.")
    return answer


def _look_at(operator: Operator, code: str) -> tuple[Given, int]:
    """The kind of code that was given, and how many recovery codes are left."""
    with db.writing() as session:
        given = second_factor.check(session, operator, code)
        left = second_factor.recovery_codes_left(session, operator)
        if given is not Given.NOTHING:
            second_factor.forgive(session, operator)
        if given is Given.RECOVERY:
            notices.recovery_code_used(session, operator, left)
            audit.record(
                session, Action.RECOVERY_CODE_USED, detail={"rimasti": left}, client_id=None, who=operator
            )
        if given is Given.NOTHING:
            audit.record(session, Action.SIGN_IN_REFUSED, on="secondo fattore", client_id=None, who=operator)
    return given, left


def _from_the_start(after: str | None) -> Answer:
    return redirect(url_for("access.login", dopo=security.local_path(after)), 303)


def _page(after: str | None, refusal: str = "") -> str:
    return render_template(
        "access/signing_in/second_step.html", after=security.local_path(after) or "", refusal=refusal
    )
