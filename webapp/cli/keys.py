"""`platea chiavi`: the secrets of an installation, new and renewed."""

from importlib import import_module
from pkgutil import walk_packages

import click

import webapp
from webapp import crypto, db, services
from webapp.access.trail.audit import Action, record
from webapp.cli import terminal
from webapp.host import reseal
from webapp.values.texts import plural


@click.group(invoke_without_command=True, options_metavar="[OPZIONI]", subcommand_metavar="[COMANDO]")
@click.pass_context
def chiavi(ctx: click.Context) -> None:
    """Crea le chiavi segrete di una nuova installazione, o rinnova quella dei token."""
    if ctx.invoked_subcommand is None:
        click.echo(f"PLATEA_SECRET_KEY={crypto.new_key()}")
        click.echo(f"PLATEA_TOKEN_KEYS={crypto.new_key()}")


def know_every_table() -> None:
    """Import the tables of every room and destination, and of the floor: what is sealed is found by them."""
    names = [found.name for found in walk_packages(webapp.__path__, "webapp.")]
    for name in names:
        if name.endswith((".models", ".mail", ".workers", ".periodic")):
            import_module(name)


@chiavi.command(options_metavar="[OPZIONI]")
@terminal.as_json
def ruota(as_json: bool) -> None:
    """Sigilla di nuovo tutti i token con la prima chiave di PLATEA_TOKEN_KEYS.

    Si fa mentre Platea lavora, in quest’ordine: metti la chiave nuova davanti alla vecchia
    (PLATEA_TOKEN_KEYS=nuova,vecchia) e riavvia web e worker; esegui “platea chiavi ruota”;
    togli la chiave vecchia.
    """
    terminal.start()
    know_every_table()
    done = reseal.reseal(services.services().seal)
    with db.writing() as session:
        told = {"rinnovati": done.renewed, "già nuovi": done.newest, "illeggibili": done.lost}
        record(session, Action.TOKENS_RESEALED, detail={**told}, client_id=None)
    if as_json:
        terminal.print_json({"renewed": done.renewed, "newest": done.newest, "lost": done.lost})
    else:
        click.echo(f"{plural(done.renewed, 'segreto sigillato', 'segreti sigillati')} con la chiave nuova.")
    if done.lost:
        words = plural(done.lost, "segreto non si apre", "segreti non si aprono")
        raise terminal.Stop(
            f"{words} con nessuna delle chiavi: non togliere la chiave vecchia.", terminal.BAD
        )
