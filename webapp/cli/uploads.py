"""`platea carica` and `platea stato`: an upload from the command line, as the screen does it."""

import time

import click
from sqlmodel import Session, col, select

from webapp import db
from webapp.cli import terminal
from webapp.contacts import databases
from webapp.contacts.consent import ConsentPolicy
from webapp.contacts.models import Filter, UserDatabase
from webapp.destinations import registry
from webapp.destinations.base import Account, DestinationError, Identifier, Medium
from webapp.uploads import identifier_words, origin_words, problems
from webapp.uploads.commands import Gone, start_upload
from webapp.uploads.models import Upload
from webapp.uploads.screens import queries
from webapp.uploads.screens.form import forecast
from webapp.uploads.screens.rows import UploadRow
from webapp.uploads.status import FINAL, UploadStatus
from webapp.values.texts import STATUSES, number

GOOD = (UploadStatus.COMPLETED, UploadStatus.COMPLETED_WITH_WARNINGS)
LOOK_EVERY_S = 0.5
CONSENTS = {
    "tutti": ConsentPolicy.ANYONE,
    "non-negato": ConsentPolicy.NOT_REFUSED,
    "dato": ConsentPolicy.GIVEN,
}
RECOGNISE_HELP = (
    "Gli altri dati di ogni persona da inviare perché Facebook la riconosca: nessuno, tutti, oppure uno o "
    f"più tra {', '.join(identifier_words.NAMES)}, separati da virgole."
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
    riconosci: str,
    origine: str | None,
    attendi: bool,
    cliente: str | None,
    as_json: bool,
) -> None:
    """Carica gli utenti di un database, o di un suo filtro, in una custom audience."""
    policy = _policy(consenso, motivo)
    identifiers = read_identifiers(riconosci)
    terminal.start()
    with db.reading() as session:
        client = terminal.client_id(session, cliente)
        database = _database(session, client, database_name)
        chosen = _filter(session, database, filter_name) if filter_name else None
        by = Medium(medium) if medium else _only_medium(session, database)
    account = _account(client, act_id)
    audience_id = _audience(client, account, audience)
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
            origin=origin_words.NAMES[origine] if origine else None,
            started_by="riga di comando",
        )
    except Gone as gone:  # deleted by somebody at this moment
        raise terminal.Stop(str(gone)) from None
    _report(wait_for(db.saved_id(upload)) if attendi else _read(db.saved_id(upload)), as_json)


@click.command()
@click.argument("upload_id", required=False, metavar="[ID]")
@terminal.client_option
@terminal.as_json
def stato(upload_id: str | None, cliente: str | None, as_json: bool) -> None:
    """Lo stato di un caricamento, o degli ultimi venti."""
    terminal.start()
    with db.reading() as session:
        client = terminal.client_id(session, cliente)
        if upload_id is None:
            rows = queries.read_all(session, col(Upload.client_id) == client, limit=20)
        else:
            row = queries.read_one(session, client, upload_id)
            if row is None:
                raise terminal.Stop(f"il caricamento {upload_id} non esiste.")
            _report(row, as_json)
            return
    if as_json:
        terminal.print_json([summary(row) for row in rows])
    else:
        click.echo("\n".join(map(_sentence, rows)) or "Nessun caricamento, per ora.")


def wait_for(upload_id: int) -> UploadRow:
    """The upload once it has ended or waits for a person."""
    while True:
        row = _read(upload_id)
        waits_for_person = row.status == UploadStatus.PAUSED and row.resume_at is None
        if row.status in FINAL or waits_for_person:
            return row
        time.sleep(LOOK_EVERY_S)


def summary(row: UploadRow) -> dict[str, object]:
    numbers = row.numbers
    return {
        "id": row.public_id,
        "status": row.status,
        "label": STATUSES[row.status].label,
        "database": row.database_name,
        "filter": row.filter_name,
        "account": row.account_name,
        "audience": row.audience_name,
        "medium": row.medium,
        "identifiers": row.identifiers,
        "missing": row.missing,
        "data_origin": row.data_origin,
        "consent": row.consent,
        "consent_reason": row.consent_reason,
        "refused_included": row.refused_included,
        "selected": numbers.selected,
        "excluded": numbers.n_excluded,
        "excluded_by": dict(numbers.excluded),
        "discarded": dict(numbers.discarded),
        "duplicates": numbers.duplicates,
        "to_send": numbers.to_send,
        "sent": numbers.sent,
        "unconfirmed": numbers.unconfirmed,
        "rejected": numbers.rejected,
        "batches": row.batches,
        "reason": row.reason,
        "todo": row.todo,
    }


def read_identifiers(names: str) -> list[Identifier]:
    """Of `--riconosci`. Raises Stop for a name that is none."""
    try:
        return identifier_words.read_names(names)
    except identifier_words.UnknownNames as unknown:
        raise terminal.Stop(str(unknown)) from None


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


def _report(row: UploadRow, as_json: bool) -> None:
    if as_json:
        terminal.print_json(summary(row))
    else:
        click.echo(_sentence(row))
    if row.status == UploadStatus.PAUSED and row.resume_at is None:
        raise SystemExit(terminal.WAITS)
    if row.status in FINAL and row.status not in GOOD:
        raise SystemExit(terminal.BAD)


def _sentence(row: UploadRow) -> str:
    numbers = row.numbers
    sentence = (
        f"{row.public_id}  {STATUSES[row.status].label}: {number(numbers.sent)} utenti inviati "
        f"a “{row.audience_name}”, {number(numbers.invalid)} dati non validi, "
        f"{number(numbers.duplicates)} duplicati."
    )
    return " ".join(filter(None, [sentence, row.reason, row.todo]))


def _read(upload_id: int) -> UploadRow:
    with db.reading() as session:
        return queries.read_all(session, col(Upload.id) == upload_id)[0]


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


def _audience(client_id: int, account: Account, name: str) -> str | None:
    """The id of the account's audience of that name, None when there is none yet."""
    try:
        connection = registry.destination(account.kind).connect(client_id, account.id)
        try:
            found = [audience for audience in connection.audiences() if audience.name == name]
        finally:
            connection.close()
    except DestinationError as error:
        raise terminal.Stop(f"{error.problem.what} {error.problem.todo}", terminal.WAITS) from None
    if len(found) > 1:
        raise terminal.Stop(f"su {account.name} ci sono {len(found)} custom audience di nome “{name}”.")
    if found and found[0].unsuitable:
        raise terminal.Stop(f"la custom audience “{name}” non può ricevere utenti: {found[0].unsuitable}")
    return found[0].id if found else None
