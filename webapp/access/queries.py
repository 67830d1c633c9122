"""Operators by e-mail or id, and the clients that one of them may enter."""

from sqlmodel import Session, col, select

from webapp.access.models import Client, Membership, Operator, Role


def operator_by_email(session: Session, email: str) -> Operator | None:
    return session.exec(select(Operator).where(Operator.email == email.strip().lower())).first()


def spaces(session: Session, operator: Operator) -> list[tuple[Client, Role]]:
    """The clients an operator may enter and as what, by name. The owner of the installation enters all."""
    if operator.is_owner:
        clients = session.exec(select(Client).order_by(col(Client.name)))
        return [(client, Role.ADMINISTRATOR) for client in clients]
    return memberships(session, operator)


def memberships(session: Session, operator: Operator) -> list[tuple[Client, Role]]:
    """The roles that were given to an operator and count, by client."""
    rows = session.exec(
        select(Client, Membership.role)
        .join(Membership, col(Membership.client_id) == Client.id)
        .where(Membership.operator_id == operator.id, Membership.is_active)
        .order_by(col(Client.name))
    )
    return [(client, Role(role)) for client, role in rows]


def administrators(session: Session, client_id: int) -> list[str]:
    """Names of those who can change what others may do: told to whoever is refused."""
    query = (
        select(Operator.name)
        .join(Membership, col(Membership.operator_id) == Operator.id)
        .where(
            Membership.client_id == client_id,
            Membership.role == Role.ADMINISTRATOR,
            Membership.is_active,
            Operator.is_active,
        )
        .order_by(col(Operator.name))
    )
    return list(session.exec(query))


def owners(session: Session) -> list[str]:
    """Names of those who run the installation and enter every client."""
    query = select(Operator.name).where(Operator.is_owner, Operator.is_active).order_by(col(Operator.name))
    return list(session.exec(query))
