"""An open session: a random key in a signed cookie, and a row of ours that says whose it is and since when.

It ends 8 hours after the last page, 30 minutes for who administers something; 12 hours after the sign-in
whatever happens; and when its row goes: sign-out, "chiudi", new password, deactivation. A page that updates
by itself does not count as a visit. Signing in always makes a new key.
"""

from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from flask import request
from flask import session as cookie
from flask_login import UserMixin, current_user, logout_user
from sqlalchemy import delete, update
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col, select

from webapp import clock, db
from webapp.access.models import Client, OpenSession, Operator, Role, SecondFactor
from webapp.access.queries import spaces
from webapp.access.signing_in.browsers import browser_name
from webapp.access.signing_in.keys import keyed_hash, keyed_hashes, new_key
from webapp.access.trail.audit import shortened
from webapp.services import services

IDLE_S = 8 * 3600
ADMINISTRATOR_IDLE_S = 30 * 60
ABSOLUTE_S = 12 * 3600
CODE_WITHIN_S = 10 * 60  # between the password and the code of the second factor
NOTED_EVERY_S = 60  # a visit writes at most once a minute
LIFETIME = timedelta(seconds=ABSOLUTE_S)
_KEY = "_user_id"  # where Flask-Login looks for what it gives to `visitor`
_PURPOSE = "sessione"  # of the keyed hash
_CARRIED = ("invito",)  # what the cookie keeps through a sign-in

log = structlog.get_logger(__name__)


@dataclass(eq=False)
class Visitor(UserMixin):  # type: ignore[misc] # Flask-Login has no types
    """The visitor: the operator, the clients they may enter with their role in each, the open session."""

    operator: Operator
    session: OpenSession
    spaces: list[tuple[Client, Role]] = field(default_factory=list)
    has_second_factor: bool = False

    @property
    def administers(self) -> bool:
        return self.operator.is_owner or any(role == Role.ADMINISTRATOR for _, role in self.spaces)

    @property
    def lacks_second_factor(self) -> bool:
        """Whether the installation or a client of theirs wants a second factor and they have none.

        Then nothing else is open: who may enter several clients takes it into all of them.
        """
        wanted = services().settings.second_factor_for_all or any(
            client.second_factor_for_all or (client.second_factor_required and role == Role.ADMINISTRATOR)
            for client, role in self.spaces
        )
        return wanted and not self.has_second_factor


def visitor(key: str) -> Visitor | None:
    """Flask-Login's loader: who the key of a cookie stands for, None when that session has ended."""
    with db.reading() as session:
        found = _row(session, key)
        if found is None or found[0].waits_for_code:
            return None
        row, operator, has_factor = found
        visiting = Visitor(operator, row, spaces(session, operator), has_factor)
    return visiting if _left_s(visiting) >= 0 else None


def open_for(operator: Operator, waits_for_code: bool = False) -> None:
    """Sign in with a new key: nothing of the old cookie survives (session fixation), nor its session."""
    carried = {name: cookie[name] for name in _CARRIED if name in cookie}
    before, key = cookie.get(_KEY, ""), new_key()
    with db.writing() as session:
        session.execute(delete(OpenSession).where(col(OpenSession.key_hash).in_(_hashes(before))))
        session.execute(delete(OpenSession).where(col(OpenSession.opened_at) < clock.epoch() - ABSOLUTE_S))
        row = _new_row(operator, key, waits_for_code)
        session.add(row)
    cookie.clear()
    cookie.permanent = True
    cookie.update(carried)
    cookie[_KEY] = key


def half_open() -> Operator | None:
    """The operator who gave the right password in this browser and still owes the second factor."""
    with db.reading() as session:
        found = _row(session, cookie.get(_KEY, ""))
    if found is None or not found[0].waits_for_code:
        return None
    return found[1] if found[0].opened_at > clock.epoch() - CODE_WITHIN_S else None


def has_ended() -> bool:
    """Whether this browser holds the key of a session that is over; not of one that owes its code."""
    return _KEY in cookie and not current_user.is_authenticated and half_open() is None


def close_this(session: Session) -> None:
    """Sign out of this browser."""
    session.execute(delete(OpenSession).where(col(OpenSession.key_hash).in_(_hashes(cookie.get(_KEY, "")))))
    logout_user()
    cookie.clear()


def close(session: Session, operator_id: int, public_id: str | None = None, keep: int | None = None) -> int:
    """End that session of the operator, or all of theirs but *keep*; returns how many."""
    ended = delete(OpenSession).where(col(OpenSession.operator_id) == operator_id)
    if public_id is not None:
        ended = ended.where(col(OpenSession.public_id) == public_id)
    if keep is not None:
        ended = ended.where(col(OpenSession.id) != keep)
    return int(session.connection().execute(ended).rowcount)


def open_sessions(session: Session, operator_id: int) -> list[OpenSession]:
    """Where the operator is signed in, newest visit first."""
    query = select(OpenSession).where(
        OpenSession.operator_id == operator_id,
        col(OpenSession.waits_for_code).is_(False),
        OpenSession.opened_at > clock.epoch() - ABSOLUTE_S,
    )
    return list(session.exec(query.order_by(col(OpenSession.seen_at).desc())))


def left_s() -> float:
    """How many seconds this session still has if nobody visits another page."""
    return _left_s(current_user) if current_user.is_authenticated else 0


def note_visit() -> None:
    """Write that a page was visited; a database that cannot be written to now is no reason to show none."""
    row, now = current_user.session, clock.epoch()
    if now - row.seen_at <= NOTED_EVERY_S:
        return
    try:
        with db.writing() as session:
            session.execute(update(OpenSession).where(col(OpenSession.id) == row.id).values(seen_at=now))
    except OperationalError as error:
        log.warning("visita non annotata", error=type(error.orig).__name__)


def prove(session: Session, row: OpenSession) -> None:
    """The password was given again in this session."""
    proven = update(OpenSession).where(col(OpenSession.id) == row.id).values(proven_at=clock.epoch())
    session.execute(proven)


def was_proven_within(row: OpenSession, seconds: float) -> bool:
    """Whether somebody signed in or gave their password here no longer ago; not in a time still to come."""
    at = max(row.opened_at, row.proven_at or 0)
    return clock.epoch() - seconds < at <= clock.epoch() + clock.SLACK_S


def _hashes(key: str) -> list[str]:
    return keyed_hashes(_PURPOSE, key)


def _row(session: Session, key: str) -> tuple[OpenSession, Operator, bool] | None:
    """The session of that key, whose it is, whether they have a second factor: every request asks."""
    query = (
        select(OpenSession, Operator, col(SecondFactor.confirmed_at).is_not(None))
        .join(Operator, col(Operator.id) == OpenSession.operator_id)
        .join(SecondFactor, col(SecondFactor.operator_id) == Operator.id, isouter=True)
        .where(col(OpenSession.key_hash).in_(_hashes(key)), Operator.is_active)
    )
    return session.exec(query).first()


def _new_row(operator: Operator, key: str, waits_for_code: bool) -> OpenSession:
    assert operator.id is not None
    now = clock.epoch()
    return OpenSession(
        operator_id=operator.id,
        key_hash=keyed_hash(_PURPOSE, key),
        waits_for_code=waits_for_code,
        opened_at=now,
        seen_at=now,
        browser=browser_name(request.user_agent.string),
        address=shortened(request.remote_addr),
    )


def _left_s(visiting: Visitor) -> float:
    idle_s = ADMINISTRATOR_IDLE_S if visiting.administers else IDLE_S
    row = visiting.session
    return min(row.seen_at + idle_s, row.opened_at + ABSOLUTE_S) - clock.epoch()
