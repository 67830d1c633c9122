"""A user database of Studio Aurora, and ways to put contacts into it."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # how a cell or a column is read is tested without any of this
    from webapp.access.models import Client
    from webapp.contacts.models import Contact, UserDatabase
    from webapp.contacts.models_imports import ContactImport


@pytest.fixture
def clienti(aurora: Client) -> UserDatabase:
    """The empty user database "Clienti Italia" of Studio Aurora."""
    from webapp import db
    from webapp.contacts import databases

    with db.writing() as session:
        return databases.create_database(session, aurora.id, "Clienti Italia")


def add_draft(
    database: UserDatabase, content: str | bytes | Path, name: str = "clienti.csv", **changes: object
) -> ContactImport:
    """An import of *content* as the wizard's first step leaves it, with *changes* to what it proposed."""
    from webapp import db
    from webapp.contacts.imports import importing

    source = content if isinstance(content, Path) else BytesIO(as_bytes(content))
    with db.writing() as session:
        draft = importing.create(session, database, name, source, "Giulia Ferri")
        for field, value in changes.items():
            setattr(draft, field, value)
    return draft


def import_file(
    database: UserDatabase, content: str | bytes | Path, name: str = "clienti.csv", **changes: object
) -> ContactImport:
    """The same, imported to its end."""
    from webapp.contacts.imports import importing

    draft = add_draft(database, content, name, **changes)
    importing.run(draft.id)
    return read_import(draft.id)


def read_import(import_id: int) -> ContactImport:
    from webapp import db
    from webapp.contacts.models_imports import ContactImport

    with db.reading() as session:
        return session.get_one(ContactImport, import_id)


def contacts_of(database: UserDatabase) -> list[Contact]:
    from sqlmodel import select

    from webapp import db
    from webapp.contacts.models import Contact

    with db.reading() as session:
        wanted = select(Contact).where(Contact.database_id == database.id).order_by(Contact.id)
        return list(session.exec(wanted))


def as_bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content
