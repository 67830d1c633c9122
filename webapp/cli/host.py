"""Commands for who runs the host: schema, web server, workers."""

import os
import tempfile
from collections.abc import Mapping

import click
from sqlalchemy import Engine, inspect
from sqlalchemy.exc import SQLAlchemyError

from webapp import config, db, migrations, places
from webapp.cli import terminal
from webapp.host import backup
from webapp.host.processes import python


@click.command()
def migra() -> None:
    """Porta lo schema del database alla versione di questo programma. Prima ne fa una copia, con SQLite."""
    with terminal.told_in_italian():
        settings = config.from_environment()
        engine = db.connect(settings.database_url)
        _copy_first(engine, settings)
        lacks = migrations.upgrade(engine, lambda said: click.echo(f"  {said}"))
        state = migrations.state(engine)
    if state is migrations.State.BEYOND:
        click.echo("Lo schema del database è di una versione più recente, che va bene anche a questa.")
        return
    click.echo("Lo schema del database è aggiornato.")
    if lacks:
        click.echo(lacks)


def _copy_first(engine: Engine, settings: config.Settings) -> None:
    """A copy of a SQLite database that is about to change: the way back. Others have copies of their own."""
    is_ours = engine.dialect.name == "sqlite" and migrations.state(engine) is migrations.State.OLDER
    if not is_ours or not inspect(engine).has_table("alembic_version"):
        return
    try:
        made = backup.save(engine, settings.backup_dir or settings.data_dir / "copie", settings.backup_key)
    except backup.BackupError as error:
        raise terminal.Stop(f"Prima di cambiare lo schema serve una copia. {error}") from None
    click.echo(f"Copia del database: {made.path}")


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
    options = [*places.SERVER_OPTIONS, "--logger-class", "webapp.host.gunicorn_logs.GunicornLogs"]
    argv = python(*places.SERVER, "--bind", f"{indirizzo}:{porta}", *options, "webapp.wsgi:app")
    if config.from_environment().metrics_token:
        # For this start only: what a former one counted is over. Each process of gunicorn writes there.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="platea-metriche-")
    os.environ.update(places.TO_FIND_US)
    os.execv(argv[0], argv)


@click.command()
def worker() -> None:
    """Avvia un worker: i lavori in secondo piano, e quelli che si ripetono."""
    with terminal.told_in_italian():
        _refuse_newer_schema()
    argv = python(*places.worker_command())
    os.execv(argv[0], argv)


def _refuse_newer_schema() -> None:
    """A database that does not answer yet is waited for; one that only a later version can use is not."""
    engine = db.connect(config.from_environment().database_url)
    try:
        state = migrations.state(engine)
    except SQLAlchemyError:
        return
    finally:
        engine.dispose()
    if state is migrations.State.NEWER:
        raise migrations.NewerSchema


def address_to_listen_on(asked: str | None, env: Mapping[str, str]) -> str:
    """A host that hands out a port has its router elsewhere; everybody else has a proxy on this machine."""
    return asked or ("0.0.0.0" if env.get("PORT") else "127.0.0.1")
