"""An open session: a signed cookie that names the operator and their epoch, and ends by itself.

It ends 8 hours after the last page (a page that updates by itself does not count as a visit), 12 hours
after the sign-in whatever happens, and when the operator's epoch grows: sign-out, new password,
deactivation. So a copied cookie is worth nothing after any of these.
"""

from datetime import timedelta

from flask import session as cookie
from flask_login import UserMixin, login_user, logout_user
from sqlalchemy import update
from sqlmodel import Session, col

from webapp import clock, db
from webapp.access.models import Client, Operator, Role
from webapp.access.queries import active_operator, spaces

IDLE_S = 8 * 3600
ABSOLUTE_S = 12 * 3600
_NOTED_EVERY_S = 60  # a visit rewrites the cookie at most once a minute


class Visitor(UserMixin):
    """Who is asking: the operator, and the clients they may enter with their role in each."""

    def __init__(self, operator: Operator, spaces: list[tuple[Client, Role]]) -> None:
        self.operator = operator
        self.spaces = spaces

    def get_id(self) -> str:
        return f"{self.operator.id}:{self.operator.session_epoch}"


def visitor(user_id: str) -> Visitor | None:
    """Flask-Login's loader: the visitor a cookie names, None when that session has ended."""
    operator_id, _, epoch = user_id.partition(":")
    with db.reading() as session:
        operator = active_operator(session, int(operator_id), int(epoch))
        found = None if operator is None else Visitor(operator, spaces(session, operator))
        session.expunge_all()  # stays readable after the transaction
    return found


def open_for(operator: Operator) -> None:
    """Sign in with a new cookie: nothing that was in the old one survives (session fixation)."""
    cookie.clear()
    cookie.permanent = True
    cookie["since"] = cookie["seen"] = clock.epoch()
    login_user(Visitor(operator, []))


def close_all(session: Session, operator: Operator) -> None:
    """Sign out, here and wherever else this operator is signed in."""
    session.execute(
        update(Operator)
        .where(col(Operator.id) == operator.id)
        .values(session_epoch=Operator.session_epoch + 1)
    )
    logout_user()
    cookie.clear()


def left_s() -> float:
    """How many seconds this session still has if nobody visits another page; below 0 it has ended."""
    return min(cookie.get("seen", 0) + IDLE_S, cookie.get("since", 0) + ABSOLUTE_S) - clock.epoch()


def has_expired() -> bool:
    return left_s() < 0


def note_visit() -> None:
    now = clock.epoch()
    if now - cookie.get("seen", 0) > _NOTED_EVERY_S:
        cookie["seen"] = now


LIFETIME = timedelta(seconds=ABSOLUTE_S)
