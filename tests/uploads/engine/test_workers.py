"""Real workers on a real queue, killed for real: the audience ends up with exactly the same people."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import func, select

from tests.support.running import Workers, wait_until
from tests.uploads.conftest import is_final, read
from tests.uploads.engine.test_sending import batches, digests, many
from webapp import clock, db
from webapp import services as platea
from webapp import workers as signals
from webapp.contacts.models import Contact, UserDatabase
from webapp.host.processes import python
from webapp.uploads import jobs
from webapp.uploads.commands import Gone, retry_upload, stop_upload
from webapp.uploads.status import UploadStatus


@pytest.fixture
def crew(connected, tmp_path):
    """Workers that send batches of 50."""
    settings = replace(connected, batch_rows=50)
    platea.start(settings)
    made = Workers(settings, tmp_path / "log")
    yield made
    made.supervisor.stop()


def test_an_upload_runs_through_by_the_bell_alone(world, crew):
    world.add_contacts(*many(200))
    crew.start(1)

    upload = world.start()

    wait_until(lambda: is_final(upload), within_s=60)
    done = read(upload)
    assert done.status == UploadStatus.COMPLETED
    assert world.simulator.received(done.audience_id) == digests(many(200))


def test_a_worker_killed_in_the_middle_loses_and_doubles_nobody(world, crew):
    world.add_contacts(*many(1000))
    world.simulator.order(fault="slow", on="POST /users", times=None, latency_s=0.3)
    crew.start(2)
    upload = world.start()
    wait_until(lambda: [b for b in batches(upload) if b.status == "sent"], within_s=60)

    crew.kill_one()

    wait_until(lambda: is_final(upload), within_s=90)
    done = read(upload)
    assert done.status == UploadStatus.COMPLETED
    assert sum(batch.num_received for batch in batches(done)) == 1000
    assert world.simulator.received(done.audience_id) == digests(many(1000))


def test_an_upload_started_while_redis_is_away_starts_by_itself(world, connected, tmp_path):
    world.add_contacts(*many(10))
    platea.start(replace(connected, redis_url="redis://127.0.0.1:1/0"))
    upload = world.start()
    assert read(upload).status == UploadStatus.QUEUED

    platea.start(connected)
    crew = Workers(connected, tmp_path / "log")
    crew.start(1)
    try:
        wait_until(lambda: is_final(upload), within_s=60)
    finally:
        crew.supervisor.stop()

    assert read(upload).status == UploadStatus.COMPLETED


def test_a_running_worker_is_seen_alive_and_a_stopped_one_ends_quickly(connected, crew):
    crew.start(1)

    wait_until(_alive, within_s=60)

    process = crew.supervisor.release("worker-1").process
    process.terminate()
    assert process.wait(10) == 0


def test_a_worker_with_wrong_settings_says_so_in_italian(tmp_path):
    worker = python(str(Path(__file__).parents[3] / "worker.py"))

    done = subprocess.run(
        worker, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 2
    assert "Manca REDIS_URL" in done.stderr


def _alive() -> list:
    with db.reading() as session:
        return signals.alive(session)


def test_contacts_that_a_worker_deletes_leave_the_queue_as_well(world, crew):
    """A worker empties a deleted database: what was stopped must not go out by “riprova” afterwards."""
    world.add_contacts(*many(120))
    upload = world.start()
    jobs.prepare_upload(upload.id)
    stop_upload(upload.id)
    with db.writing() as session:
        session.get_one(UserDatabase, world.database.id).deleted_at = clock.now()

    crew.start(1)
    wait_until(lambda: not contacts_left(world), within_s=60)

    assert batches(upload) == []
    with pytest.raises(Gone, match="Il database utenti è stato eliminato"):
        retry_upload(upload.id, "Giulia Ferri")


def contacts_left(world) -> int:
    with db.reading() as session:
        query = select(func.count()).where(Contact.database_id == world.database.id)
        return session.exec(query).one()
