"""Reads of this room: databases, fields, contacts, filters, imports."""

from sqlalchemy import select
from sqlmodel import Session, col

from webapp.contacts.models import OwnField


def own_fields(session: Session, database_id: int) -> list[OwnField]:
    wanted = select(OwnField).where(col(OwnField.database_id) == database_id)
    return list(session.execute(wanted.order_by(col(OwnField.position), col(OwnField.id))).scalars())
