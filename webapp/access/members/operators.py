"""Operators, created and changed from the command line and by the demo."""

from collections.abc import Iterable

from email_validator import EmailNotValidError, validate_email
from sqlmodel import Session, col, delete, select

from webapp.access.models import Client, Membership, Operator, PasswordReset, Role
from webapp.access.queries import memberships, operator_by_email
from webapp.access.signing_in import known_browsers, notices, passwords, sessions


class OperatorError(Exception):
    """Something an operator cannot be; `str()` is the Italian sentence that says what to do."""


class PasswordError(OperatorError):
    """A password that is none to choose."""


def create_operator(
    session: Session,
    email: str,
    name: str,
    password: str,
    client_name: str | None = None,
    role: Role = Role.ADMINISTRATOR,
    owner: bool = False,
) -> Operator:
    """A new login, with *role* in the client of that name (created when there is none yet).

    Raises OperatorError for an address that is no e-mail or is taken, an empty name, a weak password.
    """
    operator = Operator(
        email=_checked_email(session, email),
        name=checked_name(name),
        password_hash=_checked_hash(password, email, [name, client_name or ""]),
        is_owner=owner,
    )
    session.add(operator)
    session.flush()
    if client_name:
        enter(session, operator, client_named(session, client_name), role)
    return operator


def set_password(session: Session, email: str, password: str) -> Operator:
    """A new password for that address; every open session of theirs ends. Raises OperatorError."""
    operator = operator_by_email(session, email)
    if operator is None:
        raise OperatorError(f"Nessun operatore ha l’indirizzo {email}.")
    change_password(session, operator, password)
    return operator


def change_password(session: Session, operator: Operator, password: str) -> None:
    """A new password: every open session of theirs ends, and every link to set one. Raises PasswordError."""
    assert operator.id is not None
    names = [operator.name, *(client.name for client, _ in memberships(session, operator))]
    operator.password_hash = _checked_hash(password, operator.email, names)
    session.add(operator)
    session.execute(delete(PasswordReset).where(col(PasswordReset.operator_id) == operator.id))
    sessions.close(session, operator.id)
    known_browsers.forget(session, operator.id)
    notices.password_changed(session, operator)


def prove_address(session: Session, operator: Operator) -> None:
    """They opened a link that only who reads their mailbox has."""
    operator.has_proven_address = True
    session.add(operator)


def client_named(session: Session, name: str) -> Client:
    """The client of that name, created when there is none yet. Raises OperatorError for an empty name."""
    name = checked_name(name)
    client = session.exec(select(Client).where(Client.name == name)).first()
    if client is None:
        client = Client(name=name)
        session.add(client)
        session.flush()
    return client


def enter(session: Session, operator: Operator, client: Client, role: Role) -> None:
    """Give *operator* that role in *client*, in place of the one they had."""
    assert operator.id is not None and client.id is not None
    query = select(Membership).where(Membership.operator_id == operator.id, Membership.client_id == client.id)
    membership = session.exec(query).first()
    if membership is None:
        membership = Membership(operator_id=operator.id, client_id=client.id, role=role)
    membership.role, membership.is_active = role, True
    session.add(membership)
    session.flush()


def address_of(email: str) -> str:
    """The address as operators are kept under, in lower case. Raises OperatorError for what is none.

    Nor may it look like an encoded word (RFC 2047): a mail server would read another address, or a header.
    """
    if not email.strip():
        raise OperatorError("Scrivi un indirizzo email.")
    try:
        # An address of a reserved domain (.example, .test) is good for a login: nobody writes to it.
        found = validate_email(email.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise OperatorError(f"“{email}” non è un indirizzo email.") from None
    if "=?" in found.normalized:
        raise OperatorError(f"“{email}” non è un indirizzo email.")
    return found.normalized.lower()


def _checked_email(session: Session, email: str) -> str:
    address = address_of(email)
    if operator_by_email(session, address) is not None:
        raise OperatorError(f"C’è già un operatore con l’indirizzo {address}.")
    return address


def checked_name(name: str) -> str:
    """The name of a person or a client, without spaces too many. Raises OperatorError."""
    tidy = " ".join(name.split())
    if not tidy:
        raise OperatorError("Manca il nome.")
    if len(tidy) > 120:
        raise OperatorError("Il nome è troppo lungo: al massimo 120 caratteri.")
    if not tidy.isprintable():
        raise OperatorError("Il nome contiene un carattere che non si può scrivere.")
    return tidy


def _checked_hash(password: str, email: str, names: Iterable[str]) -> str:
    try:
        passwords.check_new(password, email, names)
    except passwords.WeakPassword as error:
        raise PasswordError(str(error)) from None
    return passwords.hash_password(password)
