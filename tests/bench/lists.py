"""Counts and pages over a whole user database: bare SQL beside ours, and every list as its reader waits."""

import time
from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import func, select, text

from tests.bench.measure import percentile
from tests.conftest import Browser, add_operator, make_app
from webapp import clock, config, db, services
from webapp.access.models import Client, Role
from webapp.contacts.filters import word_index
from webapp.contacts.models import CONTACT, UserDatabase
from webapp.contacts.queries import field_types
from webapp.uploads.models import Batch, Upload
from webapp.uploads.status import BatchStatus, UploadStatus

# The three conditions of every measurement: 1.7 % of the contacts, as in the floor's.
FLOOR = {
    "sqlite": """SELECT count(*) FROM contact WHERE database_id = :database_id
        AND own_fields ->> '$.tessera_fedelta' = 'Oro' AND own_fields ->> '$.totale_speso' > 2200
        AND own_fields ->> '$.ultimo_acquisto' >= '2025-01-01'""",
    "postgresql": """SELECT count(*) FROM contact WHERE database_id = :database_id
        AND own_fields ->> 'tessera_fedelta' = 'Oro' AND (own_fields ->> 'totale_speso')::float > 2200
        AND own_fields ->> 'ultimo_acquisto' >= '2025-01-01'""",
}
OWN_RULE = [
    ("own:tessera_fedelta", "is", ["Oro"]),
    ("own:totale_speso", "greater", [2200]),
    ("own:ultimo_acquisto", "after", ["2024-12-31"]),
]
COLUMN_RULE = [("city", "is", ["Forlì"]), ("last_name", "is", ["Conti"]), ("first_name", "is", ["Irène"])]
UPLOADS = 200  # in the history


def counts(database_id: int, repeats: int) -> dict[str, Any]:
    """Milliseconds of the bare count, of ours over own fields and of ours over columns, in turn."""
    services.start(config.from_environment())
    floor = text(FLOOR[db.engine().dialect.name])
    works: dict[str, Callable[[], int]] = {
        "floor": lambda: _scalar(floor, database_id),
        "own": lambda: _count(database_id, OWN_RULE),
        "columns": lambda: _count(database_id, COLUMN_RULE),
    }
    times: dict[str, list[float]] = {name: [] for name in works}
    found = {}
    for _ in range(repeats):
        for name, work in works.items():
            started = time.perf_counter()
            found[name] = work()
            times[name].append((time.perf_counter() - started) * 1000)
    return {name: {"ms": min(some), "found": found[name]} for name, some in times.items()}


def pages(database_id: int, repeats: int) -> dict[str, Any]:
    """Milliseconds on the server's side of what people open most, as Flask's test client asks for it."""
    settings = config.from_environment()
    app = make_app(settings)
    with db.reading() as session:
        database = session.get_one(UserDatabase, database_id)
        client = session.get_one(Client, database.client_id)
        upload = session.execute(
            select(Upload.public_id).where(Upload.database_id == database_id).limit(1)
        ).scalar_one()
    browser = app.test_client()
    browser.sign_in(add_operator(client, Role.ADMINISTRATOR, f"misura{time.time_ns()}@aurora.example"))
    contacts = f"/database/{database.public_id}/contatti"
    urls = {
        "prima pagina": contacts,
        "ricerca che trova": f"{contacts}?cerca=conti",
        "ricerca di nessuno": f"{contacts}?cerca=zanzibarro",
        "storico": f"/database/{database.public_id}/custom-audience",
        "dettaglio": f"/caricamenti/{upload}",
    }
    return {name: _asked(browser, url, repeats) for name, url in urls.items()}


def fill_history(world_client: int, database_id: int, account_id: int) -> None:
    """A history as after a year: uploads of the database with their batches."""
    for number in range(UPLOADS):
        with db.writing() as session:
            upload = Upload(
                client_id=world_client,
                database_id=database_id,
                destination="meta",
                account_id=account_id,
                account_name="Aurora Italia",
                audience_id=str(120_200_000_000_000_000 + number),
                audience_name=f"Clienti {number}",
                medium="email",
                consent="not_refused",
                status=UploadStatus.COMPLETED,
                selected=100_000,
                to_send=100_000,
                duplicates=0,
                prepared_at=clock.now(),
                finished_at=clock.now(),
                started_by="Giulia Ferri",
            )
            session.add(upload)
            session.flush()
            session.add_all(_batch(upload.id or 0, seq) for seq in range(1, 21))


def _batch(upload_id: int, seq: int) -> Batch:
    return Batch(
        upload_id=upload_id,
        seq=seq,
        n_rows=5_000,
        schema_=["EMAIL"],
        status=BatchStatus.SENT,
        num_received=5_000,
        sent_at=clock.now(),
    )


def _asked(browser: Browser, url: str, repeats: int) -> dict[str, float]:
    browser.get(url)  # the first reader compiles the templates
    times, used = [], []
    for _ in range(repeats):
        started, cpu = time.perf_counter(), time.process_time()
        answer = browser.get(url)
        times.append((time.perf_counter() - started) * 1000)
        used.append((time.process_time() - cpu) * 1000)
        assert answer.status_code == 200, f"{url}: {answer.status_code}"
    return {"p95_ms": percentile(times, 0.95), "cpu_p95_ms": percentile(used, 0.95)}


def _scalar(query: Any, database_id: int) -> int:
    with db.reading() as session:
        return int(session.execute(query, {"database_id": database_id}).scalar_one())


def _count(database_id: int, conditions: list[tuple[str, str, list[Any]]]) -> int:
    """What the product does to count a filter, without the time limit of its screen."""
    rule = {
        "groups": [
            {
                "match": "all",
                "conditions": [
                    {"field": field, "operator": operator, "values": values}
                    for field, operator, values in conditions
                ],
            }
        ]
    }
    with db.reading() as session:
        fields = field_types(session, database_id)
        chosen = word_index.chosen(session, database_id, rule, fields, date.today())
    with db.reading() as session:
        return session.execute(select(func.count()).select_from(CONTACT).where(chosen)).scalar_one()
