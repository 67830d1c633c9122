"""`platea demo`: everything on one machine, with a simulated Meta; Ctrl-C stops all of it."""

from pathlib import Path

import click

from webapp import data_keys, db, migrations, places, services, wiring
from webapp.access.signing_in.demo import ensure_demo_operator
from webapp.cli import once, terminal
from webapp.cli.uploads import CONSENTS, RECOGNISE_HELP, VALUE_HELP, read_identifiers
from webapp.host.embedded_redis import RedisBusy, RedisMissing
from webapp.host.installation import CannotStart, Installation, free_port
from webapp.uploads import identifier_words

WORKERS = 2


@click.command()
@click.option("--porta", default=8000, show_default=True, metavar="N", help="La porta della pagina web.")
@click.option("--dati", type=click.Path(path_type=Path), metavar="CARTELLA", help="Dove tenere i dati.")
@click.option(
    "--una-volta",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Importa FILE, lo carica tutto in una nuova custom audience simulata, stampa i numeri ed esce.",
)
@click.option("--medium", type=click.Choice(["email", "sms"]), help="Con --una-volta: per cosa caricare.")
@click.option(
    "--consenso",
    type=click.Choice(list(CONSENTS)),
    default="tutti",
    show_default=True,
    help="Con --una-volta: a chi inviare. Tutti è anche chi ha detto no: il simulatore non è Facebook.",
)
@click.option(
    "--riconosci",
    default=identifier_words.NONE,
    show_default=True,
    metavar="DATI",
    help=f"Con --una-volta. {RECOGNISE_HELP}",
)
@click.option("--valore", metavar="CAMPO", help=f"Con --una-volta. {VALUE_HELP}")
@click.option(
    "--ricevuti",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="OUT",
    help="Con --una-volta: scrive qui gli identificativi ricevuti dal simulatore, uno per riga. Con "
    "--riconosci o --valore la prima riga è lo schema, poi una riga per persona con una tabulazione tra "
    "le celle.",
)
@terminal.as_json
def demo(
    porta: int,
    dati: Path | None,
    file: Path | None,
    medium: str | None,
    consenso: str,
    riconosci: str,
    valore: str | None,
    ricevuti: Path | None,
    as_json: bool,
) -> None:
    """Avvia Platea in prova: nessun account Facebook, nessun dato esce da questa macchina."""
    identifiers = read_identifiers(riconosci)
    try:
        if file is not None:
            once.run(file, once.Asked(medium, CONSENTS[consenso], identifiers, valore), ricevuti, as_json)
        else:
            _keep_running(dati or places.default_data_dir(), porta)
    except (CannotStart, RedisBusy, RedisMissing, TimeoutError) as error:
        raise terminal.Stop(str(error), terminal.BAD) from None


def _keep_running(folder: Path, port: int) -> None:
    installation = Installation.open(folder.resolve())
    installation.supervisor.end_on_signals()
    try:
        installation.start_redis()
        installation.start_simulator()
        _make_ready(installation)
        url = installation.start_web(free_port(port))
        installation.start_workers(WORKERS)
        installation.remember()
        click.echo(f"Platea è pronta: apri {url} (Ctrl-C per fermarla)")
        installation.supervisor.watch()
    finally:
        installation.stop()


def _make_ready(installation: Installation) -> None:
    services.start(installation.settings())
    wiring.register_hooks()
    migrations.upgrade(db.engine())
    data_keys.make()
    with db.writing() as session:
        ensure_demo_operator(session)
