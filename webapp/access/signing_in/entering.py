"""The last step of every way in: told in the audit trail, a new session, on to the page that was wanted."""

from flask import Response, request, url_for
from sqlalchemy import update
from sqlmodel import col

from webapp import clock, db
from webapp.access.models import Operator
from webapp.access.signing_in import authentication, known_browsers, notices, second_factor, sessions
from webapp.access.signing_in.browsers import browser_name
from webapp.access.trail import audit, refusals
from webapp.web import htmx, security


def try_password(email: str, password: str) -> Operator | authentication.SignInRefused:
    """`authentication.sign_in`, tried by the visitor of this request."""
    tried = authentication.sign_in(email, password, security.visitor_address(), known_browsers.key())
    if isinstance(tried, authentication.SignInRefused) and tried.wait_s:
        refusals.slowed("accesso", tried.wait_s)
    return tried


def after_password(operator: Operator, after: str | None) -> Response:
    """In, or first to the page that asks for the second factor."""
    with db.reading() as session:
        owes_code = second_factor.is_on(session, operator)
    if not owes_code:
        return enter(operator, after)
    sessions.open_for(operator, waits_for_code=True)
    return htmx.go_to(url_for("access.second_step", dopo=security.local_path(after)))


def enter(operator: Operator, after: str | None) -> Response:
    with db.writing() as session:
        session.execute(
            update(Operator).where(col(Operator.id) == operator.id).values(entered_at=clock.now())
        )
        audit.record(session, audit.Action.SIGNED_IN, client_id=None, who=operator)
        is_new = known_browsers.remember(session, operator)
        if is_new and operator.entered_at is not None:  # the very first time is no news to anybody
            browser = browser_name(request.user_agent.string)
            notices.signed_in(session, operator, browser, audit.shortened(request.remote_addr))
    sessions.open_for(operator)
    return to_page(after)


def to_page(after: str | None) -> Response:
    return htmx.go_to(security.local_path(after) or url_for("home.overview"))
