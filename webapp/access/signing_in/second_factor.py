"""The second factor of an operator: switched on by a first code, then asked for at every sign-in.

A code works once: the half minute it belongs to is kept, and it and all before it are refused afterwards.
Ten recovery codes stand in for a lost phone; each works once and only a keyed hash of it is kept.
"""

import secrets
from base64 import b32decode
from enum import Enum

from sqlmodel import Session, col, delete, func, select, update

from webapp import clock, data_keys, db
from webapp.access.models import Operator, RecoveryCode, SecondFactor, seal_purpose
from webapp.access.signing_in import throttle, totp
from webapp.access.signing_in.keys import lasting_hash
from webapp.services import services
from webapp.values.identifiers import ALPHABET

RECOVERY_CODES = 10
_GROUPS, _GROUP = 3, 4  # "k7mq-2xwd-p9ah": 31¹² ≈ 2⁵⁹, tried at most 50 times a day


class Given(Enum):
    """The kind of code that somebody gave."""

    NOTHING = "nothing"
    CODE = "code"
    RECOVERY = "recovery"


def begin(session: Session, operator: Operator) -> None:
    """A new secret that does not count yet; an older one that was never confirmed is thrown away."""
    if is_on(session, operator):
        return
    operator_id = db.saved_id(operator)
    session.execute(delete(SecondFactor).where(col(SecondFactor.operator_id) == operator_id))
    secret = totp.base32(secrets.token_bytes(totp.SECRET_BYTES))
    sealed = services().seal.close(secret, seal_purpose(operator_id))
    session.add(SecondFactor(operator_id=operator_id, secret=sealed))


def secret_to_show(session: Session, operator: Operator) -> bytes | None:
    """The secret that waits to be confirmed; None when there is none or it counts already."""
    factor = session.get(SecondFactor, db.saved_id(operator))
    return None if factor is None or factor.confirmed_at is not None else _opened(factor)


def confirm(session: Session, operator: Operator, code: str) -> list[str] | None:
    """Switch it on if *code* is the phone's, and return the recovery codes; otherwise None."""
    factor = session.get(SecondFactor, db.saved_id(operator))
    if factor is None or factor.confirmed_at is not None or not _use_code(session, factor, _tidy(code)):
        return None
    session.execute(
        update(SecondFactor)
        .where(col(SecondFactor.operator_id) == factor.operator_id)
        .values(confirmed_at=clock.now())
    )
    return new_recovery_codes(session, operator)


def is_on(session: Session, operator: Operator) -> bool:
    factor = session.get(SecondFactor, db.saved_id(operator))
    return factor is not None and factor.confirmed_at is not None


def check(session: Session, operator: Operator, text: str) -> Given:
    """Whether *text* is a code of the phone or a recovery code; either way it is used up."""
    factor, code = session.get(SecondFactor, db.saved_id(operator)), _tidy(text)
    if factor is None or factor.confirmed_at is None:
        return Given.NOTHING
    if _use_code(session, factor, code):
        return Given.CODE
    used = delete(RecoveryCode).where(
        col(RecoveryCode.operator_id) == operator.id,
        col(RecoveryCode.code_hash) == _recovery_hash(db.saved_id(operator), code),
    )
    return Given.RECOVERY if session.connection().execute(used).rowcount == 1 else Given.NOTHING


def new_recovery_codes(session: Session, operator: Operator) -> list[str]:
    """Ten new ones in place of those there were: they can be shown now and never again."""
    operator_id = db.saved_id(operator)
    session.execute(delete(RecoveryCode).where(col(RecoveryCode.operator_id) == operator_id))
    codes = [_new_recovery_code() for _ in range(RECOVERY_CODES)]
    session.add_all(
        RecoveryCode(operator_id=operator_id, code_hash=_recovery_hash(operator_id, _tidy(code)))
        for code in codes
    )
    return codes


def recovery_codes_left(session: Session, operator: Operator) -> int:
    return session.exec(select(func.count()).where(RecoveryCode.operator_id == operator.id)).one()


def switch_off(session: Session, operator: Operator) -> None:
    for table in (RecoveryCode, SecondFactor):
        session.execute(delete(table).where(col(table.operator_id) == db.saved_id(operator)))


def attempt(session: Session, operator: Operator) -> int:
    """Take note that a code is tried; how many seconds it must wait, 0 when it may be looked at."""
    return throttle.try_once(session, (_throttle_key(operator), throttle.CODE))


def forgive(session: Session, operator: Operator) -> None:
    """The code was right: the wrong ones before it count no more."""
    throttle.forget(session, _throttle_key(operator))


def _use_code(session: Session, factor: SecondFactor, code: str) -> bool:
    """The UPDATE lets one of two who give the same code at once through, and the other not."""
    step = totp.matching_step(_opened(factor), code, clock.epoch(), factor.last_step)
    if step is None:
        return False
    used = (
        update(SecondFactor)
        .where(col(SecondFactor.operator_id) == factor.operator_id, col(SecondFactor.last_step) < step)
        .values(last_step=step)
    )
    return session.connection().execute(used).rowcount == 1


def _opened(factor: SecondFactor) -> bytes:
    text = services().seal.open(factor.secret, seal_purpose(factor.operator_id))
    return b32decode(text)


def _new_recovery_code() -> str:
    letters = [secrets.choice(ALPHABET) for _ in range(_GROUPS * _GROUP)]
    return "-".join("".join(letters[start : start + _GROUP]) for start in range(0, len(letters), _GROUP))


def _recovery_hash(operator_id: int, code: str) -> str:
    return lasting_hash(data_keys.RECOVERY, f"{operator_id}:{code}")


def _tidy(text: str) -> str:
    """As typed by people: with spaces, hyphens or capitals."""
    return "".join(text.split()).replace("-", "").lower()


def _throttle_key(operator: Operator) -> str:
    return throttle.key("code", str(operator.id))
