"""Deleting a user database: out of sight at once, emptied afterwards (`emptying`).

The row of the database stays, under a name that says when it was deleted: past uploads show where they came
from, and its id never becomes another database's.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select
from sqlmodel import Session, col

from webapp import clock, db
from webapp.contacts import hooks
from webapp.contacts.imports import importing
from webapp.contacts.models import CONTACT, ChosenColumns, Filter, UserDatabase
from webapp.contacts.models_imports import ContactImport, ImportStatus
from webapp.contacts.store import exported, import_blocks
from webapp.values.texts import moment

IMPORTING = "Un’importazione è in attesa o in corso: aspetta che finisca, oppure fermala."
_BUSY = (ImportStatus.QUEUED, ImportStatus.RUNNING, ImportStatus.UNDOING)


@dataclass(frozen=True, slots=True)
class Consequences:
    """The things that are deleted with a database."""

    contacts: int
    filters: int


def consequences(session: Session, database: UserDatabase) -> Consequences:
    return Consequences(_count(session, CONTACT, database), _count(session, Filter.__table__, database))  # type: ignore[attr-defined]


def refusal(session: Session, database: UserDatabase) -> str | None:
    """Why the database cannot be deleted now, in Italian; None when it can."""
    busy = select(col(ContactImport.id)).where(
        col(ContactImport.database_id) == database.id, col(ContactImport.status).in_(_BUSY)
    )
    if session.execute(busy.limit(1)).first():
        return IMPORTING
    return hooks.why_database_busy(session, db.saved_id(database))


def remove(session: Session, database: UserDatabase) -> str | None:
    """Take the database out of sight, in the caller's transaction; the sentence of `refusal` when not.

    An upload that starts at this moment waits for this, or this for it. Raises LookupError when somebody else
    has deleted the database meanwhile.
    """
    mine = select(col(UserDatabase.id)).where(
        col(UserDatabase.id) == database.id, col(UserDatabase.deleted_at).is_(None)
    )
    if session.execute(mine.with_for_update()).first() is None:
        raise LookupError("database")
    if why := refusal(session, database):
        return why
    now = clock.now()
    database.deleted_at = now
    database.name = _free_name(session, database, f"{database.name} (eliminato il {moment(now)})")
    session.add(database)
    drafts = select(ContactImport).where(
        col(ContactImport.database_id) == database.id, col(ContactImport.status) == ImportStatus.DRAFT
    )
    for draft in session.execute(drafts).scalars().all():
        importing.discard(session, draft)
    for table in (Filter, ChosenColumns):
        session.execute(delete(table).where(col(table.database_id) == database.id))
    import_blocks.forget_all_of(session, db.saved_id(database))
    exported.forget_all_of(session, db.saved_id(database))
    return None


def _free_name(session: Session, database: UserDatabase, wanted: str) -> str:
    """*wanted*, numbered when a database of the same name was deleted in the same minute."""
    name, n = wanted, 1
    while db.finds_any(
        session,
        select(col(UserDatabase.id)).where(
            col(UserDatabase.client_id) == database.client_id, col(UserDatabase.name) == name
        ),
    ):
        n += 1
        name = f"{wanted} {n}"
    return name


def _count(session: Session, table: Any, database: UserDatabase) -> int:
    counted = select(func.count()).select_from(table).where(table.c.database_id == database.id)
    return int(session.execute(counted).scalar_one())
