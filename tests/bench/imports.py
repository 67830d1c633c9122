"""Importing a customer file, beside the least that such an import can be."""

from pathlib import Path
from typing import Any

from tests.bench import floors
from webapp import config, db, services
from webapp.contacts import databases
from webapp.contacts.imports import importing
from webapp.contacts.models import UserDatabase
from webapp.contacts.models_imports import ContactImport
from webapp.values.identifiers import new_public_id


def ours(file: str, client_id: int, database_id: int | None = None) -> dict[str, Any]:
    """Import *file* into a new database, or into *database_id*, as a worker would."""
    services.start(config.from_environment())
    path = Path(file)
    with db.writing() as session:
        if database_id is None:
            database = databases.create_database(session, client_id, new_public_id())
        else:
            database = session.get_one(UserDatabase, database_id)
    with db.writing() as session:  # of which nothing was asked yet: first the file is read and stored
        draft = importing.create(session, database, path.name, path, "Giulia Ferri")
    importing.run(draft.id or 0)
    with db.reading() as session:
        made = session.get_one(ContactImport, draft.id)
    return {
        "database_id": made.database_id, "status": made.status, "read": made.rows_read,
        "new": made.rows_new, "updated": made.rows_updated, "rejected": made.rows_rejected,
    }  # fmt: skip


def floor(file: str, client_id: int) -> dict[str, Any]:
    """The bare script of `floors`, into a new database of the same installation."""
    settings = config.from_environment()
    services.start(settings)
    with db.writing() as session:
        database_id = databases.create_database(session, client_id, new_public_id()).id or 0
    url = db.engine().url
    if url.drivername == "sqlite":
        return {"read": floors.into_sqlite(file, str(url.database), database_id)}
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return {"read": floors.into_postgresql(file, plain, database_id)}
