"""`platea pulizia`: what the workers forget by themselves, at once."""

import click

from webapp.cli import terminal
from webapp.contacts.imports import retention
from webapp.values.texts import plural


@click.command()
def pulizia() -> None:
    """Cancella il contenuto delle righe scartate più vecchie dei giorni scelti nelle impostazioni.

    Lo fanno anche i worker, da soli. Restano i conteggi, le righe e i motivi.
    """
    terminal.start()
    count = 0
    while some := retention.forget_old():
        count += some
    click.echo(
        f"Cancellato il contenuto delle righe scartate di {plural(count, 'importazione', 'importazioni')}."
    )
