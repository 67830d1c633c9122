"""A forgotten password: a link that sets a new one, once, within an hour; only a keyed hash of it is kept."""

from collections.abc import Callable

from sqlmodel import Session, col, delete, select

from webapp import clock, db, mail
from webapp.access.members.operators import change_password, prove_address
from webapp.access.models import Operator, PasswordReset
from webapp.access.queries import operator_by_email
from webapp.access.signing_in import throttle
from webapp.access.signing_in.keys import keyed_hash, keyed_hashes, new_key
from webapp.access.trail import audit

VALID_S = 3600
_PURPOSE = "nuova password"


def ask(email: str, address: str, link_of: Callable[[str], str]) -> int:
    """E-mail a link if the address is an operator's; returns how many seconds this visitor must wait, or 0.

    What happens for an address we do not know takes as long and looks the same. Three e-mails an hour to
    one address at most: after that nothing is sent, and nothing is said of it.
    """
    account = throttle.key("reset", email.strip())
    with db.writing() as session:
        wait_s = throttle.try_once(session, *throttle.places("reset-place", address))
        may_send = not wait_s and not throttle.try_once(session, (account, throttle.RESET))
        operator, key = operator_by_email(session, email), new_key()
        if may_send and operator is not None and operator.is_active:
            _keep(session, operator, key, was_mailed=True)
            _post(session, operator, link_of(key))
        if not wait_s:
            audit.record(session, audit.Action.RESET_ASKED, client_id=None, who=operator)
    return wait_s


def new_link(session: Session, operator: Operator) -> str:
    """The key of a new link for *operator*; an earlier one stops working."""
    key = new_key()
    _keep(session, operator, key)
    return key


def opened_by(session: Session, key: str) -> Operator | None:
    """The operator whose password the key sets; None for a key that is wrong, used, replaced or too old."""
    query = (
        select(Operator)
        .join(PasswordReset, col(PasswordReset.operator_id) == Operator.id)
        .where(
            col(PasswordReset.key_hash).in_(keyed_hashes(_PURPOSE, key)),
            PasswordReset.expires_at > clock.epoch(),
            Operator.is_active,
        )
    )
    return session.exec(query).first()


def use(session: Session, key: str, password: str) -> Operator | None:
    """Set the password, end every session and use the link up; None when it is good for nothing any more.

    Raises OperatorError for a password that is none to choose: then the link still works.
    """
    operator = opened_by(session, key)
    if operator is None:
        return None
    # Whoever deletes the row has it: one link never sets two passwords.
    mine = delete(PasswordReset).where(col(PasswordReset.key_hash).in_(keyed_hashes(_PURPOSE, key)))
    used = session.execute(mine.returning(col(PasswordReset.was_mailed))).first()
    if used is None:
        return None
    if used.was_mailed:
        prove_address(session, operator)
    change_password(session, operator, password)
    return operator


def _keep(session: Session, operator: Operator, key: str, was_mailed: bool = False) -> None:
    assert operator.id is not None
    session.execute(delete(PasswordReset).where(col(PasswordReset.operator_id) == operator.id))
    session.add(
        PasswordReset(
            operator_id=operator.id,
            key_hash=keyed_hash(_PURPOSE, key),
            expires_at=clock.epoch() + VALID_S,
            was_mailed=was_mailed,
        )
    )


def _post(session: Session, operator: Operator, link: str) -> None:
    mail.post(
        session,
        operator.email,
        "Scegli una nuova password per Platea",
        f"Ciao, {operator.name},\n\n"
        "qualcuno, forse tu, ha chiesto una nuova password per il tuo accesso a Platea.\n\n"
        f"Per sceglierla apri questo link entro un’ora:\n\n{link}\n\n"
        "Il link funziona una volta sola e chiude tutte le sessioni aperte. "
        "Se la richiesta non è tua, ignora questo messaggio: la password resta quella di prima.\n",
    )
