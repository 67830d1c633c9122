"""`platea stato`: how an upload stands, in a sentence or as JSON."""

import time

import click
from sqlmodel import col

from webapp import db
from webapp.cli import terminal
from webapp.uploads.models import Upload
from webapp.uploads.screens import queries
from webapp.uploads.screens.rows import UploadRow
from webapp.uploads.status import FINAL, UploadStatus
from webapp.values.texts import STATUSES, number

GOOD = (UploadStatus.COMPLETED, UploadStatus.COMPLETED_WITH_WARNINGS)
LOOK_EVERY_S = 0.5


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
            report(row, as_json)
            return
    if as_json:
        terminal.print_json([summary(row) for row in rows])
    else:
        click.echo("\n".join(map(_sentence, rows)) or "Nessun caricamento, per ora.")


def wait_for(upload_id: int) -> UploadRow:
    """The upload once it has ended or waits for a person."""
    while True:
        row = read(upload_id)
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
        "operation": row.operation,
        "identifiers": row.identifiers,
        "missing": row.missing,
        "value": row.value_name,
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


def report(row: UploadRow, as_json: bool) -> None:
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
        f"{row.called} ({row.public_id})  {STATUSES[row.status].label}: "
        f"{number(numbers.sent)} utenti inviati a “{row.audience_name}”, "
        f"{number(numbers.invalid)} dati non validi, {number(numbers.duplicates)} duplicati."
    )
    return " ".join(filter(None, [sentence, row.reason, row.todo]))


def read(upload_id: int) -> UploadRow:
    with db.reading() as session:
        return queries.read_all(session, col(Upload.id) == upload_id)[0]
