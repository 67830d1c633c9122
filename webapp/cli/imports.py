"""`platea importa`: a file into a user database, as the wizard does it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from webapp import db
from webapp.access.trail.audit import Action, Detail, record
from webapp.cli import terminal
from webapp.contacts import databases
from webapp.contacts.cells import DateOrder
from webapp.contacts.imports import alerts, dry_run, importing
from webapp.contacts.imports.import_draft import Asked
from webapp.contacts.imports.matching import conversion
from webapp.contacts.models import UserDatabase
from webapp.contacts.models_imports import ContactImport, ImportMode, ImportStatus
from webapp.contacts.texts import unchanged
from webapp.values.texts import plural

KEYS = {"codice": "code", "email": "email", "cellulare": "mobile"}
KEY_LABELS = {"codice": "Codice cliente", "email": "Email", "cellulare": "Cellulare"}
MODES = {
    "tutti": ImportMode.CREATE_AND_UPDATE,
    "nuovi": ImportMode.CREATE_ONLY,
    "presenti": ImportMode.UPDATE_ONLY,
}
BLANKS = {"lascia": "keep", "cancella": "clear"}
DATE_ORDERS = {"gma": DateOrder.DAY_FIRST, "mga": DateOrder.MONTH_FIRST}
GOOD = (ImportStatus.COMPLETED, ImportStatus.COMPLETED_WITH_WARNINGS)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--database", "name", required=True, metavar="NOME", help="Si crea se non c’è ancora.")
@click.option(
    "--chiave",
    type=click.Choice(list(KEYS)),
    help="Come si riconosce chi c’è già; senza, dal codice se il file lo ha.",
)
@click.option(
    "--modo",
    type=click.Choice(list(MODES)),
    help="Crea e aggiorna (tutti), crea solo i nuovi (nuovi) o aggiorna solo chi c’è già (presenti).",
)
@click.option(
    "--foglio", metavar="NOME", help="Foglio di un file Excel; senza, il primo che si vede con email."
)
@click.option(
    "--riga-intestazione",
    type=click.IntRange(min=0, max=100_000),
    metavar="N",
    help="Riga del file con i nomi delle colonne, 0 se non ci sono; senza, si riconosce.",
)
@click.option("--righe-nascoste", is_flag=True, help="Importa anche righe e colonne nascoste in Excel.")
@click.option(
    "--vuote",
    type=click.Choice(list(BLANKS)),
    default="lascia",
    show_default=True,
    help="Celle vuote: lascia il valore che c’è o cancella il campo; il consenso non si cancella mai così.",
)
@click.option(
    "--date",
    "ordine",
    type=click.Choice(list(DATE_ORDERS)),
    help="Ordine delle date dove il file non lo dice: giorno/mese/anno (gma) o mese/giorno/anno (mga).",
)
@click.option(
    "--conferma-avvisi",
    is_flag=True,
    help="Importa anche con avvisi gravi (per esempio nessuno da inviare); senza, esce con codice 2.",
)
@terminal.client_option
@terminal.as_json
def importa(
    file: Path,
    name: str,
    chiave: str | None,
    modo: str | None,
    foglio: str | None,
    riga_intestazione: int | None,
    righe_nascoste: bool,
    vuote: str,
    ordine: str | None,
    conferma_avvisi: bool,
    cliente: str | None,
    as_json: bool,
) -> None:
    """Importa un file CSV o Excel in un database utenti.

    Colonne, codifica e separatore si riconoscono da soli, come nella procedura guidata.
    """
    terminal.start()
    job = import_file(file, name, cliente, Asked(foglio, riga_intestazione, righe_nascoste))
    with refused_in_words():
        _choose(db.saved_id(job), chiave, modo)
        _read_as_asked(db.saved_id(job), vuote, ordine)
        _confirm(db.saved_id(job), conferma_avvisi, as_json)
    with refused_in_words():
        importing.run(db.saved_id(job))
    with db.reading() as session:
        done = session.get_one(ContactImport, job.id)
    if as_json:
        terminal.print_json(summary(done))
    else:
        click.echo(_sentence(done, name))
        for one in done.alerts:
            click.echo(f"- {one['testo']}")
    if done.status not in GOOD:
        raise SystemExit(terminal.BAD)


def _choose(import_id: int, key: str | None, mode: str | None) -> None:
    """Write down what was asked for in place of what was proposed. Raises UnreadableFile."""
    with db.writing() as session:
        draft = session.get_one(ContactImport, import_id)
        is_missing = key is not None and KEYS[key] not in draft.mapping.values()
        if is_missing:
            importing.discard(session, draft)
        else:
            draft.key = KEYS[key] if key else draft.key
            draft.mode = MODES[mode] if mode else draft.mode
            session.add(draft)
    if key and is_missing:
        raise importing.UnreadableFile(f"nel file nessuna colonna è abbinata a “{KEY_LABELS[key]}”.")


def _read_as_asked(import_id: int, blanks: str, order: str | None) -> None:
    """Write down what empty cells mean, and the order of the dates that the first rows leave open."""
    with db.writing() as session:
        draft = session.get_one(ContactImport, import_id)
        draft.blank_cells = BLANKS[blanks]
        if order:
            open_ones = dict.fromkeys(conversion.open_dates(session, draft), DATE_ORDERS[order])
            draft.date_orders = {**draft.date_orders, **open_ones}
        session.add(draft)


def _confirm(import_id: int, is_confirmed: bool, as_json: bool) -> None:
    """End here, with nothing imported, when there are alerts that nobody confirmed."""
    if is_confirmed:
        return
    with db.reading() as session:
        draft = session.get_one(ContactImport, import_id)
        found = dry_run.forecast(session, draft).alerts if not importing.problems(draft) else []
    if not (serious := alerts.to_confirm(found)):
        return
    with db.writing() as session:
        importing.discard(session, session.get_one(ContactImport, import_id))
    if as_json:
        terminal.print_json({"status": "to_confirm", "avvisi": found})
        raise SystemExit(terminal.WRONG)
    told = "\n".join(f"- {one['testo']}" for one in serious)
    raise terminal.Stop(
        f"non ho importato nulla: leggi gli avvisi e, se va bene così, aggiungi --conferma-avvisi.\n{told}",
        terminal.WRONG,
    )


def import_file(
    file: Path, database_name: str, client_name: str | None, asked: Asked | None = None
) -> ContactImport:
    """Store the file and what was recognised in it; the database is created when it is new."""
    with refused_in_words():
        with db.writing() as session:
            client = terminal.client_id(session, client_name)
            database = databases.named(session, client, database_name)
            if database is None:
                database = databases.create_database(session, client, database_name)
                job: Detail = {"id": database.public_id}
                record(session, Action.DATABASE_CREATED, database.name, job, client_id=database.client_id)
        return created(database, file, asked)


def created(database: UserDatabase, file: Path, asked: Asked | None = None) -> ContactImport:
    with file.open("rb") as stream, db.writing() as session:
        return importing.create(session, database, file.name, stream, "riga di comando", asked)


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
        "unchanged": done.rows_unchanged,
        "rejected": done.rows_rejected,
        "error": done.error,
        "avvisi": done.alerts,
        "lettura": [
            {"codice": one["code"], "quanti": one["count"], "testo": one["text"]} for one in done.file_notices
        ],
    }


def _sentence(done: ContactImport, name: str) -> str:
    if done.status not in GOOD:
        return f"Importazione non riuscita: {done.error}"
    already = f" ({unchanged(done.rows_unchanged)})" if done.rows_unchanged else ""
    return (
        f"{plural(done.rows_read, 'riga letta', 'righe lette')} in “{name}”: "
        f"{plural(done.rows_new, 'contatto nuovo', 'contatti nuovi')}, "
        f"{plural(done.rows_updated, 'aggiornato', 'aggiornati')}{already}, "
        f"{plural(done.rows_rejected, 'riga scartata', 'righe scartate')}."
    )
