"""A quarter of an hour in which Facebook, or something before it, answers everything with the same trouble.

An outage of an hour turned 3 batches into 2,751 and 11,255 calls, and the end came a quarter of an hour after
the outage. Reported of others: airbytehq/airbyte#14267, OWOX/owox-data-marts#69,
facebook/facebook-java-business-sdk#319.
"""

import hashlib
from collections.abc import Iterator

import pytest
import time_machine
from sqlalchemy import insert
from sqlmodel import func, select

from tests.uploads.conftest import read
from tests.uploads.engine.conftest import outages
from tests.uploads.engine.weather import Worker
from webapp import clock, db
from webapp.contacts.models import Contact
from webapp.uploads.models import Batch
from webapp.uploads.status import UploadStatus

CONTACTS, QUARTER_S = 12_000, 15 * 60.0
WEATHER = {
    "HTML 500": {"fault": "html_500"},
    "codice 1": {"fault": "1"},
    "codice 1, pagina pesante": {"fault": "1/reduce"},
    "codice 2": {"fault": "2"},
    "401 vuoto": {"fault": "empty_body", "status": 401},
    "403 del WAF": {"fault": "html_500", "status": 403},
    "413": {"fault": "html_500", "status": 413},
    "429": {"fault": "status_429"},
    "connessione caduta prima": {"fault": "cut_before"},
    "connessione caduta dopo": {"fault": "cut_after_commit"},
}


@pytest.fixture
def worker(connected) -> Iterator[Worker]:
    with time_machine.travel(clock.now(), tick=False) as moved:
        yield Worker(connected.redis_url, moved)


def add_many(world, count: int) -> None:
    """As `world.add_contacts`, without making twelve thousand objects."""
    like = Contact(database_id=world.database.id).model_dump(exclude={"id"})
    emails = [f"persona{n}@posta.example" for n in range(count)]
    digests = [hashlib.sha256(email.encode()).digest() for email in emails]
    rows = [like | {"email": email, "email_sha256": sha} for email, sha in zip(emails, digests, strict=True)]
    with db.writing() as session:
        session.execute(insert(Contact), rows)


def n_batches(upload) -> int:
    with db.reading() as session:
        return session.exec(select(func.count()).where(Batch.upload_id == upload.id)).one()


EVERYWHERE = ("HTML 500", "codice 1", "connessione caduta prima")


def calls_of(world, account) -> int:
    return len([call for call in world.simulator.calls() if call.get("account_id") == account.act_id])


@pytest.mark.parametrize(("on", "weathers"), [("POST /users", tuple(WEATHER)), ("any", EVERYWHERE)])
def test_an_outage_costs_few_calls_and_is_over_within_a_minute(on, weathers, world, worker):
    """Each weather on an account of its own, all in the same quarter of an hour."""
    add_many(world, CONTACTS)
    uploads, accounts, before = {}, {}, {}
    for number, weather in enumerate(weathers):
        account = world.connect(f"Account {number}", f"77{number:03}") if number else world.account
        accounts[weather] = account
        before[weather] = calls_of(world, account)
        uploads[weather] = world.start(account_id=account.id, audience_name=weather)
        world.simulator.order(**WEATHER[weather], on=on, account=account.act_id, times=None)

    worker.live(QUARTER_S)

    for upload in map(read, uploads.values()):
        assert upload.status == UploadStatus.PAUSED
        assert upload.reason.startswith("Facebook ha un problema: riproviamo alle ")
        assert upload.resume_at - clock.epoch() <= 45
    world.simulator.order(clear=True)
    ended_at = worker.until_ended(uploads, QUARTER_S)

    for weather, upload in uploads.items():
        calls, batches = calls_of(world, accounts[weather]) - before[weather], n_batches(upload)
        outages.add(
            "Un quarto d’ora di guasto: 12.000 contatti, 3 blocchi",
            tempo=weather,
            su="tutte le chiamate" if on == "any" else "invio degli utenti",
            chiamate=calls,
            blocchi=batches,
            minuti_dopo=f"{ended_at[weather] / 60:.1f}".replace(".", ","),
        )
        assert read(upload).status == UploadStatus.COMPLETED
        assert len(world.simulator.received(read(upload).audience_id)) == CONTACTS
        assert calls <= 60
        assert batches <= 6
        assert ended_at[weather] <= 60
