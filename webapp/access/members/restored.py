"""Who may enter after a database was put back from a copy: what was closed since the copy stays closed.

    the database that is replaced → its operators, roles, second factors and newest audit entries
      → the copy in its place: of two states of one person the stricter holds, the newer password, the audit
        entries that the copy lacks; no session, invitation or link of then opens anything

People are known by their public ids: of another installation nobody is, and nothing is taken over.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlmodel import Session, SQLModel, col

from webapp.access.models import (
    AuditEntry,
    Client,
    Invitation,
    Membership,
    OpenSession,
    Operator,
    PasswordReset,
    SecondFactor,
)
from webapp.access.policy import RANKS
from webapp.access.trail import audit
from webapp.mail import OutgoingMail

_SLACK = timedelta(days=1)
_OPENS = (OpenSession, Invitation, PasswordReset, OutgoingMail)  # or holds a link that does


@dataclass
class Former:
    """What the database that is replaced knows. Lists of rows, by column name."""

    operators: dict[str, dict[str, Any]] = field(default_factory=dict)  # by public id
    memberships: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)  # operator, client
    factors: dict[str, dict[str, Any]] = field(default_factory=dict)  # confirmed ones, by operator
    entries: list[dict[str, Any]] = field(default_factory=list)


def read(session: Session, since: datetime) -> Former:
    """*since*: when the copy was taken. Raises SQLAlchemyError for a database that cannot be read."""
    found = Former()
    for row in _rows(session, select(_table(Operator))):
        found.operators[row["public_id"]] = row
    names = {row["id"]: public_id for public_id, row in found.operators.items()}
    found.memberships = _memberships(session)
    confirmed = select(_table(SecondFactor)).where(col(SecondFactor.confirmed_at).is_not(None))
    found.factors = {names[row["operator_id"]]: row for row in _rows(session, confirmed)}
    newer = select(_table(AuditEntry)).where(col(AuditEntry.at) > since - _SLACK)
    found.entries = _rows(session, newer.order_by(col(AuditEntry.seq)))
    return found


def keep_closed(session: Session, former: Former) -> tuple[list[str], int]:
    """Names of the people for whom something was closed again, and how many audit entries came over.

    To be asked before anything is recorded.
    """
    entries = _bring_entries(session, former.entries)
    for model in _OPENS:
        session.execute(delete(model))
    people = select(Operator).where(col(Operator.public_id).in_(former.operators))
    changed = []
    for one in session.execute(people.order_by(col(Operator.name))).scalars():
        if _keep_stricter(session, one, former):
            changed.append(one.name)
    session.flush()
    return changed, entries


def _keep_stricter(session: Session, one: Operator, former: Former) -> bool:
    then = former.operators[one.public_id]
    values = {
        "is_active": one.is_active and then["is_active"],
        "is_owner": one.is_owner and then["is_owner"],
        "password_hash": then["password_hash"],
    }
    was = {name: getattr(one, name) for name in values}
    session.execute(update(Operator).where(col(Operator.id) == one.id).values(**values))
    has_changed = was != values
    has_changed |= _keep_factor(session, one, then, former.factors.get(one.public_id))
    return _keep_roles(session, one, former) or has_changed


def _keep_factor(
    session: Session, one: Operator, then: dict[str, Any], factor: dict[str, Any] | None
) -> bool:
    """The newer one, which is sealed for the id of the operator; where there is none the copy's stays."""
    if factor is None or then["id"] != one.id:
        return False
    here = session.execute(select(_table(SecondFactor)).where(col(SecondFactor.operator_id) == one.id))
    row = here.mappings().first()
    if row is not None and bytes(row["secret"]) == bytes(factor["secret"]):
        return False
    session.execute(delete(SecondFactor).where(col(SecondFactor.operator_id) == one.id))
    session.execute(insert(SecondFactor).values(**factor))
    return True


def _keep_roles(session: Session, one: Operator, former: Former) -> bool:
    has_changed = False
    for (operator, client), row in _memberships(session).items():
        if operator != one.public_id:
            continue
        mine, then = col(Membership.id) == row["id"], former.memberships.get((operator, client))
        if then is None:
            session.execute(delete(Membership).where(mine))
            has_changed = True
            continue
        role = min(row["role"], then["role"], key=lambda role: RANKS[role])
        values = {"role": role, "is_active": row["is_active"] and then["is_active"]}
        if values != {"role": row["role"], "is_active": row["is_active"]}:
            session.execute(update(Membership).where(mine).values(**values))
            has_changed = True
    return has_changed


def _bring_entries(session: Session, entries: Sequence[dict[str, Any]]) -> int:
    """Those that go on where the chain of this database ends."""
    seq, before = audit.last(session)
    count = 0
    for row in entries:
        if row["seq"] <= seq:
            continue
        told = {name: value for name, value in row.items() if name != "link"}
        fits = any(audit.link(key, before, told) == bytes(row["link"]) for key in audit.chain_keys())
        if row["seq"] != seq + 1 or not fits:
            break
        session.execute(insert(AuditEntry).values(**row))
        seq, before, count = row["seq"], bytes(row["link"]), count + 1
    return count


def _memberships(session: Session) -> dict[tuple[str, str], dict[str, Any]]:
    query = (
        select(
            _table(Membership),
            col(Operator.public_id).label("operator"),
            col(Client.public_id).label("client"),
        )
        .join(Operator, col(Operator.id) == col(Membership.operator_id))
        .join(Client, col(Client.id) == col(Membership.client_id))
    )
    return {(row["operator"], row["client"]): row for row in _rows(session, query)}


def _rows(session: Session, query: Any) -> list[dict[str, Any]]:
    return [{**row} for row in session.execute(query).mappings()]


def _table(model: type[SQLModel]) -> Any:
    return model.__table__  # type: ignore[attr-defined]
