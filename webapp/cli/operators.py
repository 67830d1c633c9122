"""`platea operatore`: the people who log in."""

import click

from webapp import db
from webapp.access.audit import Action, record
from webapp.access.models import Role
from webapp.access.operators import OperatorError, create_operator, set_password
from webapp.cli import terminal

ROLES = {"amministratore": Role.ADMINISTRATOR, "marketer": Role.MARKETER, "assistenza": Role.SUPPORT}


@click.group(options_metavar="[OPZIONI]", subcommand_metavar="COMANDO …")
def operatore() -> None:
    """Gli operatori: chi può entrare e con quale ruolo."""


@operatore.command(options_metavar="[OPZIONI]")
@click.option("--email", prompt="Email", metavar="EMAIL", help="L’indirizzo con cui entra.")
@click.option("--nome", prompt="Nome e cognome", metavar="NOME", help="Come lo vedono gli altri.")
@click.option("--cliente", prompt="Spazio cliente", metavar="NOME", help="Si crea se non c’è ancora.")
@click.option("--ruolo", type=click.Choice(list(ROLES)), default="amministratore", show_default=True)
@click.password_option(
    "--password",
    prompt="Password (almeno 12 caratteri)",
    envvar="PLATEA_PASSWORD",
    metavar="PASSWORD",
    help="Meglio scriverla quando viene chiesta, o in PLATEA_PASSWORD.",
)
def crea(email: str, nome: str, cliente: str, ruolo: str, password: str) -> None:
    """Crea un operatore. Il primo amministratore di un’installazione si crea così."""
    terminal.start()
    try:
        with db.writing() as session:
            made = create_operator(session, email, nome, password, cliente, ROLES[ruolo])
            record(session, Action.OPERATOR_CREATED, on=made.name, detail={"ruolo": ruolo, "spazio": cliente})
    except OperatorError as error:
        raise terminal.Stop(str(error)) from None
    click.echo(f"Creato {made.name} ({made.email}), {ruolo} di “{cliente}”.")


@operatore.command(options_metavar="[OPZIONI]")
@click.option("--email", prompt="Email", metavar="EMAIL", help="L’indirizzo con cui entra.")
@click.password_option(
    "--password",
    prompt="Nuova password",
    envvar="PLATEA_PASSWORD",
    metavar="PASSWORD",
    help="Meglio scriverla quando viene chiesta, o in PLATEA_PASSWORD.",
)
def password(email: str, password: str) -> None:
    """Cambia la password di un operatore e chiude le sue sessioni."""
    terminal.start()
    try:
        with db.writing() as session:
            changed = set_password(session, email, password)
            record(session, Action.PASSWORD_CHANGED, on=changed.name)
    except OperatorError as error:
        raise terminal.Stop(str(error)) from None
    click.echo("Password cambiata: le sessioni aperte sono state chiuse.")
