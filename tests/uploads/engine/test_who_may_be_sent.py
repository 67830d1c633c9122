"""Who may be sent is asked when a batch is claimed: the first time, after an error, a pause, a stop."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import col, select

from tests.uploads.conftest import read
from tests.uploads.engine.test_sending import batches, digests, kinds, many
from webapp import clock, db
from webapp import services as platea
from webapp.contacts import database_removal
from webapp.contacts.consent import ConsentPolicy
from webapp.contacts.erasure import erased
from webapp.contacts.models import Contact, UserDatabase
from webapp.contacts.people import contact_edit
from webapp.destinations.base import Medium
from webapp.destinations.meta.accounts import accounts
from webapp.uploads import jobs
from webapp.uploads.commands import resume_upload, retry_upload, stop_upload
from webapp.uploads.engine import leases, preparation, reconcile, sending
from webapp.uploads.models import BatchRows, DiscardedContacts
from webapp.uploads.packed_ids import unpack
from webapp.uploads.screens import queries
from webapp.uploads.status import UploadStatus

pytestmark = pytest.mark.usefixtures("both")


@pytest.fixture(autouse=True)
def small_batches(connected):
    platea.start(replace(connected, batch_rows=3))


def prepared(world, **changes):
    upload = world.start(consent=ConsentPolicy.NOT_REFUSED, **changes)
    jobs.prepare_upload(upload.id)
    return upload


def send_one(upload) -> None:
    claimed = leases.claim(upload.id)
    with preparation.opened(read(upload)) as connection:
        sending.send(claimed, connection)


def numbers_of(world, upload):
    with db.reading() as session:
        numbers = queries.read_one(session, world.client.id, upload.public_id).numbers
    assert numbers.adds_up()
    assert sum(batch.n_rows for batch in batches(upload)) == numbers.to_send
    return numbers


def erase(world, contact_id: int) -> None:
    with db.writing() as session:
        database = session.get_one(UserDatabase, world.database.id)
        erased.erase(session, database, session.get_one(Contact, contact_id))


def say_no(*contact_ids: int) -> None:
    """As a file does: the row is written over, and nothing else is told."""
    with db.writing() as session:
        for contact_id in contact_ids:
            contact = session.get_one(Contact, contact_id)
            contact.consent = False
            session.add(contact)


def remove(world, contact_id: int) -> None:
    with db.writing() as session:
        database = session.get_one(UserDatabase, world.database.id)
        contact_edit.remove(session, database, session.get_one(Contact, contact_id))


def kept_of(upload) -> tuple[set[int], bytes]:
    """The contacts and the digests that the batches still hold."""
    with db.reading() as session:
        rows = [session.get_one(BatchRows, batch.id) for batch in batches(upload)]
        return {one for row in rows for one in unpack(row.contact_ids)}, b"".join(row.digests for row in rows)


def test_who_was_erased_while_their_batch_did_not_get_through_is_not_sent(world):
    ids = world.add_contacts(*many(3))
    upload = prepared(world)
    claimed = leases.claim(upload.id)
    erase(world, ids[1])  # the batch is on its way, and Meta answers HTML
    world.simulator.order(fault="html_500", on="POST /users")
    with preparation.opened(read(upload)) as connection:
        sending.send(claimed, connection)

    held, kept = kept_of(upload)
    assert held == {ids[0], ids[2]}
    assert hashlib.sha256(many(3)[1].encode()).digest() not in kept
    with db.writing() as session:
        session.get_one(type(batches(upload)[0]), batches(upload)[0].id).next_attempt_at = 0
    jobs.send_upload(upload.id)

    done = read(upload)
    assert world.simulator.received(done.audience_id) == digests((many(3)[0], many(3)[2]))
    assert (done.status, done.excluded, done.to_send) == (UploadStatus.COMPLETED, {"erased": 1}, 2)
    assert numbers_of(world, upload).sent == 2


def test_who_says_no_in_a_file_during_a_pause_is_not_sent_when_it_goes_on(world):
    ids = world.add_contacts(*many(6))
    upload = prepared(world)
    send_one(upload)
    world.simulator.order(fault="token_expired", on="POST /users")
    send_one(upload)
    assert read(upload).status == UploadStatus.PAUSED

    say_no(ids[4])
    accounts.clear_problem(world.account.id)
    assert resume_upload(upload.id)
    jobs.send_upload(upload.id)

    done = read(upload)
    assert done.status == UploadStatus.COMPLETED
    assert len(world.simulator.received(done.audience_id)) == 5
    assert (done.excluded, numbers_of(world, done).sent) == ({"opted_out": 1}, 5)


def test_who_says_no_after_a_stop_is_not_sent_when_what_is_missing_goes_out(world):
    ids = world.add_contacts(*many(6))
    upload = prepared(world)
    send_one(upload)
    stop_upload(upload.id)

    say_no(ids[0], ids[3])  # the first was received: it stays counted as sent
    assert retry_upload(upload.id, "Giulia Ferri")
    jobs.prepare_upload(upload.id)
    jobs.send_upload(upload.id)

    done = read(upload)
    assert (done.status, done.excluded, done.to_send) == (UploadStatus.COMPLETED, {"opted_out": 1}, 5)
    assert numbers_of(world, done).sent == 5


def test_somebody_whose_address_another_contact_refuses_is_not_sent(world):
    world.add_contacts(*many(3))
    upload = prepared(world)
    world.add_contacts(many(3)[1], consent=False)

    jobs.send_upload(upload.id)

    assert world.simulator.received(read(upload).audience_id) == digests((many(3)[0], many(3)[2]))
    assert read(upload).excluded == {"same_opted_out": 1}
    numbers_of(world, upload)


def test_an_address_that_was_changed_since_is_not_sent_when_its_holder_says_no(world):
    ids = world.add_contacts(*many(3))
    upload = prepared(world)
    with db.writing() as session:
        changed = session.get_one(Contact, ids[1])
        changed.email, changed.email_sha256 = "altra@posta.example", hashlib.sha256(b"altra").digest()
        session.add(changed)
    world.add_contacts(many(3)[1], consent=False)

    jobs.send_upload(upload.id)

    assert world.simulator.received(read(upload).audience_id) == digests((many(3)[0], many(3)[2]))
    numbers_of(world, upload)


def test_with_consent_of_anyone_a_no_changes_nothing(world):
    ids = world.add_contacts(*many(3))
    upload = world.start(consent=ConsentPolicy.ANYONE)
    jobs.prepare_upload(upload.id)
    say_no(*ids)

    jobs.send_upload(upload.id)

    assert len(world.simulator.received(read(upload).audience_id)) == 3
    assert read(upload).excluded == {}


def test_a_contact_deleted_is_told_as_deleted_and_not_as_erased(world):
    ids = world.add_contacts(*many(3))
    upload = prepared(world)
    claimed = leases.claim(upload.id)
    remove(world, ids[0])
    with preparation.opened(read(upload)) as connection:
        world.simulator.order(fault="html_500", on="POST /users")
        sending.send(claimed, connection)

    assert read(upload).excluded == {"removed": 1}
    assert numbers_of(world, upload).to_send == 2


def test_a_batch_that_nobody_is_left_in_is_closed_without_a_call(world):
    ids = world.add_contacts(*many(3))
    upload = prepared(world)
    say_no(*ids)
    world.simulator.order(fault="html_500", on="POST /users", times=None)

    assert leases.claim(upload.id) is None

    done = read(upload)
    assert (done.status, done.excluded, done.to_send) == (UploadStatus.COMPLETED, {"opted_out": 3}, 0)
    assert batches(done) == [] and "retried" not in kinds(done)
    assert numbers_of(world, done).sent == 0


def test_a_batch_that_nobody_left_keeps_its_bytes(world):
    world.add_contacts(*many(3))
    upload = prepared(world)
    before = kept_of(upload)

    claimed = leases.claim(upload.id)

    assert claimed.rows.digests == before[1] and kept_of(upload) == before
    assert "taken_out" not in kinds(upload)


def test_a_batch_of_a_sender_that_died_is_looked_at_again(world):
    ids = world.add_contacts(*many(3))
    upload = prepared(world)
    leases.claim(upload.id)
    erase(world, ids[2])
    with db.writing() as session:
        batch = session.get_one(type(batches(upload)[0]), batches(upload)[0].id)
        batch.lease_until = clock.epoch() - timedelta(minutes=5).total_seconds()
        session.add(batch)

    reconcile.reconcile()

    assert kept_of(upload)[0] == {ids[0], ids[1]}
    assert read(upload).excluded == {"erased": 1}
    numbers_of(world, upload)


def test_the_duplicate_of_a_contact_that_goes_is_sent_in_its_place(world):
    """The same bytes, for the contact that is still there: nobody who may be sent is lost."""
    first = world.add_contacts("anna@posta.example", *many(2))
    twin = world.add_contacts("anna@posta.example", "anna@posta.example")
    upload = prepared(world)
    assert read(upload).duplicates == 2
    remove(world, first[0])

    jobs.send_upload(upload.id)

    done = read(upload)
    assert world.simulator.received(done.audience_id) == digests(("anna@posta.example", *many(2)))
    assert (done.excluded, done.duplicates, done.to_send) == ({"removed": 1}, 1, 3)
    assert numbers_of(world, done).sent == 3
    with db.reading() as session:
        packs = session.exec(select(col(DiscardedContacts.contact_ids))).all()
    assert [list(unpack(pack)) for pack in packs] == [[twin[1]]]


def test_a_duplicate_takes_no_place_of_somebody_erased_or_refused(world):
    first = world.add_contacts("anna@posta.example", "luca@posta.example", "rosa@posta.example")
    world.add_contacts("anna@posta.example", "luca@posta.example")
    upload = prepared(world)
    erase(world, first[0])
    say_no(first[1])

    jobs.send_upload(upload.id)

    done = read(upload)
    assert world.simulator.received(done.audience_id) == digests(("rosa@posta.example",))
    assert done.excluded == {"erased": 1, "opted_out": 1}
    assert numbers_of(world, done).duplicates == 2


def test_what_is_missing_of_a_deleted_database_is_refused_in_words_and_never_sent(world):
    world.add_contacts(*many(6))
    upload = prepared(world)
    send_one(upload)
    stop_upload(upload.id)
    with db.writing() as session:
        assert database_removal.remove(session, session.get_one(UserDatabase, world.database.id)) is None

    with pytest.raises(LookupError, match="Il database utenti è stato eliminato"):
        retry_upload(upload.id, "Giulia Ferri")

    assert read(upload).status == UploadStatus.STOPPED
    assert len(world.simulator.received(read(upload).audience_id)) == 3


def test_contacts_of_a_database_that_is_emptied_are_told_as_such(world):
    world.add_contacts(*many(3))
    upload = prepared(world)
    with db.writing() as session:  # as after a copy was put back: the upload knows nothing of it
        session.get_one(UserDatabase, world.database.id).deleted_at = clock.now()

    jobs.send_upload(upload.id)

    assert read(upload).excluded == {"database_deleted": 3}
    assert numbers_of(world, upload).to_send == 0


def test_an_empty_database_is_not_told_as_one_without_addresses(world):
    upload = prepared(world)

    assert read(upload).reason == "Il database utenti non ha nessun contatto: non c’è nulla da inviare."


def test_the_same_holds_of_numbers(world):
    with db.writing() as session:
        found = [
            Contact(database_id=world.database.id, mobile=f"+3933312345{n}", mobile_sha256=bytes([n]) * 32)
            for n in (1, 2, 3)
        ]
        session.add_all(found)
    upload = prepared(world, medium=Medium.SMS)
    say_no(found[1].id)

    jobs.send_upload(upload.id)

    assert world.simulator.received(read(upload).audience_id) == {("01" * 32), ("03" * 32)}
    assert read(upload).excluded == {"opted_out": 1}
