"""`platea copia` and `platea ripristina`: copies of the database and the way back."""

from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import IO

import click
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import select

from webapp import config, data_keys, db, life, workers
from webapp.access.members import restored as restored_people
from webapp.access.models import Client
from webapp.access.trail.audit import Action, record
from webapp.cli import terminal
from webapp.config import keep_files_private
from webapp.contacts.erasure import reapply_erasures
from webapp.contacts.erasure.reapply_erasures import ErasedKey
from webapp.contacts.ledger import carrying, unknown
from webapp.host import backup, sealed_copies
from webapp.uploads.engine import restored
from webapp.values.texts import file_size, moment, plural

NOT_KNOWN = (
    "Il database di prima non c’è o non si legge: se dopo la copia qualcuno aveva chiesto la cancellazione, "
    "cercalo e cancellalo di nuovo. Chi è stato inviato dopo la copia è ancora su Facebook e Platea non lo "
    "sa: né Allinea né Rimuovi possono toglierlo, Sostituisci sì."
)
OwnKeys = tuple[list[dict[str, bytes | str]], set[str]]  # with the public ids of the clients


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
        made = backup.save(db.engine(), folder, settings.backup_key)
    except backup.BackupError as error:
        raise terminal.Stop(str(error), terminal.BAD) from None
    with db.writing() as session:
        record(session, Action.BACKUP_MADE, on=made.path.name, client_id=None)
    if as_json:
        terminal.print_json({"file": str(made.path), "bytes": made.size_bytes, "taken_at": made.taken_at})
    else:
        click.echo(f"Copia fatta e controllata: {made.path} ({file_size(made.size_bytes)}).")


@click.command("apri-copia")
@click.argument("copia", metavar="FILE", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--chiave",
    "key_file",
    metavar="FILE",
    type=click.File(encoding="utf-8"),
    help="Il file con la chiave privata; senza, viene chiesta.",
)
@click.option("--in", "output", metavar="FILE", type=click.Path(path_type=Path), help="Il file da scrivere.")
def apri_copia(copia: Path, key_file: IO[str] | None, output: Path | None) -> None:
    """Apre una copia cifrata con PLATEA_BACKUP_KEY: si può fare su qualunque computer."""
    keep_files_private()
    key = key_file.read() if key_file else click.prompt("Chiave privata", hide_input=True)
    target = output or copia.with_name(copia.name.removesuffix(sealed_copies.SUFFIX))
    try:
        sealed_copies.decrypt(copia, target, key)
        backup.check(target)
    except (sealed_copies.CannotDecrypt, backup.BackupError) as error:
        raise terminal.Stop(str(error), terminal.BAD) from None
    except FileExistsError:
        raise terminal.Stop(f"“{target}” c’è già: scegli un altro file con --in.") from None
    except OSError as error:
        raise terminal.Stop(f"Non riesco a scrivere “{target}”: {error.strerror}.", terminal.BAD) from None
    click.echo(f"Copia aperta e controllata: {target}. Contiene dati personali in chiaro.")


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
        erased, own_keys, people = _who_was_erased(), _data_keys(), _people(taken_at)
        with ExitStack() as stack:
            ledger = _the_ledger(stack)
            kept = backup.restore(copia, engine)
            _keep_data_keys(own_keys)
            terminal.start()
            if ledger is not None:
                carrying.bring(ledger)
            else:
                _forget_what_was_sent(taken_at)
    except (backup.BackupError, config.WrongSetting, data_keys.KeysLost) as error:
        raise terminal.Stop(str(error), terminal.BAD) from None
    closed_again = _keep_closed(people)  # before anything is recorded: the trail goes on where it ended
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
    if closed_again:
        click.echo(
            f"Per queste persone resta ciò che era stato chiuso dopo la copia: {', '.join(closed_again)}."
        )
    click.echo("Le sessioni, gli inviti e i link di allora non valgono: ognuno entra di nuovo.")
    if erased is None:
        click.echo(NOT_KNOWN)


def _who_was_erased() -> list[ErasedKey] | None:
    """Known only to the database that is replaced; None when it can no longer be read."""
    try:
        with db.reading() as session:
            return reapply_erasures.erased_people(session)
    except SQLAlchemyError:
        return None


def _data_keys() -> OwnKeys:
    """Under which keys people were erased and sent since the copy; none when that can no longer be read."""
    try:
        with db.reading() as session:
            clients = set(session.exec(select(Client.public_id)))
            return data_keys.rows(session), clients
    except SQLAlchemyError:
        return [], set()


def _keep_data_keys(own: OwnKeys) -> None:
    """A copy from before there were any is of this installation if it knows a client of it."""
    rows, clients = own
    with db.writing() as session:
        here = set(session.exec(select(Client.public_id)))
        if clients & here:
            data_keys.take_over(session, rows)


def _people(taken_at: datetime) -> restored_people.Former:
    """Who could enter, and the trail; nobody when the database that is replaced can no longer be read."""
    try:
        with db.reading() as session:
            return restored_people.read(session, taken_at)
    except SQLAlchemyError:
        return restored_people.Former()


def _keep_closed(former: restored_people.Former) -> list[str]:
    with db.writing() as session:
        return restored_people.keep_closed(session, former)[0]


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
