"""Browsers somebody has signed in with before: whoever guesses passwords elsewhere does not lock them out.

Source: OWASP, "Slow Down Online Guessing Attacks with Device Cookies". The cookie opens nothing: it only has
its attempts counted apart, and a sign-in without it is told to the person by e-mail.
"""

from flask import Response, after_this_request, request
from sqlalchemy import delete, text, update
from sqlmodel import Session, col, select

from webapp import clock, db
from webapp.access.models import KnownBrowser, Operator
from webapp.access.signing_in.keys import keyed_hashes, new_key
from webapp.services import services
from webapp.web import security

DAYS = 90  # since the last sign-in
_PURPOSE = "browser conosciuto"
_MOST = 100  # characters of a key that we look at
_ADD = text(
    "INSERT INTO known_browser (operator_id, key_hash, seen_at) VALUES (:operator_id, :key_hash, :seen_at)"
    " ON CONFLICT (operator_id, key_hash) DO NOTHING"
)


def key() -> str:
    """Of the browser that asks; "" when it has none."""
    return request.cookies.get(_name(), "")[:_MOST]


def is_known(session: Session, email: str, key: str) -> bool:
    if not key:
        return False
    query = (
        select(KnownBrowser.id)
        .join(Operator, col(Operator.id) == KnownBrowser.operator_id)
        .where(
            Operator.email == email.strip().lower(),
            col(KnownBrowser.key_hash).in_(keyed_hashes(_PURPOSE, key)),
            KnownBrowser.seen_at > _oldest(),
        )
    )
    return session.exec(query).first() is not None


def remember(session: Session, operator: Operator) -> bool:
    """The operator has signed in with the browser that asks. True when they never had, lately."""
    operator_id, own = db.saved_id(operator), key() or new_key()
    after_this_request(lambda response: _give(response, own))
    session.execute(delete(KnownBrowser).where(col(KnownBrowser.seen_at) <= _oldest()))
    newest, *former = keyed_hashes(_PURPOSE, own)
    theirs = col(KnownBrowser.operator_id) == operator_id
    known = delete(KnownBrowser).where(theirs, col(KnownBrowser.key_hash).in_(former))
    was_known = session.connection().execute(known).rowcount > 0  # before the secret was changed
    values = {"operator_id": operator_id, "key_hash": newest, "seen_at": clock.epoch()}
    is_new = session.connection().execute(_ADD, values).rowcount == 1 and not was_known
    session.execute(
        update(KnownBrowser)
        .where(theirs, col(KnownBrowser.key_hash) == newest)
        .values(seen_at=values["seen_at"])
    )
    return is_new


def forget(session: Session, operator_id: int, keep: str = "") -> None:
    """Those of the operator, but the one whose key is *keep*."""
    theirs = (
        col(KnownBrowser.operator_id) == operator_id,
        col(KnownBrowser.key_hash).not_in(keyed_hashes(_PURPOSE, keep)),
    )
    session.execute(delete(KnownBrowser).where(*theirs))


def _give(response: Response, own: str) -> Response:
    is_https = services().settings.https
    response.set_cookie(
        _name(),
        own,
        max_age=DAYS * 86_400,
        secure=is_https,
        httponly=True,
        samesite="Lax",
        path=services().settings.prefix or "/",
    )
    return response


def _name() -> str:
    return security.cookie_name("platea-browser", services().settings)


def _oldest() -> float:
    return clock.epoch() - DAYS * 86_400
