"""`platea trasloca`: a SQLite installation goes on with PostgreSQL."""

from pathlib import Path

import click

from webapp import db
from webapp.access.trail.audit import Action, Detail, record_alone
from webapp.cli import terminal
from webapp.cli.keys import know_every_table
from webapp.host import backup, moving
from webapp.values.texts import number


@click.command()
@click.option(
    "--da",
    "file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Il database SQLite; di solito platea.db in PLATEA_DATA.",
)
@terminal.as_json
def trasloca(file: Path | None, as_json: bool) -> None:
    """Copia un’installazione da SQLite nel PostgreSQL vuoto di DATABASE_URL.

    Prima ferma web e worker. Arriva tutto, contato tabella per tabella, oppure non arriva nulla; il file
    SQLite resta com’è. Chiavi e PLATEA_DATA restano le stesse.
    """

    def tell(table: str, rows: int) -> None:
        if rows and not as_json:
            click.echo(f"{table}: {number(rows)}")

    with terminal.told_in_italian():
        settings = terminal.settings()
        know_every_table()
        target = db.make_engine(settings.database_url, pooled=False)
        try:
            made = moving.move(file or settings.data_dir / "platea.db", target, tell)
        except (moving.CannotMove, backup.BackupError) as error:
            raise terminal.Stop(str(error), terminal.BAD) from None
        terminal.start()
        told: Detail = {"righe": sum(made.values()), "tabelle": len(made)}
        record_alone(Action.INSTALLATION_MOVED, "PostgreSQL", told, client_id=None)
    if as_json:
        terminal.print_json({"rows": sum(made.values()), "tables": made})
    else:
        click.echo(
            f"Copiate {number(sum(made.values()))} righe in {len(made)} tabelle: i conti tornano. "
            "Ora avvia web e worker."
        )
