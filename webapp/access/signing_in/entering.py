"""The last step of every way in: told in the audit trail, a new session, on to the page that was wanted."""

from flask import Response, url_for
from sqlalchemy import update
from sqlmodel import col

from webapp import clock, db
from webapp.access.models import Operator
from webapp.access.signing_in import second_factor, sessions
from webapp.access.trail import audit
from webapp.web import htmx, security


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
    sessions.open_for(operator)
    return to_page(after)


def to_page(after: str | None) -> Response:
    return htmx.go_to(security.local_path(after) or url_for("home.overview"))
