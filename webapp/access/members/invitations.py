"""Inviting a colleague: a link that works once, for seven days, and of which only a keyed hash is kept."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, delete, select

from webapp import budgets, clock, mail
from webapp.access.members.operators import OperatorError, address_of, create_operator, enter, prove_address
from webapp.access.models import Client, Invitation, Membership, Operator, Role
from webapp.access.queries import operator_by_email
from webapp.access.signing_in import throttle
from webapp.access.signing_in.keys import keyed_hash, keyed_hashes, new_key
from webapp.budgets import Kind, Spent
from webapp.workers import take_turn

DAYS = 7
VALID_S = DAYS * 24 * 3600
MOST = (throttle.Limit(200, 86_400),)  # of one inviter, in all clients; of an hour: `budgets`
AT_ONCE_S = 2.0  # two presses of one button, not two wishes
_PURPOSE = "invito"


@dataclass(frozen=True)
class Pending:
    """An invitation nobody has used yet, for the page that lists them."""

    public_id: str
    email: str
    role: Role
    expires_at: datetime
    is_expired: bool
    is_orphan: bool  # the inviter administers the client no more: the link is good for nothing
    trouble: str | None = None  # why the e-mail has not left, in Italian


def invite(
    session: Session,
    client: Client,
    inviter: Operator,
    email: str,
    role: Role,
    renews: str | None = None,
    is_shown: bool = False,
) -> str:
    """The key of a new link for *email*; an earlier one for the same address stops working.

    *is_shown*: the inviter sees the link, and who enters with it has not proven to read that mailbox.

    *renews*: public id of the invitation whose link is replaced, if it is still there.
    Raises OperatorError for what is no address, is of somebody who has a role here already, or was invited a
    moment ago: the same button, pressed twice, must not take back the link it has just shown. And past the
    limit: our e-mails, with a name of the inviter's choice, are no way to write to strangers.
    """
    assert client.id is not None
    address = address_of(email)
    if not _is_first(session, client.id, address, role, renews):
        raise OperatorError(f"{address} è stato appena invitato: guarda tra gli inviti in attesa.")
    known = operator_by_email(session, address)
    if known is not None and _has_role(session, known, client):
        raise OperatorError(f"{address} fa già parte di questo spazio cliente.")
    try:
        budgets.spend(session, Kind.INVITATIONS, str(inviter.id), str(client.id))
    except Spent as spent:
        raise OperatorError(str(spent)) from spent
    if wait_s := throttle.try_once(session, (throttle.key("invite", str(inviter.id)), MOST)):
        raise OperatorError(f"Hai fatto troppi inviti. Riprova tra {-(-wait_s // 60)} minuti.")
    session.execute(
        delete(Invitation).where(col(Invitation.client_id) == client.id, col(Invitation.email) == address)
    )
    mail.forget(session, client.id, address)
    key = new_key()
    session.add(
        Invitation(
            client_id=client.id,
            email=address,
            role=role,
            key_hash=keyed_hash(_PURPOSE, key),
            expires_at=clock.epoch() + VALID_S,
            inviter_id=inviter.id,
            was_shown=is_shown,
        )
    )
    session.flush()
    return key


def pending(session: Session, client_id: int) -> list[Pending]:
    """The invitations of a client that wait, the expired ones too, by address."""
    query = (
        select(Invitation, _is_good())
        .where(Invitation.client_id == client_id)
        .order_by(col(Invitation.email))
    )
    now, troubles = clock.epoch(), mail.troubles(session, client_id)
    return [
        Pending(
            one.public_id,
            one.email,
            Role(one.role),
            datetime.fromtimestamp(one.expires_at, UTC),
            one.expires_at <= now,
            one.expires_at > now and not is_good,
            troubles.get(one.email),
        )
        for one, is_good in session.exec(query)
    ]


def one_pending(session: Session, client_id: int, public_id: str) -> Invitation | None:
    query = select(Invitation).where(Invitation.client_id == client_id, Invitation.public_id == public_id)
    return session.exec(query).first()


def revoke(session: Session, invitation: Invitation) -> bool:
    """The link works no more; False when another one has used or revoked it meanwhile."""
    gone = session.connection().execute(delete(Invitation).where(col(Invitation.id) == invitation.id))
    if gone.rowcount == 1:
        mail.forget(session, invitation.client_id, invitation.email)
    return gone.rowcount == 1


def opened_by(session: Session, key: str) -> tuple[Invitation, Client] | None:
    """The invitation of a link's key; None for a key that is wrong, used, taken back or too old.

    And once its inviter administers the client no more.
    """
    query = (
        select(Invitation, Client)
        .join(Client, col(Client.id) == Invitation.client_id)
        .where(col(Invitation.key_hash).in_(keyed_hashes(_PURPOSE, key)), _is_good())
    )
    return session.exec(query).first()


def accept_as_new(
    session: Session, invitation: Invitation, client: Client, name: str, password: str
) -> Operator:
    """A new operator with the invitation's address and role. Raises OperatorError: then nothing may stay."""
    _use(session, invitation)
    operator = create_operator(session, invitation.email, name, password)
    operator.has_proven_address = not invitation.was_shown
    session.add(operator)
    enter(session, operator, client, Role(invitation.role))
    return operator


def accept_as(session: Session, invitation: Invitation, client: Client, operator: Operator) -> None:
    """The operator whose address was invited, and who is signed in, enters the client too.

    Raises OperatorError: then nothing may stay.
    """
    if operator.email != invitation.email:
        raise OperatorError(f"Questo invito è per {invitation.email}: esci ed entra con quell’indirizzo.")
    _use(session, invitation)
    if not invitation.was_shown:  # only who reads the mailbox has the link
        prove_address(session, operator)
    enter(session, operator, client, Role(invitation.role))


def post(session: Session, client: Client, email: str, link: str, inviter: str) -> None:
    mail.post(
        session,
        email,
        f"{inviter} ti invita in “{client.name}” su Platea",
        f"Ciao,\n\n{inviter} ti invita a lavorare nello spazio cliente “{client.name}” su Platea.\n\n"
        f"Apri questo link, scegli una password ed entra:\n\n{link}\n\n"
        f"Il link vale {DAYS} giorni e funziona una volta sola. "
        "Se non ti aspettavi questo invito, ignoralo.\n",
        client.id,
    )


def _is_first(session: Session, client_id: int, address: str, role: Role, renews: str | None) -> bool:
    """Whether no other press of the same button came before: one statement decides."""
    if renews is None:
        turn = f"invite:{client_id}:{keyed_hash(_PURPOSE, address)}:{role}"
        return take_turn(session, turn, new_key(), AT_ONCE_S)
    mine = (col(Invitation.client_id) == client_id, col(Invitation.public_id) == renews)
    gone = session.connection().execute(delete(Invitation).where(*mine))
    return gone.rowcount == 1


def _use(session: Session, invitation: Invitation) -> None:
    """Use the invitation up by deleting its row, so that one link never lets two people in."""
    mine = delete(Invitation).where(col(Invitation.id) == invitation.id, _is_good())
    if session.connection().execute(mine).rowcount != 1:
        raise OperatorError("Questo invito è già stato usato, oppure non vale più.")


def _is_good() -> ColumnElement[bool]:
    """Not too old, and its inviter may still invite; each column of the invitation is the outer query's."""
    may_invite = (
        select(Operator.id)
        .join(Membership, col(Membership.operator_id) == Operator.id, isouter=True)
        .where(
            Operator.id == Invitation.inviter_id,
            Operator.is_active,
            or_(
                col(Operator.is_owner),
                and_(
                    col(Membership.client_id) == Invitation.client_id,
                    col(Membership.role) == Role.ADMINISTRATOR,
                    col(Membership.is_active),
                ),
            ),
        )
        .correlate(Invitation)
        .exists()
    )
    return and_(
        col(Invitation.expires_at) > clock.epoch(), or_(col(Invitation.inviter_id).is_(None), may_invite)
    )


def _has_role(session: Session, operator: Operator, client: Client) -> bool:
    query = select(Membership.id).where(
        Membership.operator_id == operator.id, Membership.client_id == client.id
    )
    return session.exec(query).first() is not None
