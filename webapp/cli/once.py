"""`platea demo --una-volta FILE`: the whole way once, in a temporary folder, and the numbers of it."""

import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import NamedTuple

import click
import requests

from webapp import data_keys, db, migrations, services, wiring
from webapp.access.queries import spaces
from webapp.access.signing_in.demo import ensure_demo_operator
from webapp.cli import imports, terminal
from webapp.cli.upload_state import wait_for
from webapp.cli.uploads import read_value
from webapp.contacts import databases
from webapp.contacts.consent import ConsentPolicy
from webapp.contacts.imports import importing
from webapp.contacts.models import UserDatabase
from webapp.contacts.models_imports import ContactImport, ImportStatus
from webapp.destinations import registry
from webapp.destinations.base import Identifier, Medium
from webapp.destinations.meta.accounts import accounts
from webapp.destinations.meta.models import KIND
from webapp.host.installation import Installation
from webapp.uploads.commands import start_upload
from webapp.uploads.models import Upload
from webapp.uploads.screens.form import forecast
from webapp.uploads.screens.rows import UploadRow
from webapp.uploads.status import UploadStatus
from webapp.values.texts import number

WORKERS = 2
REASON = "Prova con il simulatore: a Facebook non arriva nulla."
STILL_IMPORTING = (ImportStatus.DRAFT, ImportStatus.QUEUED, ImportStatus.RUNNING)
GOOD = (UploadStatus.COMPLETED, UploadStatus.COMPLETED_WITH_WARNINGS)


class Asked(NamedTuple):
    """What to send of the file: by which medium (None: the only one), to whom, with which other data.

    *value*: the column that says what each person is worth, as people call it.
    """

    medium: str | None
    consent: ConsentPolicy
    identifiers: Sequence[Identifier] = ()
    value: str | None = None


def run(file: Path, asked: Asked, received_to: Path | None, as_json: bool) -> None:
    """Import, upload, wait, report. Leaves no process and no file behind, whatever happens."""
    signal.signal(signal.SIGTERM, _exit_on_signal)
    with tempfile.TemporaryDirectory(prefix="platea-") as folder:
        installation = Installation.open(Path(folder))
        try:
            report, status = _whole_way(installation, file, asked, received_to)
        finally:
            installation.stop()
    if as_json:
        terminal.print_json(report)
    else:
        click.echo(_sentence(report))
    if status not in GOOD:
        raise SystemExit(terminal.BAD)


def _whole_way(
    installation: Installation, file: Path, asked: Asked, received_to: Path | None
) -> tuple[dict[str, object], str]:
    installation.start_redis()
    installation.start_simulator()
    services.start(installation.settings())
    wiring.register_hooks()
    migrations.upgrade(db.engine())
    data_keys.make()
    client_id, account_id = _connect_account(installation)
    installation.start_workers(WORKERS)
    done, database = _import(client_id, file)
    by = Medium(asked.medium) if asked.medium else _only_medium(database)
    value_field = None
    if asked.value:
        with db.reading() as session:
            value_field = read_value(session, database, asked.value)
    upload = start_upload(
        client_id=client_id,
        database_id=db.saved_id(database),
        destination=KIND,
        account_id=account_id,
        audience_id=None,
        audience_name=f"Prova, {file.stem}",
        medium=by,
        consent=asked.consent,
        reason=REASON,
        identifiers=asked.identifiers,
        value_field=value_field,
        started_by="riga di comando",
    )
    row = wait_for(db.saved_id(upload))
    schema = _schema(upload)
    received = _received(installation, row.audience_id, schema) if row.audience_id else []
    if received_to:
        head = ["\t".join(schema)] if asked.identifiers or asked.value else []
        received_to.write_text("".join(f"{one}\n" for one in (*head, *received)), encoding="utf-8")
    installation.supervisor.stop("worker")
    return _report(done, row, len(received)), row.status


def _connect_account(installation: Installation) -> tuple[int, int]:
    told = installation.simulator
    with db.writing() as session:
        client, _ = spaces(session, ensure_demo_operator(session))[0]
    account = accounts.save_with_token(
        db.saved_id(client), "Account di prova", told["account_id"], told["access_token"]
    )
    return db.saved_id(client), db.saved_id(account)


def _import(client_id: int, file: Path) -> tuple[ContactImport, UserDatabase]:
    with db.writing() as session:
        database = databases.create_database(session, client_id, file.stem)
    with imports.refused_in_words():
        made = imports.created(database, file)
        importing.start(db.saved_id(made))
    done = _wait(lambda: _read_import(db.saved_id(made)), lambda one: one.status not in STILL_IMPORTING)
    if done.status not in imports.GOOD:
        raise terminal.Stop(f"importazione non riuscita: {done.error}", terminal.BAD)
    return done, database


def _read_import(import_id: int) -> ContactImport:
    with db.reading() as session:
        return session.get_one(ContactImport, import_id)


def _wait(read: Callable[[], ContactImport], ended: Callable[[ContactImport], bool]) -> ContactImport:
    while not ended(found := read()):
        time.sleep(0.1)
    return found


def _only_medium(database: UserDatabase) -> Medium:
    with db.reading() as session:
        possible = forecast.media_of(session, db.saved_id(database))
    if len(possible) != 1:
        raise terminal.Stop("scegli con --medium email o --medium sms.")
    return possible[0]


def _schema(upload: Upload) -> list[str]:
    destination, by_value = registry.destination(upload.destination), upload.value_field is not None
    encoder = destination.encoder(Medium(upload.medium), upload.identifiers, by_value=by_value)
    return list(encoder.schema)


def _received(installation: Installation, audience_id: str, schema: Sequence[str]) -> list[str]:
    """The members of the audience at the simulator, as they came over the wire: a line a person, its cells in
    the order of *schema* with tabs between them; empty where it came without that key.
    """
    wanted = {"audience": audience_id, **({"formato": "testo"} if len(schema) == 1 else {})}
    url = f"{installation.simulator['graph_url']}/_sim/received"
    answer = requests.get(url, params=wanted, timeout=60)
    answer.raise_for_status()
    if len(schema) == 1:
        return sorted(answer.text.splitlines())
    return sorted(
        "\t".join(dict(zip(names.split(","), cells, strict=True)).get(key, "") for key in schema)
        for names, rows in answer.json()["audiences"].get(audience_id, {}).items()
        for cells in rows
    )


def _report(done: ContactImport, row: UploadRow, received: int) -> dict[str, object]:
    numbers = row.numbers
    return {
        "rows": done.rows_read,
        "imported": done.rows_new + done.rows_updated,
        "selected": numbers.selected,
        "identifiers": row.identifiers,
        "missing": row.missing,
        "value": row.value_name,
        "consent": row.consent,
        "refused_included": row.refused_included,
        "excluded": numbers.n_excluded,
        "excluded_by": dict(numbers.excluded),
        "discarded": dict(numbers.discarded),
        "duplicates": numbers.duplicates,
        "sent": numbers.sent,
        "received": received,
        "rejected": numbers.rejected,
        "batches": row.batches,
        "seconds": {
            "import": _seconds(done.started_at, done.finished_at),
            "prepare": _seconds(row.created_at, row.prepared_at),
            "send": _seconds(row.prepared_at, row.finished_at),
        },
        # Of the workers and their jobs only: they have ended, Redis and the simulator have not.
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, 1),
    }


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    return round((end - start).total_seconds(), 3) if start and end else None


def _sentence(report: dict[str, object]) -> str:
    rows, sent, received = report["rows"], report["sent"], report["received"]
    assert isinstance(rows, int) and isinstance(sent, int) and isinstance(received, int)
    return (
        f"{number(rows)} righe lette, {number(sent)} utenti inviati, "
        f"{number(received)} identificativi ricevuti dal simulatore."
    )


def _exit_on_signal(_number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + signal.SIGTERM)
