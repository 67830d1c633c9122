"""Writing down what came back, when the database is busy: senders wait for each other, never in a ring."""

import threading
import time
from dataclasses import replace

import pytest
from sqlalchemy import text

from tests.uploads.conftest import read
from tests.uploads.engine.test_sending import batches, many
from webapp import db, patience
from webapp import services as platea
from webapp.destinations.base import BatchResult
from webapp.uploads import jobs
from webapp.uploads.engine import leases, outcomes, preparation, sending
from webapp.uploads.status import UploadStatus


@pytest.fixture
def settings(settings, request):
    if "postgresql" in request.node.name:
        return replace(
            settings, database_url=request.getfixturevalue("create_database")("prova", migrated=True)
        )
    return replace(settings, database_url=f"sqlite:///{settings.data_dir / 'platea.db'}")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_four_senders_that_record_at_once_all_succeed(kind, world, connected):
    platea.start(replace(connected, batch_rows=2))
    world.add_contacts(*many(120))
    upload = world.start()
    jobs.prepare_upload(upload.id)
    problems: list[Exception] = []

    def record_them() -> None:
        try:
            while claimed := leases.claim(upload.id):
                outcomes.record_sent(claimed, BatchResult(received=2))
        except Exception as error:
            problems.append(error)

    senders = [threading.Thread(target=record_them) for _ in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()

    assert problems == []
    assert sum(batch.num_received for batch in batches(upload)) == 120
    assert read(upload).status == UploadStatus.COMPLETED


def test_an_answer_waits_for_a_locked_database_and_is_not_asked_for_again(world, connected, monkeypatch):
    world.add_contacts("anna@posta.example")
    upload = world.start()
    jobs.prepare_upload(upload.id)
    claimed = leases.claim(upload.id)
    monkeypatch.setattr(patience, "LOCK_WAIT_S", 0.05)  # as if the lock were held for ten seconds and more
    locked, free = threading.Event(), threading.Event()

    def hold_the_lock() -> None:
        with db.make_engine(connected.database_url, pooled=False).begin() as connection:
            connection.execute(text("UPDATE client SET name = name"))
            locked.set()
            free.wait(30)

    holder = threading.Thread(target=hold_the_lock)
    holder.start()
    locked.wait(30)
    threading.Timer(0.5, free.set).start()

    start = time.monotonic()
    with preparation.opened(read(upload)) as connection:
        sending.send(claimed, connection)
    holder.join()

    assert time.monotonic() - start > sending.RECORD_AGAIN_S  # it was refused once, and tried again
    assert batches(upload)[0].num_received == 1
    assert len(world.simulator.calls("/users")) == 1
