"""`platea chiavi`: the secrets of an installation, new and renewed."""

from importlib import import_module
from pkgutil import walk_packages

import click

import webapp
from webapp import crypto, db, services
from webapp.access.trail import audit_chain
from webapp.access.trail.audit import Action, close_chain, record
from webapp.cli import terminal
from webapp.host import reseal, sealed_copies
from webapp.values.texts import plural


@click.group(invoke_without_command=True, options_metavar="[OPZIONI]", subcommand_metavar="[COMANDO]")
@click.pass_context
def chiavi(ctx: click.Context) -> None:
    """Crea le chiavi segrete di una nuova installazione, o passa a quelle nuove."""
    if ctx.invoked_subcommand is None:
        click.echo(f"PLATEA_SECRET_KEYS={crypto.new_key()}")
        click.echo(f"PLATEA_TOKEN_KEYS={crypto.new_key()}")


def know_every_table() -> None:
    """Import the tables of every room and destination, and of the floor: what is sealed is found by them."""
    names = [found.name for found in walk_packages(webapp.__path__, "webapp.")]
    for name in names:
        if name.endswith((".models", ".mail", ".workers", ".periodic", ".data_keys", ".budgets")):
            import_module(name)


@chiavi.command()
def copie() -> None:
    """Crea le due chiavi delle copie: con la pubblica si cifrano, con la privata si aprono."""
    public, private = sealed_copies.new_pair()
    click.echo(f"PLATEA_BACKUP_KEY={public}")
    click.echo(private)
    click.echo(
        "La prima va nelle impostazioni. La seconda tienila lontano da questo computer, in due posti: "
        "senza, le copie non si aprono più.",
        err=True,
    )


@chiavi.command(options_metavar="[OPZIONI]")
@terminal.as_json
def ruota(as_json: bool) -> None:
    """Passa alla prima chiave di PLATEA_TOKEN_KEYS e di PLATEA_SECRET_KEYS.

    Sigilla di nuovo i segreti e chiude la catena del registro. Si fa mentre Platea lavora, in quest’ordine:
    metti la chiave nuova davanti alla vecchia (PLATEA_TOKEN_KEYS=nuova,vecchia) e riavvia web e worker;
    esegui “platea chiavi ruota”; togli la chiave vecchia. Quella di PLATEA_SECRET_KEYS toglila dopo dodici
    ore, e chi è dentro non se ne accorge; dopo sette giorni, e restano buoni anche gli inviti.
    """
    terminal.start()
    know_every_table()
    chain = _closed_chain()
    done = reseal.reseal(services.services().seals)
    with db.writing() as session:
        told = {"rinnovati": done.renewed, "già nuovi": done.newest, "illeggibili": done.lost}
        record(session, Action.TOKENS_RESEALED, detail={**told}, client_id=None)
    if as_json:
        terminal.print_json({"renewed": done.renewed, "newest": done.newest, "lost": done.lost})
    else:
        click.echo(f"{plural(done.renewed, 'segreto sigillato', 'segreti sigillati')} con la chiave nuova.")
        if chain:
            click.echo("La catena del registro prosegue con la chiave nuova.")
    if done.lost:
        words = plural(done.lost, "segreto non si apre", "segreti non si aprono")
        raise terminal.Stop(
            f"{words} con nessuna delle chiavi: non togliere la chiave vecchia.", terminal.BAD
        )


def _closed_chain() -> bool:
    """Close the audit trail's chain of the former secret, if one is still accepted and it is not closed yet.

    A chain that is not whole stays open: closing it would say that it was.
    """
    if len(services.services().settings.secret_keys) == 1 or audit_chain.is_closed():
        return False
    if broken := audit_chain.verify().broken_at:
        raise terminal.Stop(
            f"La catena del registro è interrotta alla voce {broken}: non la chiudo. Guarda prima perché, "
            "con “platea registro verifica”.",
            terminal.BAD,
        )
    with db.writing() as session:
        return close_chain(session)
