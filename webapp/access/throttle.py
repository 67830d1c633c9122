"""Guessing passwords made slow: 10 failures in 5 minutes, per account and per address.

Kept in the database, so that it works with several web processes and while Redis is away. An attempt is
written before the password is looked at, so that a hundred at once count as a hundred.
"""

import hashlib
import hmac

from sqlalchemy import delete, func, select
from sqlmodel import Session, col

from webapp import clock
from webapp.access.models import LoginAttempt

MAX_FAILURES = 10
WINDOW_S = 300


def key(secret_key: str, kind: str, value: str) -> str:
    """What an account or an address is counted under; says nothing of it to who reads the table."""
    return hmac.new(secret_key.encode(), f"{kind}:{value.lower()}".encode(), hashlib.sha256).hexdigest()


def try_once(session: Session, *keys: str) -> int:
    """Take note of an attempt under *keys*; returns how many seconds it must wait, 0 when it may go on."""
    now = clock.epoch()
    session.execute(delete(LoginAttempt).where(col(LoginAttempt.at) <= now - WINDOW_S))
    wait_s = max(_wait_s(session, key, now) for key in keys)
    if not wait_s:
        session.add_all(LoginAttempt(key=key, at=now) for key in keys)
    return wait_s


def forgive(session: Session, account_key: str, address_key: str) -> None:
    """The password was right: the account starts from nothing, the address takes back this attempt only.

    Otherwise one known password would open the way to guess all the others.
    """
    newest = select(func.max(LoginAttempt.id)).where(col(LoginAttempt.key) == address_key)
    mine = (col(LoginAttempt.key) == account_key) | (col(LoginAttempt.id) == newest.scalar_subquery())
    session.execute(delete(LoginAttempt).where(mine))


def _wait_s(session: Session, key: str, now: float) -> int:
    query = select(func.count(), func.min(LoginAttempt.at)).where(
        col(LoginAttempt.key) == key, col(LoginAttempt.at) > now - WINDOW_S
    )
    failures, oldest = session.execute(query).one()
    return int(oldest + WINDOW_S - now) + 1 if failures >= MAX_FAILURES else 0
