"""`platea controlla`: is this installation well, and what is to be done where it is not?"""

from collections.abc import Iterator

import click

from webapp import db, services, wiring
from webapp.cli import terminal
from webapp.cli.keys import know_every_table
from webapp.config import WrongSetting
from webapp.destinations import registry
from webapp.host import check_up
from webapp.host.check_up import Line


@click.command()
@terminal.as_json
def controlla(as_json: bool) -> None:
    """Prova per davvero tutto ciò che serve a Platea e dice che cosa fare dove non va.

    Database, schema, Redis, worker, disco, chiavi, orologio, posta, Facebook: una riga ciascuno.
    Esce con 0 se va tutto bene, con 1 altrimenti.
    """
    lines = []
    for line in _lines():
        lines.append(line)
        if not as_json:
            click.echo(f"{'✓' if line.well else '✗'} {line.name}: {line.text}")
    if as_json:
        terminal.print_json([{"nome": one.name, "bene": one.well, "testo": one.text} for one in lines])
    if not all(line.well for line in lines):
        raise click.exceptions.Exit(terminal.BAD)


def _lines() -> Iterator[Line]:
    try:
        settings = terminal.settings()
        services.start(settings)
    except WrongSetting as error:
        yield Line("Impostazioni", False, str(error))
        return
    wiring.register_hooks()
    yield Line("Impostazioni", True, f"lette; le pagine si aprono da {settings.public_url}")
    yield from check_up.of_the_host(settings)
    found = list(check_up.of_the_database(db.engine()))
    yield from found
    if all(line.well for line in found):
        know_every_table()
        yield check_up.of_the_keys(services.services().seals)
        yield from check_up.of_the_workers()
    yield check_up.of_redis(settings.redis_url)
    yield check_up.of_the_mail(settings)
    for kind in registry.DESTINATIONS:
        destination = registry.destination(kind)
        trouble = destination.out_of_reach()
        yield Line(destination.label, trouble is None, trouble or "risponde")
