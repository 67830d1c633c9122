"""How many contacts a database has, for every page that says so: counting a million takes 50 ms, so once.

A number is kept with what tells that it still holds, all of it found at once by an index: the newest
contact, the last that an import wrote or an undo took back, the last entry of the audit trail (nobody deletes
a contact by hand without one). Each process keeps its own.
"""

from time import monotonic
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlmodel import Session, col

from webapp.access.models import AuditEntry
from webapp.contacts.models import CONTACT
from webapp.contacts.models_imports import ContactImport

WORTH_S = 0.01  # what is counted faster is counted again
MOST = 1_000  # numbers kept


class _Known(NamedTuple):
    at: tuple[Any, ...]
    contacts: int


_known: dict[tuple[str, int], _Known] = {}


def count_contacts(session: Session, database_id: int, worth_s: float = WORTH_S) -> int:
    """The contacts of the database, as the caller's transaction sees them."""
    key = (str(session.connection().engine.url), database_id)
    at = _state(session, database_id)
    if (known := _known.get(key)) and known.at == at:
        return known.contacts
    started = monotonic()
    counted = select(func.count()).select_from(CONTACT).where(CONTACT.c.database_id == database_id)
    contacts: int = session.execute(counted).scalar_one()
    if monotonic() - started >= worth_s:
        if len(_known) >= MOST:
            _known.clear()
        _known[key] = _Known(at, contacts)
    return contacts


def _state(session: Session, database_id: int) -> tuple[Any, ...]:
    """Counts that change when contacts come or go. One statement, so of one moment, on PostgreSQL too."""
    imports = col(ContactImport.database_id) == database_id
    parts = (
        select(func.max(CONTACT.c.id)).where(CONTACT.c.database_id == database_id),
        select(func.max(ContactImport.updated_at)).where(imports),
        select(func.max(AuditEntry.seq)),
    )
    return tuple(session.execute(select(*(part.scalar_subquery() for part in parts))).one())
