"""Is this person who they say? One answer for every wrong pair, in the same words and the same time."""

from dataclasses import dataclass

import structlog
from sqlalchemy import update
from sqlmodel import Session, col

from webapp import db
from webapp.access.models import Operator
from webapp.access.queries import operator_by_email
from webapp.access.signing_in import known_browsers, passwords, throttle
from webapp.access.trail import audit

log = structlog.get_logger(__name__)

WRONG = "Email o password non corrispondono. Controlla e riprova."


@dataclass(frozen=True)
class SignInRefused:
    """Why not, in Italian; *wait_s* is above 0 when the password was not even looked at."""

    sentence: str
    wait_s: int = 0


def sign_in(email: str, password: str, address: str, browser: str = "") -> Operator | SignInRefused:
    """The operator when the password is theirs; the hash is renewed when our figures have changed.

    *address*: of the visitor, "" when it cannot be known. *browser*: its key (`known_browsers`), or "".
    """
    with db.writing() as session:
        own, others = _counts(session, email, address, browser)
        wait_s = throttle.try_once(session, own, *others)
    if wait_s:
        log.warning("accesso rallentato", wait_s=wait_s)
        return SignInRefused(throttle.in_words(wait_s), wait_s)
    with db.reading() as session:
        operator = operator_by_email(session, email)
    known = operator if operator is not None and operator.is_active else None
    if not passwords.matches(known.password_hash if known else None, password) or known is None:
        log.warning("accesso rifiutato", operator=known.public_id if known else None)
        with db.writing() as session:
            audit.record(session, audit.Action.SIGN_IN_REFUSED, client_id=None, who=known)
        return SignInRefused(WRONG)
    with db.writing() as session:
        throttle.forget(session, own[0])
        for key, _ in others:
            throttle.take_back(session, key)
    return _with_new_hash(known, password) if passwords.is_outdated(known.password_hash) else known


def _counts(
    session: Session, email: str, address: str, browser: str
) -> tuple[throttle.Count, list[throttle.Count]]:
    """(the count of this account from here, all others)."""
    overall = throttle.key("overall")
    if known_browsers.is_known(session, email, browser):
        return (throttle.key("browser", f"{email} {browser}"), throttle.ACCOUNT_HERE), [(overall, ())]
    here = throttle.network(address)
    others = [(throttle.key("account", email), throttle.ACCOUNT), *throttle.places("address", address)]
    if throttle.is_full(session, overall, throttle.OVERALL):
        others.append((throttle.key("busy", here), throttle.WHEN_BUSY if here else throttle.UNTOLD))
    own = throttle.key("account and network", f"{email} {here}")
    return (own, throttle.ACCOUNT_HERE), [*others, (overall, ())]


def _with_new_hash(operator: Operator, password: str) -> Operator:
    before, renewed = operator.password_hash, passwords.hash_password(password)
    with db.writing() as session:
        session.execute(
            update(Operator)
            .where(col(Operator.id) == operator.id, col(Operator.password_hash) == before)
            .values(password_hash=renewed)
        )
    return operator
