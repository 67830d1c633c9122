"""Reads of this room: databases, fields, filters, imports. Nothing here changes anything."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select
from sqlmodel import Session, col

from webapp import db
from webapp.contacts import hooks
from webapp.contacts.fields import OWN, SENT, STANDARD, Field
from webapp.contacts.models import CONTACT, Filter, OwnField, UserDatabase
from webapp.contacts.models_imports import ContactImport, ImportStatus
from webapp.contacts.people.contact_counts import count_contacts


@dataclass(frozen=True, slots=True)
class DatabaseRow:
    """A user database in the list: which details its contacts have, when contacts last came in."""

    database: UserDatabase
    contacts: int
    filters: int
    has_email: bool
    has_mobile: bool
    imported_at: datetime | None


@dataclass(frozen=True, slots=True)
class TabCounts:
    """The counts beside the tabs of a database."""

    contacts: int
    filters: int
    imports: int
    uploads: int


def database(session: Session, client_id: int, public_id: str) -> UserDatabase | None:
    wanted = select(UserDatabase).where(
        col(UserDatabase.client_id) == client_id,
        col(UserDatabase.public_id) == public_id,
        col(UserDatabase.deleted_at).is_(None),
    )
    return session.execute(wanted).scalar_one_or_none()


def databases_of(session: Session, client_id: int) -> list[UserDatabase]:
    wanted = select(UserDatabase).where(
        col(UserDatabase.client_id) == client_id, col(UserDatabase.deleted_at).is_(None)
    )
    return list(session.execute(wanted.order_by(func.lower(UserDatabase.name))).scalars())


def database_rows(session: Session, client_id: int) -> list[DatabaseRow]:
    return [_row(session, one) for one in databases_of(session, client_id)]


def tab_counts(session: Session, database_id: int) -> TabCounts:
    return TabCounts(
        count_contacts(session, database_id),
        _count(session, Filter, database_id),
        _count(session, ContactImport, database_id, col(ContactImport.status) != ImportStatus.DRAFT),
        hooks.registered().count_uploads(session, database_id),
    )


def media_of(session: Session, database_id: int) -> list[str]:
    """`email` and `sms`: the media some contact of the database has a valid detail for."""
    digests = {"email": CONTACT.c.email_sha256, "sms": CONTACT.c.mobile_sha256}
    return [medium for medium, digest in digests.items() if _has(session, database_id, digest)]


def own_fields(session: Session, database_id: int) -> list[OwnField]:
    wanted = select(OwnField).where(col(OwnField.database_id) == database_id)
    return list(session.execute(wanted.order_by(col(OwnField.position), col(OwnField.id))).scalars())


def fields_of(session: Session, database_id: int) -> list[Field]:
    """Every field a contact of the database may have, those of the customer last."""
    own = [
        Field(OWN + field.key, field.label, field.type, tuple((one, one) for one in field.choices))
        for field in own_fields(session, database_id)
    ]
    return [*STANDARD, *own]


def field_types(session: Session, database_id: int) -> dict[str, str]:
    """Field name → type, as `selection.selected` wants it."""
    return {field.name: field.type for field in (*fields_of(session, database_id), SENT)}


def one_filter(session: Session, database_id: int, public_id: str) -> Filter | None:
    wanted = select(Filter).where(col(Filter.database_id) == database_id, col(Filter.public_id) == public_id)
    return session.execute(wanted).scalar_one_or_none()


def one_import(session: Session, database_id: int, public_id: str) -> ContactImport | None:
    wanted = select(ContactImport).where(
        col(ContactImport.database_id) == database_id, col(ContactImport.public_id) == public_id
    )
    return session.execute(wanted).scalar_one_or_none()


def imports_of(session: Session, database_id: int, limit: int = 100) -> list[ContactImport]:
    """The newest imports of the database, drafts included: somebody may want to go on with one."""
    wanted = select(ContactImport).where(col(ContactImport.database_id) == database_id)
    return list(session.execute(wanted.order_by(col(ContactImport.id).desc()).limit(limit)).scalars())


def _row(session: Session, one: UserDatabase) -> DatabaseRow:
    database_id = db.saved_id(one)
    finished = select(func.max(ContactImport.finished_at)).where(
        col(ContactImport.database_id) == database_id
    )
    return DatabaseRow(
        one,
        count_contacts(session, database_id),
        _count(session, Filter, database_id),
        _has(session, database_id, CONTACT.c.email_sha256),
        _has(session, database_id, CONTACT.c.mobile_sha256),
        session.execute(finished).scalar(),
    )


def _count(session: Session, table: Any, database_id: int, *more: Any) -> int:
    counted = select(func.count()).select_from(table).where(table.database_id == database_id, *more)
    return int(session.execute(counted).scalar_one())


def _has(session: Session, database_id: int, digest: Any) -> bool:
    some = select(CONTACT.c.id).where(CONTACT.c.database_id == database_id, digest.is_not(None))
    return bool(session.scalar(select(exists(some))))
