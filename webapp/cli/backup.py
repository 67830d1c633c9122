"""`platea copia` and `platea ripristina`: copies of the database and the way back."""

from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import IO

import click
from sqlalchemy.exc import SQLAlchemyError

from webapp import config, db, life, workers
from webapp.access.trail.audit import Action, record
from webapp.cli import terminal
from webapp.contacts.erasure import reapply_erasures
from webapp.contacts.erasure.reapply_erasures import ErasedKey
from webapp.contacts.ledger import carrying, unknown
from webapp.host import backup
from webapp.uploads.engine import restored
from webapp.values.texts import file_size, moment, plural

NOT_KNOWN = (
    "Il database di prima non c’è o non si legge: se dopo la copia qualcuno aveva chiesto la cancellazione, "
    "cercalo e cancellalo di nuovo. Chi è stato inviato dopo la copia è ancora su Facebook e Platea non lo "
    "sa: né Allinea né Rimuovi possono toglierlo, Sostituisci sì."
)


@click.command()
@click.option(
    "--cartella",
    metavar="CARTELLA",
    type=click.Path(path_type=Path),
    help="Dove metterla; di solito PLATEA_BACKUP_DIR.",
)
@terminal.as_json
def copia(cartella: Path | None, as_json: bool) -> None:
    """Fa una copia del database mentre Platea lavora, e la controlla.

    La fanno anche i worker, ogni PLATEA_BACKUP_HOURS ore: restano quelle di ogni ora per un giorno, di
    ogni giorno per una settimana, di ogni settimana per quattro. Le chiavi dei token non ci sono: tienile
    altrove.
    """
    settings = terminal.start()
    folder = cartella or settings.backup_dir or settings.data_dir / "copie"
    try:
        made = backup.save(db.engine(), folder)
    except backup.BackupError as error:
        raise terminal.Stop(str(error), terminal.BAD) from None
    with db.writing() as session:
        record(session, Action.BACKUP_MADE, on=made.path.name, client_id=None)
    if as_json:
        terminal.print_json({"file": str(made.path), "bytes": made.size_bytes, "taken_at": made.taken_at})
    else:
        click.echo(f"Copia fatta e controllata: {made.path} ({file_size(made.size_bytes)}).")


@click.command()
@click.argument("copia", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--prova", is_flag=True, help="Controlla soltanto che la copia si possa ripristinare.")
def ripristina(copia: Path, prova: bool) -> None:
    """Rimette una copia al posto del database. Prima ferma web e worker.

    I caricamenti che non erano finiti restano in pausa finché qualcuno li riprende.
    """
    try:
        settings = terminal.settings()
        if prova:
            backup.check(copia)
            click.echo(f"La copia del {moment(backup.taken_at(copia))} si può ripristinare.")
            return
        engine = db.connect(settings.database_url)
        _nobody_works()
        taken_at = backup.taken_at(copia)
        erased = _who_was_erased()
        with ExitStack() as stack:
            ledger = _the_ledger(stack)
            kept = backup.restore(copia, engine)
            terminal.start()
            if ledger is not None:
                carrying.bring(ledger)
            else:
                _forget_what_was_sent(taken_at)
    except (backup.BackupError, config.WrongSetting) as error:
        raise terminal.Stop(str(error), terminal.BAD) from None
    held = _hold_uploads(taken_at, copia.name)
    again = reapply_erasures.erase_again(erased or [])  # after that no batch is on its way any more
    click.echo(f"Ripristinata la copia del {moment(taken_at)}.")
    if kept:
        click.echo(f"Il database di prima è in {kept}.")
    if held:
        click.echo(
            f"{plural(held, 'caricamento è', 'caricamenti sono')} in pausa: riprendili dalle loro pagine."
        )
    if again:
        click.echo(
            f"{plural(again, 'contatto eliminato', 'contatti eliminati')} di nuovo: "
            "la cancellazione era stata chiesta dopo la copia."
        )
    if erased is None:
        click.echo(NOT_KNOWN)


def _who_was_erased() -> list[ErasedKey] | None:
    """Known only to the database that is replaced; None when it can no longer be read."""
    try:
        with db.reading() as session:
            return reapply_erasures.erased_people(session)
    except SQLAlchemyError:
        return None


def _forget_what_was_sent(taken_at: datetime) -> None:
    with db.writing() as session:
        unknown.lose(session, taken_at)


def _the_ledger(stack: ExitStack) -> IO[bytes] | None:
    """Of the database that is replaced; None when it can no longer be read."""
    try:
        return stack.enter_context(carrying.carried())
    except SQLAlchemyError:
        return None


def _nobody_works() -> None:
    """Raises BackupError while a worker signs: it would go on with what it had read before."""
    try:
        with db.reading() as session:
            alive = [worker.name for worker in workers.alive(session) if not life.is_gone(worker.name)]
    except SQLAlchemyError:
        return  # no database, or none that can be read: that is why somebody restores
    if alive:
        raise backup.BackupError("C’è un worker al lavoro: ferma prima web e worker, poi ripeti il comando.")


def _hold_uploads(taken_at: datetime, name: str) -> int:
    with db.writing() as session:
        held = restored.hold(session, taken_at)
        record(
            session, Action.BACKUP_RESTORED, on=name, detail={"caricamenti in pausa": held}, client_id=None
        )
    return held
