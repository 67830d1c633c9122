"""The clients of an installation: made and renamed by its owner."""

from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from webapp.access.members.operators import OperatorError, checked_name
from webapp.access.models import Client, Membership


@dataclass(frozen=True)
class ClientRow:
    client: Client
    people: int  # with a role in it, the deactivated ones left out


def all_clients(session: Session) -> list[ClientRow]:
    """Every client, by name."""
    people = func.count(col(Membership.id))
    query = (
        select(Client, people)
        .join(Membership, (col(Membership.client_id) == Client.id) & col(Membership.is_active), isouter=True)
        .group_by(col(Client.id))
        .order_by(col(Client.name))
    )
    return [ClientRow(client, count) for client, count in session.exec(query)]


def client_of(session: Session, public_id: str) -> Client | None:
    return session.exec(select(Client).where(Client.public_id == public_id)).first()


def create(session: Session, name: str) -> Client:
    """Raises OperatorError for a name that is empty, too long or taken."""
    client = Client(name=_free_name(session, name))
    session.add(client)
    session.flush()
    return client


def rename(session: Session, client: Client, name: str) -> None:
    """Raises OperatorError for a name that is empty, too long or taken by another."""
    client.name = _free_name(session, name, but=client.id)
    session.add(client)


def _free_name(session: Session, name: str, but: int | None = None) -> str:
    tidy = checked_name(name)
    query = select(Client.id).where(func.lower(Client.name) == tidy.lower())
    if any(found != but for found in session.exec(query)):
        raise OperatorError(f"C’è già uno spazio cliente che si chiama “{tidy}”.")
    return tidy
