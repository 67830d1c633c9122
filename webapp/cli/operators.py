"""`platea operatore` (or `operatori`): the people who log in, for who runs the host."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlmodel import Session, col, select

from webapp import db
from webapp.access import queries
from webapp.access.members import members
from webapp.access.members.operators import OperatorError, create_operator, set_password
from webapp.access.models import Operator, Role
from webapp.access.signing_in import notices, resets, second_factor, sessions
from webapp.access.trail.audit import Action, record
from webapp.cli import terminal
from webapp.values.texts import ROLES, moment

ROLE_NAMES = {"amministratore": Role.ADMINISTRATOR, "marketer": Role.MARKETER, "assistenza": Role.SUPPORT}
email_option = click.option("--email", prompt="Email", metavar="EMAIL", help="L’indirizzo con cui entra.")


@click.group(options_metavar="[OPZIONI]", subcommand_metavar="COMANDO …")
def operatore() -> None:
    """Gli operatori: chi può entrare e con quale ruolo."""


@operatore.command(options_metavar="[OPZIONI]")
@email_option
@click.option("--nome", prompt="Nome e cognome", metavar="NOME", help="Come lo vedono gli altri.")
@click.option("--cliente", prompt="Spazio cliente", metavar="NOME", help="Si crea se non c’è ancora.")
@click.option("--ruolo", type=click.Choice(list(ROLE_NAMES)), default="amministratore", show_default=True)
@click.option("--proprietario", is_flag=True, help="Amministra l’installazione e tutti gli spazi cliente.")
@click.password_option(
    "--password",
    prompt="Password (almeno 12 caratteri)",
    envvar="PLATEA_PASSWORD",
    metavar="PASSWORD",
    help="Meglio scriverla quando viene chiesta, o in PLATEA_PASSWORD.",
)
def crea(email: str, nome: str, cliente: str, ruolo: str, proprietario: bool, password: str) -> None:
    """Crea un operatore. Il primo di un’installazione ne è anche il proprietario."""
    terminal.start()
    with _refused_in_words(), db.writing() as session:
        owner = proprietario or session.exec(select(Operator.id).limit(1)).first() is None
        made = create_operator(session, email, nome, password, cliente, ROLE_NAMES[ruolo], owner)
        record(session, Action.OPERATOR_CREATED, on=made.name, client_id=None)
    also = " e proprietario dell’installazione" if owner else ""
    click.echo(f"Creato {made.name} ({made.email}), {ruolo} di “{cliente}”{also}.")


@operatore.command(options_metavar="[OPZIONI]")
@terminal.as_json
def elenco(as_json: bool) -> None:
    """Chi può entrare, dove e con quale ruolo."""
    terminal.start()
    with db.reading() as session:
        rows = [_row(session, one) for one in session.exec(select(Operator).order_by(col(Operator.name)))]
    if as_json:
        terminal.print_json(rows)
        return
    for row in rows:
        click.echo(_sentence(row))


@operatore.command(options_metavar="[OPZIONI]")
@email_option
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
    with _refused_in_words(), db.writing() as session:
        changed = set_password(session, email, password)
        record(session, Action.PASSWORD_CHANGED, on=changed.name, client_id=None)
    click.echo("Password cambiata: le sessioni aperte sono state chiuse.")


@operatore.command("reimposta-password", options_metavar="[OPZIONI]")
@email_option
def reimposta_password(email: str) -> None:
    """Scrive un link con cui l’operatore sceglie una nuova password: vale un’ora, una volta sola."""
    settings = terminal.start()
    with _refused_in_words(), db.writing() as session:
        operator = _operator(session, email)
        key = resets.new_link(session, operator)
        record(session, Action.RESET_LINK_MADE, on=operator.name, client_id=None)
    click.echo(f"{settings.public_url}/nuova-password/{key}")


@operatore.command("togli-secondo-fattore", options_metavar="[OPZIONI]")
@email_option
def togli_secondo_fattore(email: str) -> None:
    """Per chi ha perso il telefono e i codici di recupero: entra di nuovo con la sola password."""
    terminal.start()
    with _refused_in_words(), db.writing() as session:
        operator = _operator(session, email)
        second_factor.switch_off(session, operator)
        sessions.close(session, db.saved_id(operator))
        record(session, Action.TWO_FACTOR_OFF, on=operator.name, client_id=None)
        notices.second_factor_off(session, operator)
    click.echo(f"Il secondo fattore di {operator.name} è spento; le sessioni aperte sono state chiuse.")


@operatore.command(options_metavar="[OPZIONI]")
@email_option
@click.option("--togli", is_flag=True, help="Non lo è più: restano i ruoli che ha negli spazi cliente.")
def proprietario(email: str, togli: bool) -> None:
    """Fa di un operatore il proprietario dell’installazione: crea gli spazi cliente e li amministra tutti."""
    terminal.start()
    with _refused_in_words(), db.writing() as session:
        operator = _operator(session, email)
        operator.is_owner = not togli
        record(
            session, Action.ROLE_CHANGED, on=operator.name, detail={"proprietario": not togli}, client_id=None
        )
        notices.ownership_changed(session, operator)
    click.echo(f"{operator.name} {'non è più' if togli else 'è'} proprietario dell’installazione.")


@operatore.command(options_metavar="[OPZIONI]")
@email_option
def disattiva(email: str) -> None:
    """Un operatore non entra più, in nessuno spazio cliente, e le sue sessioni finiscono."""
    terminal.start()
    with _refused_in_words(), db.writing() as session:
        operator = _operator(session, email)
        members.deactivate_everywhere(session, operator)
        record(session, Action.OPERATOR_DEACTIVATED, on=operator.name, client_id=None)
        notices.login_switched(session, operator)
    click.echo(f"{operator.name} non entra più.")


@operatore.command(options_metavar="[OPZIONI]")
@email_option
def riattiva(email: str) -> None:
    """Un operatore disattivato entra di nuovo, con i ruoli che aveva."""
    terminal.start()
    with _refused_in_words(), db.writing() as session:
        operator = _operator(session, email)
        operator.is_active = True
        record(session, Action.OPERATOR_REACTIVATED, on=operator.name, client_id=None)
        notices.login_switched(session, operator)
    click.echo(f"{operator.name} entra di nuovo.")


def _operator(session: Session, email: str) -> Operator:
    found = queries.operator_by_email(session, email)
    if found is None:
        raise OperatorError(f"Nessun operatore ha l’indirizzo {email}.")
    return found


def _row(session: Session, operator: Operator) -> dict[str, object]:
    return {
        "email": operator.email,
        "name": operator.name,
        "owner": operator.is_owner,
        "active": operator.is_active,
        "second_factor": second_factor.is_on(session, operator),
        "entered_at": operator.entered_at,
        "roles": {client.name: role for client, role in queries.memberships(session, operator)},
    }


def _sentence(row: dict[str, object]) -> str:
    roles = row["roles"]
    assert isinstance(roles, dict)
    words = [f"{ROLES[role]} di “{client}”" for client, role in roles.items()]
    words += ["proprietario dell’installazione"] * bool(row["owner"])
    words += ["disattivato"] * (not row["active"])
    words += ["secondo fattore attivo"] * bool(row["second_factor"])
    entered = row["entered_at"]
    last = f"ultimo accesso {moment(entered)}" if entered else "mai entrato"  # type: ignore[arg-type]
    return f"{row['name']} ({row['email']}): {', '.join([*words, last])}"


@contextmanager
def _refused_in_words() -> Iterator[None]:
    """End the command with the Italian sentence of what cannot be done; nothing of it stays."""
    try:
        yield
    except OperatorError as error:
        raise terminal.Stop(str(error)) from None
    except members.LastAdministrator:
        raise terminal.Stop(
            "È l’unica persona che amministra uno spazio cliente: prima dai quel ruolo a un’altra."
        ) from None
