"""An upload from its start to its end, with what the simulated Meta really received."""

import hashlib
from dataclasses import replace

import pytest
from sqlmodel import col, select

from tests.uploads.conftest import read
from webapp import db
from webapp import services as platea
from webapp.access.models import Client
from webapp.contacts.models import Contact, Filter
from webapp.destinations.base import Medium
from webapp.destinations.meta.accounts import accounts
from webapp.destinations.meta.models import MetaAccount
from webapp.uploads import jobs
from webapp.uploads.commands import repeat_upload, resume_upload, stop_upload
from webapp.uploads.engine import leases, preparation, sending
from webapp.uploads.engine.reconcile import reconcile
from webapp.uploads.models import Batch, BatchEvent, BatchRows, Upload
from webapp.uploads.status import BatchStatus, UploadStatus

# sha256 of "mary@example.com". Source: Meta's Conversions API page on customer information parameters,
# as printed there (vectors.json, published_sha256).
MARY = "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79"


def many(count: int) -> tuple[str, ...]:
    return tuple(f"persona{n}@posta.example" for n in range(count))


def digests(emails: tuple[str, ...]) -> set[str]:
    return {hashlib.sha256(email.encode()).hexdigest() for email in emails}


@pytest.fixture
def small_batches(connected):
    platea.start(replace(connected, batch_rows=3))


def batches(upload: Upload) -> list[Batch]:
    with db.reading() as session:
        query = select(Batch).where(Batch.upload_id == upload.id).order_by(col(Batch.seq))
        return list(session.exec(query))


def kinds(upload: Upload) -> list[str]:
    with db.reading() as session:
        query = select(BatchEvent.kind).where(BatchEvent.upload_id == upload.id)
        return list(session.exec(query.order_by(col(BatchEvent.id))))


def test_meta_receives_the_hash_that_meta_itself_publishes(world, work):
    world.add_contacts("mary@example.com")

    done = work(world.start())

    assert done.status == UploadStatus.COMPLETED
    assert world.simulator.received(done.audience_id) == {MARY}


def test_the_numbers_of_an_upload_add_up_and_every_person_counts_once(world, work):
    world.add_contacts("anna@posta.example", "anna@posta.example", "luca@posta.example", "no", None, None)

    done = work(world.start())

    assert done.status == UploadStatus.COMPLETED_WITH_WARNINGS
    assert (done.selected, done.duplicates, done.to_send) == (6, 1, 2)
    assert done.discarded == {"email_invalid": 1, "email_empty": 2}
    assert len(world.simulator.received(done.audience_id)) == 2


def test_an_upload_goes_out_in_batches_of_the_set_size(world, work, small_batches):
    world.add_contacts(*many(8))

    done = work(world.start())

    assert [(batch.n_rows, batch.status) for batch in batches(done)] == [
        (3, "sent"),
        (3, "sent"),
        (2, "sent"),
    ]
    assert world.simulator.received(done.audience_id) == digests(many(8))


def test_digests_are_kept_until_facebook_has_them_and_no_longer(world, work, small_batches):
    world.add_contacts(*many(8))
    world.simulator.order(fault="190/463", on="POST /users", after=1)

    paused = work(world.start())

    with db.reading() as session:
        of_upload = select(Batch.status, BatchRows.digests).join(BatchRows, BatchRows.batch_id == Batch.id)
        kept = session.exec(of_upload.where(Batch.upload_id == paused.id).order_by(col(Batch.seq))).all()
    assert [(status, len(rows) // 32) for status, rows in kept] == [
        ("sent", 0),
        ("pending", 3),
        ("pending", 2),
    ]


def test_an_upload_by_sms_sends_the_mobiles(world, work):
    digest = hashlib.sha256(b"393331234567").digest()
    world.add_contacts(None, mobile="333 1234567", mobile_sha256=digest)

    done = work(world.start(medium=Medium.SMS))

    assert world.simulator.received(done.audience_id) == {digest.hex()}


def test_a_filter_sends_only_its_own_contacts_with_the_rule_of_when_it_started(world, work):
    world.add_contacts("anna@posta.example", city="Milano")
    world.add_contacts("luca@posta.example", city="Torino")
    rule = {"match": "all", "groups": [_group("Milano")]}
    with db.writing() as session:
        chosen = Filter(database_id=world.database.id, name="Milano", rule=rule)
        session.add(chosen)
    upload = world.start(filter_id=chosen.id)
    with db.writing() as session:
        session.delete(session.get_one(Filter, chosen.id))

    done = work(upload)

    assert (done.filter_name, done.selected) == ("Milano", 1)
    assert world.simulator.received(done.audience_id) == digests(("anna@posta.example",))


def _group(city: str) -> dict:
    return {"match": "all", "conditions": [{"field": "city", "operator": "is", "values": [city]}]}


def test_a_filter_on_a_field_that_is_gone_ends_with_what_to_do(world, work):
    world.add_contacts("anna@posta.example")
    condition = {"field": "own:sparito", "operator": "is", "values": ["x"]}
    rule = {"match": "all", "groups": [{"match": "all", "conditions": [condition]}]}
    with db.writing() as session:
        chosen = Filter(database_id=world.database.id, name="Rotto", rule=rule)
        session.add(chosen)

    done = work(world.start(filter_id=chosen.id))

    assert done.status == UploadStatus.FAILED
    assert "campo che non esiste più" in done.reason and "Apri il filtro" in done.todo


def test_nothing_valid_to_send_ends_with_the_reason_and_makes_no_audience(world, work):
    world.add_contacts("no", None)

    done = work(world.start())

    assert done.status == UploadStatus.FAILED
    assert done.reason == "Nessun contatto ha un’email valida: non c’è nulla da inviare."
    assert world.simulator.calls("/customaudiences") == []


def test_rows_that_meta_refuses_are_named_by_their_contacts(world, work):
    ids = world.add_contacts(*many(5))
    world.simulator.order(fault="invalid_rows", on="POST /users", times=1, rows=2, reason="bad row")

    done = work(world.start())

    [batch] = batches(done)
    assert done.status == UploadStatus.COMPLETED_WITH_WARNINGS
    assert batch.num_rejected == 2
    assert {contact for contact, _ in batch.rejected} <= set(ids)
    assert len(batch.rejected) == 2


def test_an_expired_token_pauses_and_once_renewed_nothing_is_sent_twice(world, work, small_batches):
    world.add_contacts(*many(8))
    world.simulator.order(fault="190/463", on="POST /users", times=1, after=1)

    paused = work(world.start())

    assert (paused.status, paused.reason_code) == (UploadStatus.PAUSED, "190/463")
    assert paused.reason and paused.todo
    accounts.clear_problem(world.account.id)
    reconcile()
    jobs.send_upload(paused.id)
    done = read(paused)
    assert done.status == UploadStatus.COMPLETED
    assert world.simulator.received(done.audience_id) == digests(many(8))
    sent = [call for call in world.simulator.calls("/users") if call["status"] == 200]
    assert len(sent) == 3


def test_a_rate_limit_pauses_the_account_and_makes_no_call_meanwhile(world, work):
    world.add_contacts("anna@posta.example")
    world.simulator.order(fault="80003", on="POST /users", times=1, minutes=7)

    paused = work(world.start())
    calls = len(world.simulator.calls("/users"))
    jobs.send_upload(paused.id)
    reconcile()

    assert paused.status == UploadStatus.PAUSED
    assert paused.resume_at - paused.updated_at.timestamp() == pytest.approx(7 * 60, abs=30)
    assert len(world.simulator.calls("/users")) == calls


def test_a_passing_error_is_tried_again_and_the_batch_arrives_once(world, work):
    world.add_contacts("anna@posta.example")
    world.simulator.order(fault="cut_after_commit", on="POST /users", times=1)

    waiting = work(world.start())
    with db.writing() as session:
        batch = session.get_one(Batch, batches(waiting)[0].id)
        assert (batch.status, batch.errors) == (BatchStatus.PENDING, 1)
        batch.next_attempt_at = 0
        session.add(batch)
    jobs.send_upload(waiting.id)

    done = read(waiting)
    assert done.status == UploadStatus.COMPLETED
    assert batches(done)[0].num_received == 1
    assert world.simulator.received(done.audience_id) == digests(("anna@posta.example",))


def test_a_late_result_of_an_attempt_that_was_given_up_changes_nothing(world, work):
    world.add_contacts("anna@posta.example")
    upload = world.start()
    jobs.prepare_upload(upload.id)
    late = leases.claim(upload.id)
    with db.writing() as session:
        batch = session.get_one(Batch, late.batch_id)
        batch.status, batch.lease_owner = BatchStatus.PENDING, None
        session.add(batch)
    jobs.send_upload(upload.id)

    with preparation.opened(read(upload)) as connection:
        sending.send(late, connection)

    assert "fenced" in kinds(upload)
    [batch] = batches(upload)
    assert (batch.attempt, batch.num_received, batch.status) == (2, 1, BatchStatus.SENT)


def test_two_senders_never_hold_the_same_batch(world, small_batches):
    world.add_contacts(*many(6))
    upload = world.start()
    jobs.prepare_upload(upload.id)

    first, second, third = (leases.claim(upload.id) for _ in range(3))

    assert {first.seq, second.seq} == {1, 2}
    assert third is None


def test_stopping_before_the_start_sends_nothing(world, work):
    world.add_contacts("anna@posta.example")
    upload = world.start()

    assert stop_upload(upload.id)

    assert read(upload).status == UploadStatus.STOPPED
    work(upload)
    assert world.simulator.calls("/users") == []


def test_stopping_halfway_keeps_what_was_sent_and_sends_no_more(world, small_batches):
    world.add_contacts(*many(9))
    upload = world.start()
    jobs.prepare_upload(upload.id)
    claimed = leases.claim(upload.id)
    stop_upload(upload.id)
    assert read(upload).status == UploadStatus.SENDING  # a batch is on its way

    with preparation.opened(read(upload)) as connection:
        sending.send(claimed, connection)
    jobs.send_upload(upload.id)

    done = read(upload)
    assert done.status == UploadStatus.STOPPED
    assert [batch.status for batch in batches(done)] == ["sent", "stopped", "stopped"]
    assert len(world.simulator.received(done.audience_id)) == 3


def test_repeating_fills_the_same_audience_with_the_contacts_of_today(world, work):
    world.add_contacts("anna@posta.example")
    first = work(world.start())
    world.add_contacts("luca@posta.example")

    again = work(repeat_upload(first.id, "Paolo Neri", may_include=True))

    assert again.audience_id == first.audience_id
    assert (again.status, again.repeats_id, again.to_send) == (UploadStatus.COMPLETED, first.id, 2)
    assert len(world.simulator.received(first.audience_id)) == 2


def test_a_second_upload_to_one_audience_waits_and_says_behind_whom(world, work):
    world.add_contacts("anna@posta.example")
    first = work(world.start())
    busy = repeat_upload(first.id, "Giulia Ferri", may_include=True)
    jobs.prepare_upload(busy.id)
    waiting = repeat_upload(first.id, "Paolo Neri", may_include=True)

    jobs.prepare_upload(waiting.id)

    assert read(waiting).status == UploadStatus.QUEUED
    assert "dietro al caricamento n. 2," in read(waiting).reason
    jobs.send_upload(busy.id)
    assert work(waiting).status == UploadStatus.COMPLETED


def test_an_audience_that_takes_no_customer_file_is_refused_before_sending(world, work):
    world.add_contacts("anna@posta.example")
    connection = preparation.registry.destination("meta").connect(world.client.id, world.account.id)
    unsuitable = next(audience for audience in connection.audiences() if audience.unsuitable)
    connection.close()

    done = work(world.start(audience_id=unsuitable.id, audience_name=unsuitable.name))

    assert done.status == UploadStatus.FAILED
    assert unsuitable.unsuitable in done.reason
    assert world.simulator.calls("/users") == []


def test_an_account_deleted_while_the_upload_waits_ends_it_with_the_reason(world, work):
    world.add_contacts("anna@posta.example")
    upload = world.start()
    with db.writing() as session:
        session.delete(session.get_one(MetaAccount, world.account.id))

    done = work(upload)

    assert done.status == UploadStatus.FAILED
    assert "è stato eliminato" in done.reason


def test_resuming_by_hand_does_not_wait_for_the_time(world, work):
    world.add_contacts("anna@posta.example")
    world.simulator.order(fault="terms_missing", on="POST /users", times=1)
    paused = work(world.start())
    assert paused.status == UploadStatus.PAUSED
    accounts.clear_problem(world.account.id)

    assert resume_upload(paused.id)

    jobs.send_upload(paused.id)
    assert read(paused).status == UploadStatus.COMPLETED


def test_contacts_erased_between_preparing_and_sending_do_not_break_the_upload(world):
    ids = world.add_contacts(*many(3))
    upload = world.start()
    jobs.prepare_upload(upload.id)
    with db.writing() as session:
        session.delete(session.get_one(Contact, ids[0]))

    jobs.send_upload(upload.id)

    assert read(upload).status == UploadStatus.COMPLETED


def test_a_batch_that_kills_three_senders_is_set_aside_and_the_rest_goes_on(world, small_batches):
    world.add_contacts(*many(6))
    upload = world.start()
    jobs.prepare_upload(upload.id)
    for _ in range(3):
        claimed = leases.claim(upload.id)
        assert claimed.seq == 1
        with db.writing() as session:
            batch = session.get_one(Batch, claimed.batch_id)
            batch.lease_owner, batch.lease_until = None, 1
            session.add(batch)
        reconcile()
    jobs.send_upload(upload.id)

    done = read(upload)
    assert done.status == UploadStatus.COMPLETED_WITH_WARNINGS
    assert [batch.status for batch in batches(done)] == ["failed", "sent"]
    assert "si è interrotto tre volte" in batches(done)[0].error


def test_one_that_was_stopped_when_all_of_it_had_left_is_completed(world):
    world.add_contacts(*many(3))
    upload = world.start()
    jobs.prepare_upload(upload.id)
    claimed = leases.claim(upload.id)
    stop_upload(upload.id)

    with preparation.opened(read(upload)) as connection:
        sending.send(claimed, connection)

    done = read(upload)
    assert done.status == UploadStatus.COMPLETED
    assert len(world.simulator.received(done.audience_id)) == 3


def test_the_settings_say_how_many_invalid_data_are_too_many(world, work):
    world.add_contacts("anna@posta.example", "luca@posta.example", "mara@posta.example", "no")
    assert work(world.start()).status == UploadStatus.COMPLETED  # one of four, and up to 30 % is ordinary

    with db.writing() as session:
        session.get_one(Client, world.client.id).invalid_limit = 20
    done = work(world.start())

    assert done.status == UploadStatus.COMPLETED_WITH_WARNINGS
    assert done.reason == "1 dato non valido su 4 contatti scelti."
