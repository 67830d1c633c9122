"""Commands for who runs the host: schema, web server, workers."""

import os
import tempfile
from collections.abc import Mapping

import click

from webapp import config, db, migrations, places
from webapp.cli import terminal
from webapp.host.processes import python


@click.command()
def migra() -> None:
    """Porta lo schema del database alla versione di questo programma."""
    with terminal.told_in_italian():
        lacks = migrations.upgrade(db.connect(config.from_environment().database_url))
    click.echo("Lo schema del database è aggiornato.")
    if lacks:
        click.echo(lacks)


@click.command()
@click.option("--porta", default=8000, envvar="PORT", show_default=True, metavar="N", help="La porta HTTP.")
@click.option(
    "--indirizzo",
    metavar="IP",
    help="Dove ascoltare; senza, 127.0.0.1, o ovunque (0.0.0.0) se l’host dà la porta con PORT.",
)
@click.pass_context
def web(ctx: click.Context, porta: int, indirizzo: str | None) -> None:
    """Aggiorna lo schema e avvia il server web (gunicorn)."""
    ctx.invoke(migra)
    indirizzo = address_to_listen_on(indirizzo, os.environ)
    options = [
        "--worker-class",
        places.WORKER_CLASS,
        "--workers",
        "2",
        "--threads",
        "8",
        "--no-control-socket",
    ]
    # Longer than the three seconds between two looks of a live page: gunicorn's own two close in between.
    options += ["--keep-alive", "10"]
    options += ["--logger-class", "webapp.host.gunicorn_logs.GunicornLogs"]
    argv = python(*places.SERVER, "--bind", f"{indirizzo}:{porta}", *options, "webapp.wsgi:app")
    if config.from_environment().metrics_token:
        # For this start only: what a former one counted is over. Each process of gunicorn writes there.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="platea-metriche-")
    os.environ.update(places.TO_FIND_US)
    os.execv(argv[0], argv)


@click.command()
def worker() -> None:
    """Avvia un worker: i lavori in secondo piano, e quelli che si ripetono."""
    argv = python(*places.worker_command())
    os.execv(argv[0], argv)


def address_to_listen_on(asked: str | None, env: Mapping[str, str]) -> str:
    """A host that hands out a port has its router elsewhere; everybody else has a proxy on this machine."""
    return asked or ("0.0.0.0" if env.get("PORT") else "127.0.0.1")
