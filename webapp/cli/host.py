"""Commands for who runs the host: schema, web server."""

import os
from collections.abc import Mapping

import click

from webapp import config, db, migrations
from webapp.cli import terminal
from webapp.host.processes import python


@click.command()
def migra() -> None:
    """Porta lo schema del database alla versione di questo programma."""
    try:
        lacks = migrations.upgrade(db.connect(config.from_environment().database_url))
    except config.WrongSetting as error:
        raise terminal.Stop(str(error)) from None
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
    options = ["--worker-class", "gthread", "--workers", "2", "--threads", "8", "--no-control-socket"]
    # Longer than the three seconds between two looks of a live page: gunicorn's own two close in between.
    options += ["--keep-alive", "10"]
    argv = python("-m", "gunicorn", "--bind", f"{indirizzo}:{porta}", *options, "webapp.wsgi:app")
    os.execv(argv[0], argv)


def address_to_listen_on(asked: str | None, env: Mapping[str, str]) -> str:
    """A host that hands out a port has its router elsewhere; everybody else has a proxy on this machine."""
    return asked or ("0.0.0.0" if env.get("PORT") else "127.0.0.1")
