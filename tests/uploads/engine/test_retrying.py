"""“Riprova”: an upload that ended goes on with what it has not sent, and with nothing else."""

from dataclasses import replace

import pytest
from sqlmodel import select

from tests.uploads.conftest import read
from webapp import db
from webapp import services as platea
from webapp.destinations.base import Medium
from webapp.uploads import jobs
from webapp.uploads.commands import repeat_upload, retry_upload, stop_upload
from webapp.uploads.engine import leases, preparation, sending
from webapp.uploads.engine.reconcile import reconcile
from webapp.uploads.models import Batch, BatchEvent
from webapp.uploads.status import UploadStatus


@pytest.fixture(autouse=True)
def small_batches(connected):
    platea.start(replace(connected, batch_rows=3))


def people(count: int) -> tuple[str, ...]:
    return tuple(f"persona{n}@posta.example" for n in range(count))


def sent_calls(world) -> int:
    return len([call for call in world.simulator.calls("/users") if call["status"] == 200])


def stopped_after_one_batch(world):
    upload = world.start()
    jobs.prepare_upload(upload.id)
    claimed = leases.claim(upload.id)
    stop_upload(upload.id)
    with preparation.opened(read(upload)) as connection:
        sending.send(claimed, connection)
    assert read(upload).status == UploadStatus.STOPPED
    return upload


def test_a_stopped_upload_goes_on_with_the_batches_it_had_not_sent(world, work):
    world.add_contacts(*people(9))
    upload = stopped_after_one_batch(world)

    assert retry_upload(upload.id, "Giulia Ferri")
    done = work(upload)

    assert done.status == UploadStatus.COMPLETED
    assert len(world.simulator.received(done.audience_id)) == 9
    assert sent_calls(world) == 3  # one before, two after: the first batch did not go out again


def test_retrying_sends_the_rows_as_they_were_prepared_repeating_those_of_today(world, work):
    world.add_contacts(*people(6))
    upload = stopped_after_one_batch(world)
    world.add_contacts("nuova@posta.example")

    retry_upload(upload.id, "Giulia Ferri")
    assert work(upload).to_send == 6

    assert work(repeat_upload(upload.id, "Giulia Ferri", may_include=True)).to_send == 7


def test_a_batch_set_aside_after_three_crashes_gets_three_more(world):
    world.add_contacts(*people(6))
    upload = world.start()
    jobs.prepare_upload(upload.id)
    _crash_three_times(upload)
    jobs.send_upload(upload.id)
    assert read(upload).status == UploadStatus.COMPLETED_WITH_WARNINGS

    assert retry_upload(upload.id, "Giulia Ferri")
    jobs.prepare_upload(upload.id)
    jobs.send_upload(upload.id)

    done = read(upload)
    assert done.status == UploadStatus.COMPLETED
    assert len(world.simulator.received(done.audience_id)) == 6
    assert sent_calls(world) == 2


def _crash_three_times(upload) -> None:
    """The first batch is claimed three times by a process that dies."""
    for _ in range(3):
        claimed = leases.claim(upload.id)
        with db.writing() as session:
            batch = session.get_one(Batch, claimed.batch_id)
            batch.lease_owner, batch.lease_until = None, 1
            session.add(batch)
        reconcile()


def test_there_is_nothing_to_retry_in_an_upload_that_sent_everything(world, work):
    world.add_contacts(*people(3))
    done = work(world.start())

    assert not retry_upload(done.id, "Giulia Ferri")
    assert read(done).status == UploadStatus.COMPLETED


def test_an_upload_at_work_is_not_retried(world):
    world.add_contacts(*people(3))
    upload = world.start()
    jobs.prepare_upload(upload.id)

    assert not retry_upload(upload.id, "Giulia Ferri")
    assert read(upload).status == UploadStatus.SENDING


def test_an_upload_that_had_nothing_valid_is_not_retried(world, work):
    world.add_contacts("no", None)
    done = work(world.start())

    assert not retry_upload(done.id, "Giulia Ferri")
    assert read(done).status == UploadStatus.FAILED


def test_a_retry_waits_behind_another_upload_to_the_same_audience(world, work):
    world.add_contacts(*people(6))
    upload = stopped_after_one_batch(world)
    other = repeat_upload(upload.id, "Paolo Neri", may_include=True)
    jobs.prepare_upload(other.id)

    retry_upload(upload.id, "Giulia Ferri")
    jobs.prepare_upload(upload.id)

    assert read(upload).status == UploadStatus.QUEUED
    assert "dietro al caricamento n. 2," in read(upload).reason
    jobs.send_upload(other.id)
    assert work(upload).status == UploadStatus.COMPLETED


def test_the_history_says_who_asked_for_the_rest(world, work):
    world.add_contacts(*people(6))
    upload = stopped_after_one_batch(world)

    retry_upload(upload.id, "Paolo Neri")

    with db.reading() as session:
        query = select(BatchEvent).where(BatchEvent.upload_id == upload.id, BatchEvent.kind == "reopened")
        assert session.exec(query).one().detail == {"by": "Paolo Neri"}


def test_an_audience_deleted_meanwhile_ends_the_retry_with_the_reason(world, work):
    world.add_contacts(*people(6))
    upload = stopped_after_one_batch(world)
    with preparation.opened(read(upload)) as connection:
        connection._client.delete_custom_audience(read(upload).audience_id)

    retry_upload(upload.id, "Giulia Ferri")
    done = work(upload)

    assert done.status == UploadStatus.COMPLETED_WITH_WARNINGS
    assert done.reason == "La custom audience è stata eliminata su Facebook."
    assert done.todo
    assert Medium(done.medium) == Medium.EMAIL
