"""Is this person who they say? One answer for every wrong pair, in the same words and the same time."""

from dataclasses import dataclass

import structlog

from webapp import clock, db
from webapp.access import audit, passwords, throttle
from webapp.access.models import Operator
from webapp.access.queries import operator_by_email
from webapp.services import services

log = structlog.get_logger(__name__)

WRONG = "Email o password non corrispondono. Controlla e riprova."


@dataclass(frozen=True)
class Refused:
    """Why not, in Italian; *wait_s* is above 0 when the password was not even looked at."""

    sentence: str
    wait_s: int = 0


def sign_in(email: str, password: str, address: str) -> Operator | Refused:
    """The operator when the password is theirs; the hash is renewed when our figures have changed."""
    secret = services().settings.secret_key
    keys = throttle.key(secret, "account", email), throttle.key(secret, "address", address)
    with db.writing() as session:
        wait_s = throttle.try_once(session, *keys)
    if wait_s:
        log.warning("accesso rallentato", wait_s=wait_s)
        return Refused(_too_many(wait_s), wait_s)
    with db.reading() as session:
        operator = operator_by_email(session, email)
        session.expunge_all()  # stays readable after the transaction
    known = operator if operator is not None and operator.is_active else None
    if not passwords.matches(known.password_hash if known else None, password) or known is None:
        log.warning("accesso rifiutato", operator=known.public_id if known else None)
        with db.writing() as session:
            audit.record(session, audit.Action.SIGN_IN_REFUSED, who=known)
        return Refused(WRONG)
    return _entered(known, password, *keys)


def _entered(operator: Operator, password: str, account_key: str, address_key: str) -> Operator:
    with db.writing() as session:
        throttle.forgive(session, account_key, address_key)
        operator = session.merge(operator)
        operator.entered_at = clock.now()
        if passwords.is_outdated(operator.password_hash):
            operator.password_hash = passwords.hash_password(password)
    log.info("accesso", operator=operator.public_id)
    return operator


def _too_many(wait_s: int) -> str:
    minutes = -(-wait_s // 60)
    return f"Troppi tentativi. Riprova tra {minutes} {'minuto' if minutes == 1 else 'minuti'}."
