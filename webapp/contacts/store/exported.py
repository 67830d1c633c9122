"""Forgetting the files of contacts that were made to be fetched."""

from sqlalchemy import delete, select
from sqlmodel import Session, col

from webapp import sealed_files
from webapp.contacts.models_exports import ContactExport


def forget_all_of(session: Session, database_id: int) -> None:
    """Those of the database, with *session*: somebody in them is erased, or all of them are.

    Whoever is making one finds it gone and throws away what there is.
    """
    mine = select(col(ContactExport.id)).where(col(ContactExport.database_id) == database_id)
    forget(session, *session.execute(mine).scalars())


def forget(session: Session, *ids: int | None) -> None:
    mine = col(ContactExport.id).in_(ids)
    for name in session.execute(select(col(ContactExport.stored_name)).where(mine)).scalars().all():
        if name:
            sealed_files.forget_in(session, name)
    session.execute(delete(ContactExport).where(mine))
