"""User databases: find one, make one."""

from collections.abc import Collection

from sqlalchemy import select
from sqlmodel import Session, col

from webapp import db
from webapp.access.models import Client
from webapp.contacts.models import UserDatabase
from webapp.values.emails import trim

LONGEST_NAME = 100
NAME_MISSING = "Scrivi un nome per il database utenti."
NAME_LONG = f"Usa al massimo {LONGEST_NAME} caratteri."


class DatabaseError(ValueError):
    """A user database cannot be made or named so; `str()` is the Italian sentence for who asked."""


def named(session: Session, client_id: int, name: str) -> UserDatabase | None:
    """The client's database of that name, None when there is none."""
    same = select(UserDatabase).where(
        col(UserDatabase.client_id) == client_id, col(UserDatabase.name) == trim(name)
    )
    return session.execute(same).scalar_one_or_none()


def create_database(session: Session, client_id: int, name: str, country: str = "IT") -> UserDatabase:
    """A new empty database, in the caller's transaction. Raises DatabaseError for a name that cannot be.

    *country* is that of phone numbers without an international prefix.
    """
    session.get(Client, client_id, with_for_update={"key_share": True})  # nobody else makes one meanwhile
    name = checked_name(session, client_id, name)
    made = UserDatabase(client_id=client_id, name=name, country=country)
    session.add(made)
    session.flush()
    return made


def rename(session: Session, database: UserDatabase, name: str) -> None:
    """Raises DatabaseError for a name that cannot be."""
    if trim(name) != database.name:
        session.get(Client, database.client_id, with_for_update={"key_share": True})
        database.name = checked_name(session, database.client_id, name)
        session.add(database)


def remember_choices(database_id: int, identifiers: Collection[str], origin: str) -> None:
    """Offer these at the next upload of the database as chosen already."""
    chosen = [*map(str, identifiers)]
    with db.writing() as session:
        database = session.get(UserDatabase, database_id)
        if database is not None and (database.identifiers, database.data_origin) != (chosen, origin):
            database.identifiers, database.data_origin = chosen, str(origin)
            session.add(database)


def checked_name(session: Session, client_id: int, name: str) -> str:
    name = "".join(c for c in trim(name) if c.isprintable())
    if not name:
        raise DatabaseError(NAME_MISSING)
    if len(name) > LONGEST_NAME:
        raise DatabaseError(NAME_LONG)
    if named(session, client_id, name) is not None:
        raise DatabaseError(f"C’è già un database utenti che si chiama “{name}”: scegli un altro nome.")
    return name
