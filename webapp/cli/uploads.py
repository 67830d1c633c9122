"""`platea carica`: an upload from the command line, as the screen does it."""

import click
from sqlmodel import Session, select

from webapp import db
from webapp.cli import checking, terminal
from webapp.cli.upload_state import read, report, wait_for
from webapp.contacts import databases
from webapp.contacts.cells import fold
from webapp.contacts.consent import ConsentPolicy
from webapp.contacts.models import Filter, UserDatabase
from webapp.destinations import registry
from webapp.destinations.base import Account, Audience, DestinationError, Identifier, Medium, Origin
from webapp.uploads import identifier_words, origin_words, problems, values, way_words
from webapp.uploads.checking import keeping
from webapp.uploads.checking.reading import Check
from webapp.uploads.commands import Gone, start_upload
from webapp.uploads.operations import Operation
from webapp.uploads.screens.form import forecast, ways
from webapp.uploads.screens.sources import Source
from webapp.values.texts import number

CONSENTS = {
    "tutti": ConsentPolicy.ANYONE,
    "non-negato": ConsentPolicy.NOT_REFUSED,
    "dato": ConsentPolicy.GIVEN,
}
STARTED_BY = "riga di comando"
RECOGNISE_HELP = (
    "Gli altri dati di ogni persona da inviare perché Facebook la riconosca: nessuno, tutti, oppure uno o "
    f"più tra {', '.join(identifier_words.NAMES)}, separati da virgole."
)
VALUE_HELP = (
    "Il campo numerico del database che dice quanto vale ogni persona: la custom audience nasce basata sul "
    "valore, e chi non ha il numero resta fuori."
)


@click.command()
@click.option("--database", "database_name", required=True, metavar="NOME", help="Il database utenti.")
@click.option("--filtro", "filter_name", metavar="NOME", help="Solo i contatti di questo filtro.")
@click.option("--account", "act_id", required=True, metavar="ID", help="L’Account ID numerico.")
@click.option("--audience", required=True, metavar="NOME", help="La custom audience; nuova se non c’è.")
@click.option(
    "--medium",
    type=click.Choice([medium.value for medium in Medium]),
    help="Serve se il database ha email e SMS.",
)
@click.option(
    "--consenso",
    type=click.Choice(list(CONSENTS)),
    default="non-negato",
    show_default=True,
    help="A chi: tutti tranne chi ha detto no (non-negato); solo chi ha detto sì (dato); "
    "anche chi ha detto no (tutti, con --motivo). Le risposte da decidere restano sempre fuori.",
)
@click.option("--motivo", metavar="TESTO", help="Perché includi chi ha detto no: serve con --consenso tutti.")
@click.option(
    "--modo",
    type=click.Choice([*way_words.NAMES]),
    default="aggiungi",
    show_default=True,
    help="Come riempire la custom audience.",
)
@click.option(
    "--restano",
    metavar="N",
    help="Con --modo sostituisci, per confermare: quanti utenti resteranno nella custom audience.",
)
@click.option(
    "--riconosci",
    default=identifier_words.NONE,
    show_default=True,
    metavar="DATI",
    help=RECOGNISE_HELP,
)
@click.option(
    "--origine",
    type=click.Choice(list(origin_words.NAMES)),
    help="Da chi vengono i dati, dichiarato a Facebook quando la custom audience nasce. "
    "Se manca, come per l’ultimo caricamento del database dalla pagina.",
)
@click.option(
    "--verifica", is_flag=True, help="Conta e controlla soltanto: dice chi partirebbe e che cosa manca."
)
@click.option("--valore", metavar="CAMPO", help=VALUE_HELP)
@click.option("--attendi", is_flag=True, help="Aspetta la fine del caricamento.")
@terminal.client_option
@terminal.as_json
def carica(
    database_name: str,
    filter_name: str | None,
    act_id: str,
    audience: str,
    medium: str | None,
    consenso: str,
    motivo: str | None,
    modo: str,
    restano: str | None,
    riconosci: str,
    origine: str | None,
    verifica: bool,
    valore: str | None,
    attendi: bool,
    cliente: str | None,
    as_json: bool,
) -> None:
    """Carica gli utenti di un database, o di un suo filtro, in una custom audience."""
    policy, identifiers = _policy(consenso, motivo), read_identifiers(riconosci)
    terminal.start()
    with db.reading() as session:
        client = terminal.client_id(session, cliente)
        database = _database(session, client, database_name)
        chosen = _filter(session, database, filter_name) if filter_name else None
        by = Medium(medium) if medium else _only_medium(session, database)
        value_field = read_value(session, database, valore) if valore else None
    account, operation = _account(client, act_id), way_words.NAMES[modo]
    audience_id = _audience_id(client, account, audience, operation, value_field)
    origin = origin_words.NAMES[origine] if origine else Origin(database.data_origin)
    there = checking.There(account, audience, audience_id)
    draft = checking.draft(there, by, policy, identifiers, origin, operation, value_field)
    checked = checking.made(Source(database, chosen), draft, account)
    if verifica:
        checking.report(checked, as_json)
        return
    _check_way(checked, audience_id is None, restano)
    checking.refuse_blocked(checked)
    try:
        upload = start_upload(
            client_id=client,
            database_id=db.saved_id(database),
            filter_id=chosen.id if chosen else None,
            destination=account.kind,
            account_id=account.id,
            audience_id=audience_id,
            audience_name=audience,
            medium=by,
            consent=policy,
            reason=motivo,
            identifiers=identifiers,
            origin=origin,
            operation=operation,
            value_field=value_field,
            started_by=STARTED_BY,
            check=keeping.row_of(checked, STARTED_BY),
        )
    except Gone as gone:  # deleted by somebody at this moment
        raise terminal.Stop(str(gone)) from None
    report(wait_for(db.saved_id(upload)) if attendi else read(db.saved_id(upload)), as_json)


def _check_way(checked: Check, is_new: bool, stay: str | None) -> None:
    """Raises Stop where the way does not fit the audience, or *stay* does not confirm who is left."""
    count = checked.numbers.to_send
    wrong = ways.problems(checked.facts.operation, is_new, count, understood=True, repeated=stay or "")
    if "ripeti" in wrong:
        raise terminal.Stop(
            f"“--modo sostituisci” lascia nella custom audience {number(count)} utenti e toglie tutti gli "
            f"altri, anche chi non è stato inviato da Platea: per confermare aggiungi --restano {count}."
        )
    if wrong:
        raise terminal.Stop(next(iter(wrong.values())))


def read_identifiers(names: str) -> list[Identifier]:
    """Of `--riconosci`. Raises Stop for a name that is none."""
    try:
        return identifier_words.read_names(names)
    except identifier_words.UnknownNames as unknown:
        raise terminal.Stop(str(unknown)) from None


def read_value(session: Session, database: UserDatabase, name: str) -> str:
    """Of `--valore`: the own field called *name*. Raises Stop for one that is no number."""
    fields = values.fields(session, db.saved_id(database))
    found = [field for field, label in fields.items() if fold(label) == fold(name)]
    if not found:
        there = ", ".join(f"“{label}”" for label in fields.values()) or "nessuno"
        raise terminal.Stop(
            f"“{name}” non è un campo numerico di “{database.name}”: --valore vuole un campo del database "
            f"che contiene numeri. Ci sono: {there}."
        )
    return found[0]


def _policy(consenso: str, motivo: str | None) -> ConsentPolicy:
    policy = CONSENTS[consenso]
    if policy == ConsentPolicy.ANYONE and not problems.is_reason(motivo):
        raise terminal.Stop(
            "“--consenso tutti” invia anche chi ha detto no: scrivi perché puoi farlo con --motivo, "
            f"almeno {problems.SHORTEST_REASON} caratteri. Senza, usa --consenso non-negato oppure dato."
        )
    if policy != ConsentPolicy.ANYONE and motivo is not None:
        raise terminal.Stop("--motivo serve solo con --consenso tutti: toglilo, oppure scegli tutti.")
    return policy


def _database(session: Session, client_id: int, name: str) -> UserDatabase:
    database = databases.named(session, client_id, name)
    if database is None:
        raise terminal.Stop(f"il database utenti “{name}” non esiste.")
    return database


def _filter(session: Session, database: UserDatabase, name: str) -> Filter:
    query = select(Filter).where(Filter.database_id == database.id, Filter.name == name)
    found = session.exec(query).first()
    if found is None:
        raise terminal.Stop(f"il filtro “{name}” non esiste in “{database.name}”.")
    return found


def _only_medium(session: Session, database: UserDatabase) -> Medium:
    possible = forecast.media_of(session, db.saved_id(database))
    if len(possible) == 1:
        return possible[0]
    if not possible:
        raise terminal.Stop("nessun contatto ha un’email o un cellulare valido: non c’è nulla da inviare.")
    raise terminal.Stop("il database ha sia email sia SMS: scegli con --medium email o --medium sms.")


def _account(client_id: int, act_id: str) -> Account:
    accounts = registry.accounts(client_id)
    for account in accounts:
        if account.reference == act_id.removeprefix("act_"):
            return account
    known = ", ".join(account.reference for account in accounts) or "nessuno"
    raise terminal.Stop(f"l’Account ID {act_id} non è configurato. Configurati: {known}.")


def _audience_id(
    client_id: int, account: Account, name: str, operation: Operation, value_field: str | None
) -> str | None:
    """None: there is none of that name yet. Raises Stop for one that takes values where none are sent."""
    found = _audience(client_id, account, name)
    if found is None:
        return None
    if wrong := values.mismatch(operation, found.by_value, value_field is not None):
        raise terminal.Stop(f"“{name}”: {wrong}")
    return found.id


def _audience(client_id: int, account: Account, name: str) -> Audience | None:
    """The account's audience of that name, None when there is none yet."""
    try:
        connection = registry.destination(account.kind).connect(client_id, account.id)
        try:
            found = [audience for audience in connection.audiences() if audience.name == name]
        finally:
            connection.close()
    except DestinationError as error:
        raise terminal.Stop(error.said_at_once, terminal.WAITS) from None
    if len(found) > 1:
        raise terminal.Stop(f"su {account.name} ci sono {len(found)} custom audience di nome “{name}”.")
    if found and found[0].unsuitable:
        raise terminal.Stop(f"la custom audience “{name}” non può ricevere utenti: {found[0].unsuitable}")
    return found[0] if found else None
