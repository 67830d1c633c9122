"""The people of one client: who they are, what role they have, and that one administrator always stays.

What changes a person's role here leaves what they are in other clients as it is. Every change takes the
client's row first, so that two at once cannot each remove "the other" administrator.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from webapp.access.models import Client, Membership, Operator, Role, SecondFactor
from webapp.access.signing_in import sessions


class LastAdministrator(Exception):
    """The change would leave the client without an active administrator; nothing of it may stay."""


@dataclass(frozen=True)
class Member:
    """An operator as the administrators of one client see them."""

    operator: Operator
    role: Role
    is_active: bool
    has_second_factor: bool


def people(session: Session, client_id: int, *conditions: ColumnElement[bool]) -> list[Member]:
    """Everybody with a role in the client, also the deactivated ones, by name."""
    query = (
        select(Operator, Membership, SecondFactor)
        .join(Membership, col(Membership.operator_id) == Operator.id)
        .join(SecondFactor, col(SecondFactor.operator_id) == Operator.id, isouter=True)
        .where(Membership.client_id == client_id, *conditions)
        .order_by(col(Operator.name))
    )
    return [_person(*row) for row in session.exec(query)]


def person(session: Session, client_id: int, public_id: str) -> Member | None:
    """That operator, None when they have no role in the client."""
    return next(iter(people(session, client_id, col(Operator.public_id) == public_id)), None)


def change_role(session: Session, client_id: int, operator_id: int, role: Role) -> None:
    """Raises LastAdministrator."""
    membership = _taken(session, client_id, operator_id)
    before = _is_administrator(membership)
    membership.role = role
    _check(session, client_id, before)


def deactivate(session: Session, client_id: int, operator_id: int) -> None:
    """They enter this client no more, at once; their role is kept for later. Raises LastAdministrator."""
    membership = _taken(session, client_id, operator_id)
    before = _is_administrator(membership)
    membership.is_active = False
    _check(session, client_id, before)
    _end_if_nothing_is_left(session, operator_id)


def reactivate(session: Session, client_id: int, operator_id: int) -> None:
    _taken(session, client_id, operator_id).is_active = True


def remove(session: Session, client_id: int, operator_id: int) -> None:
    """They have no role in this client any more. Raises LastAdministrator."""
    membership = _taken(session, client_id, operator_id)
    before = _is_administrator(membership)
    session.delete(membership)
    _check(session, client_id, before)
    _end_if_nothing_is_left(session, operator_id)


def deactivate_everywhere(session: Session, operator: Operator) -> None:
    """They sign in no more, and every session of theirs ends. Raises LastAdministrator."""
    assert operator.id is not None
    query = select(Membership.client_id).where(
        Membership.operator_id == operator.id,
        Membership.role == Role.ADMINISTRATOR,
        Membership.is_active,
    )
    administered = session.exec(query.order_by(col(Membership.client_id))).all()
    for client_id in administered:
        _taken(session, client_id, operator.id)
    operator.is_active = False
    for client_id in administered:
        _check(session, client_id, was_administrator=True)
    sessions.close(session, operator.id)


def _person(operator: Operator, membership: Membership, factor: SecondFactor | None) -> Member:
    return Member(
        operator,
        Role(membership.role),
        membership.is_active and operator.is_active,
        factor is not None and factor.confirmed_at is not None,
    )


def _taken(session: Session, client_id: int, operator_id: int) -> Membership:
    """Their membership, with the client's row locked until the transaction ends.

    On SQLite `db.writing()` is BEGIN IMMEDIATE: one writer at a time anyway.
    """
    session.exec(select(Client.id).where(Client.id == client_id).with_for_update()).one()
    query = select(Membership).where(Membership.client_id == client_id, Membership.operator_id == operator_id)
    return session.exec(query).one()


def _is_administrator(membership: Membership) -> bool:
    return membership.is_active and membership.role == Role.ADMINISTRATOR


def _check(session: Session, client_id: int, was_administrator: bool) -> None:
    session.flush()
    query = (
        select(func.count())
        .select_from(Membership)
        .join(Operator, col(Operator.id) == Membership.operator_id)
        .where(
            Membership.client_id == client_id,
            Membership.role == Role.ADMINISTRATOR,
            Membership.is_active,
            Operator.is_active,
        )
    )
    if was_administrator and session.exec(query).one() == 0:
        raise LastAdministrator


def _end_if_nothing_is_left(session: Session, operator_id: int) -> None:
    """Sign out an operator who may enter no client any more, everywhere."""
    left = select(func.count()).where(Membership.operator_id == operator_id, Membership.is_active)
    is_owner = session.get_one(Operator, operator_id).is_owner
    if not is_owner and session.exec(left).one() == 0:
        sessions.close(session, operator_id)
