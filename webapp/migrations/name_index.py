"""On PostgreSQL, the index of the words of contacts, by groups of three letters; it needs pg_trgm.

No step of the schema: a server may get the extension later, and a copy of the data may come to one without.
Everything works without it too, only the search of a name reads all contacts.
"""

from contextlib import suppress

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

NAME = "ix_contact_words"
EXTENSION = "pg_trgm"
MISSING = (
    f"Manca l’estensione {EXTENSION} di PostgreSQL: senza, cercare un nome legge tutti i contatti. Installala"
    " (di solito è nel pacchetto postgresql-contrib) o chiedila a chi gestisce il server, poi ripeti"
    " “platea migra”."
)


def make(connection: Connection) -> bool:
    """Make the index if it can be and is not there: some 25 s for a million contacts. Whether it is there."""
    if connection.execute(text(f"SELECT to_regclass('{NAME}')")).scalar_one() is not None:
        return True
    schema = _schema(connection)
    if schema is None:
        # It may be unknown to the server, or not ours to create.
        with suppress(DBAPIError), connection.begin_nested():
            connection.execute(text(f"CREATE EXTENSION {EXTENSION}"))
        schema = _schema(connection)
    if schema is None:
        return False
    operators = f"{connection.dialect.identifier_preparer.quote(schema)}.gin_trgm_ops"
    connection.execute(text(f"CREATE INDEX {NAME} ON contact USING gin (words {operators})"))
    return True


def _schema(connection: Connection) -> str | None:
    """Where the extension is; None: nowhere in this database."""
    found = text(
        "SELECT nspname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = :name"
    )
    return connection.execute(found, {"name": EXTENSION}).scalar_one_or_none()
