"""Emptying the databases that were deleted: contacts and what is kept about them go, block by block."""

from sqlalchemy import delete, select
from sqlmodel import col

from webapp import clock, db, rounds
from webapp.contacts import hooks
from webapp.contacts.models import CONTACT, ConsentWord, OwnField, UserDatabase
from webapp.contacts.models_imports import ContactImport, RejectedRow

BLOCK_ROWS = 2_000
SMALL = (OwnField, ConsentWord)  # a few rows each
SHIFT_S = 1.0  # whoever calls has other things to look after


def purge_deleted_databases(seconds: float = SHIFT_S) -> None:
    """Delete contacts and rejected rows of deleted databases, for about as long; call again for the rest."""
    with db.reading() as session:
        deleted = select(col(UserDatabase.id)).where(col(UserDatabase.deleted_at).is_not(None))
        ids = session.execute(deleted).scalars().all()
    until = clock.epoch() + seconds

    def clear(database_id: int) -> None:
        while clock.epoch() <= until and _clear_block(database_id):
            pass

    with rounds.guarded("database utenti") as guard:
        guard.each(ids, clear)


def _clear_block(database_id: int) -> bool:
    """One transaction; False when nothing was left."""
    contacts = select(CONTACT.c.id).where(CONTACT.c.database_id == database_id).order_by(CONTACT.c.id)
    imports = select(col(ContactImport.id)).where(col(ContactImport.database_id) == database_id)
    rejected = select(col(RejectedRow.id)).where(col(RejectedRow.import_id).in_(imports))
    with db.reading() as session:
        contact_ids = session.execute(contacts.limit(BLOCK_ROWS)).scalars().all()
        row_ids = session.execute(rejected.limit(BLOCK_ROWS)).scalars().all()
        of_database = [select(col(table.id)).where(col(table.database_id) == database_id) for table in SMALL]
        has_more = any(db.finds_any(session, wanted) for wanted in of_database)
    if not contact_ids and not row_ids and not has_more:
        return False
    with db.writing() as session:
        hooks.forget(session, database_id, contact_ids)
        session.execute(delete(CONTACT).where(CONTACT.c.id.in_(contact_ids)))
        session.execute(delete(RejectedRow).where(col(RejectedRow.id).in_(row_ids)))
        for table in SMALL:
            session.execute(delete(table).where(col(table.database_id) == database_id))
    return True
