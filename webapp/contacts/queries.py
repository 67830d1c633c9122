"""Reads of this room: databases, fields, contacts, filters, imports."""

from sqlalchemy import select
from sqlmodel import Session, col

from webapp.contacts.fields import OWN, STANDARD, Field
from webapp.contacts.models import OwnField


def own_fields(session: Session, database_id: int) -> list[OwnField]:
    wanted = select(OwnField).where(col(OwnField.database_id) == database_id)
    return list(session.execute(wanted.order_by(col(OwnField.position), col(OwnField.id))).scalars())


def fields_of(session: Session, database_id: int) -> list[Field]:
    """Every field a contact of the database may have, those of the customer last."""
    own = [Field(OWN + field.key, field.label, field.type) for field in own_fields(session, database_id)]
    return [*STANDARD, *own]


def field_types(session: Session, database_id: int) -> dict[str, str]:
    """Field name → type, as `selection.selected` wants it."""
    return {field.name: field.type for field in fields_of(session, database_id)}
