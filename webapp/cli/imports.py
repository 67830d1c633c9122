"""`platea importa`: a file into a user database, as the wizard does it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from webapp import db
from webapp.access.audit import Action, Detail, record, tell
from webapp.cli import terminal
from webapp.contacts import databases, importing
from webapp.contacts.models import ContactImport, ImportStatus, UserDatabase
from webapp.texts import plural

GOOD = (ImportStatus.COMPLETED, ImportStatus.COMPLETED_WITH_WARNINGS)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--database", "name", required=True, metavar="NOME", help="Si crea se non c’è ancora.")
@terminal.client_option
@terminal.as_json
def importa(file: Path, name: str, cliente: str | None, as_json: bool) -> None:
    """Importa un file CSV o Excel in un database utenti.

    Colonne, codifica e separatore si riconoscono da soli, come nella procedura guidata.
    """
    terminal.start()
    made = import_file(file, name, cliente)
    with db.reading() as session:
        client = session.get_one(UserDatabase, made.database_id).client_id
    told: Detail = {"id": made.public_id, "database": name}
    tell(Action.IMPORT_STARTED, on=made.file_name, detail=told, client_id=client)
    with refused_in_words():
        importing.run(made.id or 0)
    with db.reading() as session:
        done = session.get_one(ContactImport, made.id)
    if as_json:
        terminal.print_json(summary(done))
    else:
        click.echo(_sentence(done, name))
    if done.status not in GOOD:
        raise SystemExit(terminal.BAD)


def import_file(file: Path, database_name: str, client_name: str | None) -> ContactImport:
    """Store the file and what was recognised in it; the database is created when it is new."""
    with refused_in_words():
        with db.writing() as session:
            client = terminal.client_id(session, client_name)
            database = databases.named(session, client, database_name)
            if database is None:
                database = databases.create_database(session, client, database_name)
                made: Detail = {"id": database.public_id}
                record(session, Action.DATABASE_CREATED, database.name, made, database.client_id)
        return created(database, file)


def created(database: UserDatabase, file: Path) -> ContactImport:
    with file.open("rb") as stream, db.writing() as session:
        return importing.create(session, database, file.name, stream, "riga di comando")


@contextmanager
def refused_in_words() -> Iterator[None]:
    """A file or a name that cannot be used ends the command with its Italian sentence."""
    try:
        yield
    except (databases.DatabaseError, importing.UnreadableFile) as error:
        raise terminal.Stop(str(error)) from None


def summary(done: ContactImport) -> dict[str, object]:
    return {
        "id": done.public_id,
        "status": done.status,
        "rows": done.rows_read,
        "new": done.rows_new,
        "updated": done.rows_updated,
        "rejected": done.rows_rejected,
        "error": done.error,
    }


def _sentence(done: ContactImport, name: str) -> str:
    if done.status not in GOOD:
        return f"Importazione non riuscita: {done.error}"
    return (
        f"{plural(done.rows_read, 'riga letta', 'righe lette')} in “{name}”: "
        f"{plural(done.rows_new, 'contatto nuovo', 'contatti nuovi')}, "
        f"{plural(done.rows_updated, 'aggiornato', 'aggiornati')}, "
        f"{plural(done.rows_rejected, 'riga scartata', 'righe scartate')}."
    )
