"""What people change while an upload waits or sends ends in a stated status, and the sums hold."""

from dataclasses import replace

import pytest
import requests

from tests.conftest import make_app
from tests.uploads.conftest import read
from webapp import db
from webapp import services as platea
from webapp.contacts.contact_ids import public_id
from webapp.contacts.erasure import erased
from webapp.contacts.models import Contact, UserDatabase
from webapp.destinations.meta.models import MetaAccount
from webapp.uploads import jobs
from webapp.uploads.commands import retry_upload, stop_upload
from webapp.uploads.engine import leases, preparation, sending
from webapp.uploads.screens import queries
from webapp.uploads.status import UploadStatus


@pytest.fixture(autouse=True)
def small_batches(connected):
    platea.start(replace(connected, batch_rows=3))


def people(count: int) -> tuple[str, ...]:
    return tuple(f"persona{n}@posta.example" for n in range(count))


def send_one(upload) -> None:
    claimed = leases.claim(upload.id)
    with preparation.opened(read(upload)) as connection:
        sending.send(claimed, connection)


def adds_up(world, upload) -> bool:
    with db.reading() as session:
        return queries.read_one(session, world.client.id, upload.public_id).numbers.adds_up()


def erase(world, *contact_ids: int) -> int:
    """The people, on their own request; how many contacts went."""
    with db.writing() as session:
        database = session.get_one(UserDatabase, world.database.id)
        people = [session.get_one(Contact, contact_id) for contact_id in contact_ids]
        return sum(erased.erase(session, database, one) for one in people)


def test_an_audience_deleted_on_meta_in_the_middle_ends_with_warnings_and_what_to_do(world):
    world.add_contacts(*people(9))
    upload = world.start()
    jobs.prepare_upload(upload.id)
    send_one(upload)
    order = {"audience": read(upload).audience_id, "deleted": True}
    assert requests.post(f"{world.simulator.graph_url}/_sim/audience", json=order, timeout=10).ok

    jobs.send_upload(upload.id)

    done = read(upload)
    assert done.status == UploadStatus.COMPLETED_WITH_WARNINGS
    assert done.reason == "La custom audience è stata eliminata su Facebook."
    assert done.todo and adds_up(world, done)


def test_an_account_deleted_in_the_middle_ends_with_warnings_and_what_to_do(world):
    world.add_contacts(*people(9))
    upload = world.start()
    jobs.prepare_upload(upload.id)
    send_one(upload)
    with db.writing() as session:
        session.delete(session.get_one(MetaAccount, world.account.id))

    jobs.send_upload(upload.id)

    done = read(upload)
    assert done.status == UploadStatus.COMPLETED_WITH_WARNINGS
    assert "è stato eliminato" in done.reason and done.todo
    assert adds_up(world, done)


def test_a_person_erased_after_the_preparation_is_not_sent(world):
    ids = world.add_contacts(*people(9))
    upload = world.start()
    jobs.prepare_upload(upload.id)

    assert erase(world, ids[0], ids[5]) == 2
    jobs.send_upload(upload.id)

    done = read(upload)
    assert done.status == UploadStatus.COMPLETED
    assert len(world.simulator.received(done.audience_id)) == 7
    assert (done.excluded, done.to_send) == ({"erased": 2}, 7)
    assert adds_up(world, done)


def test_when_everybody_left_is_erased_the_upload_ends(world):
    ids = world.add_contacts(*people(6))
    upload = world.start()
    jobs.prepare_upload(upload.id)

    erase(world, *ids)

    done = read(upload)
    assert done.status == UploadStatus.COMPLETED
    assert world.simulator.received(done.audience_id) == set()
    assert adds_up(world, done)


def test_a_retry_does_not_send_who_was_erased_since(world):
    ids = world.add_contacts(*people(6))
    upload = world.start()
    jobs.prepare_upload(upload.id)
    stop_upload(upload.id)

    erase(world, *ids[:2])
    retry_upload(upload.id, "Giulia Ferri")
    jobs.prepare_upload(upload.id)
    jobs.send_upload(upload.id)

    done = read(upload)
    assert done.status == UploadStatus.COMPLETED
    assert len(world.simulator.received(done.audience_id)) == 4
    assert adds_up(world, done)


def test_somebody_erased_during_the_preparation_makes_it_begin_again(world):
    ids = world.add_contacts(*people(6))
    upload = world.start()
    claim = preparation.claim_preparation(upload.id)

    erase(world, ids[0])

    with pytest.raises(preparation.LeaseLost):
        preparation.begin(claim)
    jobs.prepare_upload(upload.id)
    jobs.send_upload(upload.id)
    assert read(upload).status == UploadStatus.COMPLETED
    assert len(world.simulator.received(read(upload).audience_id)) == 5


def test_contacts_edited_after_the_preparation_go_out_as_they_were(world):
    ids = world.add_contacts(*people(3))
    upload = world.start()
    jobs.prepare_upload(upload.id)
    with db.writing() as session:
        changed = session.get_one(Contact, ids[0])
        changed.email, changed.email_sha256, changed.email_reason = "no", None, "email_invalid.no_at"
        session.add(changed)

    jobs.send_upload(upload.id)

    assert len(world.simulator.received(read(upload).audience_id)) == 3
    assert adds_up(world, upload)


def test_a_contact_deleted_on_screen_leaves_the_queue_as_well(world, connected, giulia):
    ids = world.add_contacts(*people(3))
    browser = make_app(replace(connected, batch_rows=3)).test_client()
    browser.sign_in(giulia)
    upload = world.start()
    jobs.prepare_upload(upload.id)

    contact = f"/database/{world.database.public_id}/contatti/{public_id(ids[1])}"
    assert browser.post_form(f"{contact}/elimina").status_code == 303
    jobs.send_upload(upload.id)

    assert len(world.simulator.received(read(upload).audience_id)) == 2
    assert adds_up(world, upload)
