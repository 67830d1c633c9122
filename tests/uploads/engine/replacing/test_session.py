"""To replace: afterwards the audience holds whom was sent and nobody else, by Meta's rules for sessions."""

from dataclasses import replace

import pytest
import requests
from sqlmodel import col, select, update

from tests.uploads.conftest import read
from tests.uploads.engine.test_aligning import (
    ANNA,
    BRUNO,
    CARLA,
    DARIO,
    EVERYBODY,
    another_database,
    change,
    digest,
    erase,
    newest,
    remove,
    start,
    there,
)
from webapp import clock, db
from webapp import services as platea
from webapp.contacts.consent import ConsentPolicy
from webapp.contacts.ledger import idents
from webapp.contacts.ledger.models import AudienceMember, RemovalDue
from webapp.contacts.models import UserDatabase
from webapp.destinations import registry
from webapp.destinations.base import EncodedRows, Medium, Part
from webapp.uploads import commands, jobs
from webapp.uploads.engine import leases, preparation, sending
from webapp.uploads.engine.reconcile import reconcile
from webapp.uploads.models import Batch, BatchRows, Replacement, Upload
from webapp.uploads.operations import Operation
from webapp.uploads.status import FINAL, BatchStatus, UploadStatus

STRANGER = EncodedRows(("EMAIL",), bytes(range(32)))


@pytest.fixture
def control(simulator):
    """`control(path, **what)`: an order to the simulated Meta, which takes changes at once."""

    def tell(path: str, **what: object) -> dict:
        return requests.post(f"{simulator.graph_url}/_sim/{path}", json=what, timeout=10).json()

    tell("settings", processing_s=0)
    return tell


@pytest.fixture
def in_twos(connected) -> None:
    platea.start(replace(platea.services().settings, batch_rows=2))


@pytest.fixture
def full(world, control, in_twos) -> str:
    """An audience with somebody whom others put there."""
    link = connection(world)
    audience = link.create_audience("Clienti, novembre", "piena")
    link.add_users(audience, STRANGER)
    return audience


def connection(world):
    return registry.destination("meta").connect(world.client.id, world.account.id)


def replacing(world, audience: str, **changes: object) -> Upload:
    upload = start(world, Operation.REPLACE, audience_id=audience, **changes)
    jobs.prepare_upload(upload.id)
    return read(upload)


def send_one(upload: Upload):
    """One batch, as a sender does; which it was."""
    claimed = leases.claim(upload.id)
    assert claimed is not None
    with preparation.opened(read(upload)) as link:
        sending.send(claimed, link)
    return claimed


def dies(upload: Upload, world=None) -> None:
    """A sender claims a batch and is killed: before the request, or with *world* after it."""
    claimed = leases.claim(upload.id)
    if world is not None:
        connection(world).replace_users(claimed.audience_id, claimed.rows, claimed.part)
    with db.writing() as session:
        session.execute(
            update(Batch).where(col(Batch.id) == claimed.batch_id).values(lease_owner="x", lease_until=1)
        )
    reconcile()


def finish(upload: Upload) -> Upload:
    for _ in range(3):
        nobody_waits()
        jobs.send_upload(upload.id)
        if (now := read(upload)).status in FINAL:
            return now
    reconcile()
    return read(upload)


def nobody_waits() -> None:
    with db.writing() as session:
        session.execute(
            update(Batch).where(col(Batch.status) == BatchStatus.PENDING).values(next_attempt_at=0)
        )


def members() -> set[bytes]:
    with db.reading() as session:
        return {idents.unseal(bytes(one)) for one in session.exec(select(AudienceMember.ident)) if one}


def state(upload: Upload) -> Replacement:
    with db.reading() as session:
        return session.get_one(Replacement, upload.id)


def sums(upload: Upload) -> tuple[int, int]:
    """Rows that Meta confirmed, and rows that were not sent."""
    with db.reading() as session:
        rows = session.exec(select(Batch).where(Batch.upload_id == upload.id)).all()
    return sum(one.num_received for one in rows), sum(
        one.n_rows for one in rows if one.status != BatchStatus.SENT
    )


def test_only_whom_was_sent_is_there_and_in_the_ledger(world, full, both):
    world.add_contacts(*EVERYBODY, ANNA)

    upload = finish(replacing(world, full))

    assert upload.status == UploadStatus.COMPLETED
    assert there(world, upload) == {*EVERYBODY}
    assert members() == {digest(one) for one in EVERYBODY}
    assert (upload.selected, upload.duplicates, upload.to_send, upload.to_remove) == (7, 1, 6, 0)
    assert sums(upload) == (6, 0)
    with db.reading() as session:
        assert not any(session.exec(select(BatchRows.digests)))


def test_what_other_sources_had_put_there_leaves_their_ledger_too(world, work, full):
    other = another_database(world, CARLA, DARIO)
    work(start(world, audience_id=full, database_id=other.id))
    world.add_contacts(ANNA, CARLA)

    upload = finish(replacing(world, full))

    assert there(world, upload) == {ANNA, CARLA}
    assert members() == {digest(ANNA), digest(CARLA)}
    with db.reading() as session:
        assert len(session.exec(select(AudienceMember.feed_id)).all()) == 2


def test_afterwards_an_alignment_has_nothing_to_do(world, work, full):
    world.add_contacts(*EVERYBODY)
    finish(replacing(world, full))

    upload = work(start(world, Operation.ALIGN, audience_id=full))

    assert (upload.already_there, upload.to_send, upload.to_remove) == (6, 0, 0)


def test_whoever_is_killed_at_any_batch_leaves_a_replacement_that_goes_on(world, full, both):
    world.add_contacts(*EVERYBODY)
    upload = replacing(world, full)

    dies(upload)
    heard = send_one(upload)  # that nothing has begun
    for batch in range(3):
        dies(upload, world)
        if batch:
            dies(upload)
        send_one(upload)

    assert heard.part.number > 1
    upload = read(upload)
    assert upload.status == UploadStatus.COMPLETED
    assert there(world, upload) == {*EVERYBODY}
    assert (sums(upload), state(upload).begun_anew) == ((6, 0), 0)


def test_an_answer_that_was_lost_begins_nothing_twice(world, full, simulator):
    world.add_contacts(*EVERYBODY)
    upload = replacing(world, full)

    for _ in range(3):
        simulator.order(fault="cut_after_commit", on="POST /usersreplace", times=1, audience=full)
        send_one(upload)
        nobody_waits()
        send_one(upload)

    upload = read(upload)
    assert upload.status == UploadStatus.COMPLETED
    assert there(world, upload) == {*EVERYBODY}
    assert (sums(upload), state(upload).begun_anew) == ((6, 0), 0)


def test_one_batch_alone_begins_and_ends_it(world, full, simulator):
    world.add_contacts(ANNA)
    upload = replacing(world, full)
    simulator.order(fault="cut_after_commit", on="POST /usersreplace", times=1, audience=full)

    upload = finish(upload)

    assert upload.status == UploadStatus.COMPLETED
    assert there(world, upload) == {ANNA}


def test_a_session_that_ran_out_is_lost_and_the_next_begins_from_the_first_batch(world, full, control):
    world.add_contacts(*EVERYBODY)
    upload = replacing(world, full)
    first = send_one(upload)
    control("clock", advance_s=91 * 60)

    again = send_one(upload)
    upload = finish(upload)

    assert again.part.session_id == first.part.session_id
    assert upload.status == UploadStatus.COMPLETED
    assert there(world, upload) == {*EVERYBODY}
    assert (state(upload).begun_anew, sums(upload)) == (1, (6, 0))


def test_a_session_that_would_run_out_is_given_up_in_time(world, full):
    world.add_contacts(*EVERYBODY)
    upload = replacing(world, full)
    send_one(upload)
    with db.writing() as session:
        session.execute(update(Replacement).values(began_at=clock.epoch() - 81 * 60))

    assert leases.claim(upload.id) is None

    with db.reading() as session:
        waiting = session.exec(select(Batch).where(Batch.upload_id == upload.id)).all()
    assert {one.status for one in waiting} == {BatchStatus.PENDING}
    assert all(13 * 60 < one.next_attempt_at - clock.epoch() < 15 * 60 for one in waiting)
    assert sums(upload) == (0, 6)


def test_lost_again_and_again_it_ends_and_says_so(world, full, simulator):
    world.add_contacts(*EVERYBODY)
    upload = replacing(world, full)
    simulator.order(fault="2650/1870158", on="POST /usersreplace", times=50, audience=full)

    for _ in range(4):
        send_one(upload)
    upload = finish(upload)

    assert (upload.status, upload.reason_code) == (UploadStatus.FAILED, "sostituzione")
    assert sums(upload) == (0, 6)
    assert world.simulator.received(full) == {STRANGER.digests.hex()}


def test_stopped_it_changes_nothing_and_can_be_tried_again(world, full, control):
    world.add_contacts(*EVERYBODY)
    upload = replacing(world, full)
    send_one(upload)
    commands.stop_upload(upload.id)

    assert (read(upload).status, sums(upload)) == (UploadStatus.STOPPED, (0, 6))
    assert world.simulator.received(full) == {STRANGER.digests.hex()}
    assert members() == set()

    control("clock", advance_s=91 * 60)  # until then Meta keeps the session that was left
    assert commands.retry_upload(upload.id, "Giulia Ferri")
    jobs.prepare_upload(upload.id)
    assert finish(upload).status == UploadStatus.COMPLETED
    assert there(world, upload) == {*EVERYBODY}


@pytest.mark.parametrize("how", ["stopped", "lost"])
def test_given_up_when_the_last_batch_may_have_arrived_the_ledger_holds_all(world, full, simulator, how):
    world.add_contacts(*EVERYBODY)
    upload = replacing(world, full)
    send_one(upload)
    send_one(upload)
    simulator.order(fault="cut_after_commit", on="POST /usersreplace", times=1, audience=full)
    send_one(upload)
    nobody_waits()
    if how == "stopped":
        commands.stop_upload(upload.id)
    else:
        simulator.order(fault="2650/1870148", on="POST /usersreplace", times=50, audience=full)
        for _ in range(4):
            send_one(upload)
    reconcile()

    upload = read(upload)
    ended = {"stopped": (UploadStatus.STOPPED, None), "lost": (UploadStatus.FAILED, "sostituzione")}
    assert (upload.status, upload.reason_code) == ended[how]
    assert sums(upload) == (0, 6)
    assert there(world, upload) == {*EVERYBODY}
    assert members() == {digest(one) for one in EVERYBODY}


def test_a_stop_that_comes_after_the_last_batch_comes_too_late(world, full):
    world.add_contacts(ANNA)
    upload = replacing(world, full)
    claimed = leases.claim(upload.id)
    commands.stop_upload(upload.id)
    with preparation.opened(read(upload)) as link:
        sending.send(claimed, link)

    assert read(upload).status == UploadStatus.COMPLETED
    assert there(world, upload) == {ANNA}


def test_while_others_change_the_audience_it_waits_and_begins_once(world, full, control):
    world.add_contacts(*EVERYBODY)
    upload = replacing(world, full)
    others = connection(world)
    others.replace_users(full, STRANGER, Part(77, 1, False, 2))

    send_one(upload)
    with db.reading() as session:
        waiting = session.exec(select(Batch).where(Batch.upload_id == upload.id, Batch.seq == 1)).one()
    assert waiting.error_code == "2650/1870145"
    assert 4 * 60 < waiting.next_attempt_at - clock.epoch() <= 5 * 60
    others.replace_users(full, STRANGER, Part(77, 2, True, 2))

    assert finish(upload).status == UploadStatus.COMPLETED
    assert there(world, upload) == {*EVERYBODY}
    assert state(upload).begun_anew == 0


@pytest.mark.parametrize("place", [0, 4])
def test_who_says_no_before_their_batch_goes_is_not_among_them(world, full, place):
    ids = world.add_contacts(*EVERYBODY)
    upload = replacing(world, full)
    if place:  # nobody is left for the last batch: one of those that were sent ends the session
        send_one(upload)
        send_one(upload)
        change(ids[5], consent=False)
    change(ids[place], consent=False)

    upload = finish(upload)

    left = {*EVERYBODY[:4]} if place else {*EVERYBODY[1:]}
    assert upload.status == UploadStatus.COMPLETED
    assert there(world, upload) == left
    assert members() == {digest(one) for one in left}
    assert sums(upload) == (len(left), 0)


def test_who_is_erased_after_they_were_sent_is_taken_out_as_soon_as_it_is_over(world, work, full):
    ids = world.add_contacts(*EVERYBODY)
    upload = replacing(world, full)
    send_one(upload)
    erase(world, ids[0])

    finish(upload)

    assert digest(ANNA) not in members()
    reconcile()
    work(newest())
    assert there(world, upload) == {*EVERYBODY[1:]}
    with db.reading() as session:
        assert {one.outcome for one in session.exec(select(RemovalDue))} == {"removed"}


def test_who_was_owed_leaves_with_all_the_others(world, work, full):
    ids = world.add_contacts(*EVERYBODY)
    first = work(start(world, audience_id=full))
    erase(world, ids[0])

    upload = finish(replacing(world, full))

    assert there(world, first) == {*EVERYBODY[1:]}
    with db.reading() as session:
        assert {one.outcome for one in session.exec(select(RemovalDue))} == {"replaced"}
    assert upload.to_remove == 0


def test_one_bad_batch_ends_it_because_the_others_would_replace_everybody_with_a_part(world, full):
    world.add_contacts(*EVERYBODY)
    upload = replacing(world, full)
    send_one(upload)
    for _ in range(3):
        dies(upload)

    upload = read(upload)
    assert (upload.status, upload.reason_code) == (UploadStatus.FAILED, "interrotto")
    assert sums(upload) == (0, 6)
    assert world.simulator.received(full) == {STRANGER.digests.hex()}


def test_nobody_chosen_replaces_nobody(world, full):
    ids = world.add_contacts(ANNA, BRUNO)
    change(ids[0], consent=False)
    change(ids[1], consent=False)

    upload = replacing(world, full)

    assert (upload.status, upload.reason_code) == (UploadStatus.FAILED, "nessuno_da_tenere")
    assert world.simulator.received(full) == {STRANGER.digests.hex()}


def test_when_all_who_were_chosen_go_nobody_is_replaced(world, full):
    ids = world.add_contacts(ANNA)
    upload = replacing(world, full)
    remove(*ids)

    upload = finish(upload)

    assert (upload.status, upload.reason_code) == (UploadStatus.FAILED, "nessuno_da_tenere")
    assert world.simulator.received(full) == {STRANGER.digests.hex()}


def test_an_audience_that_is_new_has_nobody_to_replace(world, control):
    world.add_contacts(ANNA)
    upload = start(world, Operation.REPLACE)
    jobs.prepare_upload(upload.id)

    assert (read(upload).status, read(upload).reason_code) == (UploadStatus.FAILED, "pubblico_nuovo")


def test_an_audience_deleted_on_the_way_ends_it_and_nobody_is_there(world, work, full, control):
    world.add_contacts(*EVERYBODY)
    work(start(world, audience_id=full))
    upload = replacing(world, full)
    send_one(upload)
    control("audience", audience=full, deleted=True)

    upload = finish(upload)

    assert upload.status == UploadStatus.FAILED
    assert upload.reason == "La custom audience è stata eliminata su Facebook."
    assert (sums(upload), members()) == ((0, 6), set())


def test_an_alignment_behind_a_replacement_finds_whom_it_left_there(world, work, full):
    world.add_contacts(*EVERYBODY)
    first = replacing(world, full)
    other = another_database(world, ANNA, CARLA)
    second = start(world, Operation.ALIGN, audience_id=full, database_id=other.id)
    jobs.prepare_upload(second.id)

    assert read(second).status == UploadStatus.QUEUED
    assert "In coda dietro al caricamento n. 1," in read(second).reason
    finish(first)
    second = work(second)

    assert second.status == UploadStatus.COMPLETED
    assert there(world, second) == {*EVERYBODY}


def test_by_another_medium_whoever_was_there_by_the_first_leaves(world, work, full):
    mobile = {"mobile": "393471234567", "mobile_sha256": digest("393471234567")}
    world.add_contacts(ANNA, **mobile)
    work(start(world, audience_id=full))

    finish(replacing(world, full, medium=Medium.SMS))

    assert world.simulator.received(full) == {digest("393471234567").hex()}
    assert members() == {digest("393471234567")}


def test_a_list_that_lost_its_answers_replaces_nobody_when_a_yes_is_wanted(world, full):
    world.add_contacts(ANNA, BRUNO)

    upload = replacing(world, full, consent=ConsentPolicy.GIVEN)

    assert (upload.status, upload.reason_code) == (UploadStatus.FAILED, "nessuno_da_tenere")
    assert world.simulator.received(full) == {STRANGER.digests.hex()}


def test_a_source_that_is_deleted_on_the_way_replaces_nobody(world, full):
    world.add_contacts(ANNA, BRUNO)
    upload = replacing(world, full)
    with db.writing() as session:  # as somebody may who does not ask first whether it is in use
        session.get_one(UserDatabase, world.database.id).deleted_at = clock.now()

    upload = finish(upload)

    assert (upload.status, upload.reason_code) == (UploadStatus.FAILED, "nessuno_da_tenere")
    assert world.simulator.received(full) == {STRANGER.digests.hex()}


def test_the_external_id_stays_out_because_a_session_has_one_schema(world, full):
    world.add_contacts(ANNA, first_name="Anna", code="C1")
    world.add_contacts(BRUNO, first_name="Bruno")

    upload = finish(replacing(world, full, identifiers=["first_name", "code"]))

    assert upload.status == UploadStatus.COMPLETED
    assert upload.identifiers == ["first_name"]


def test_a_ledger_that_nobody_wrote_is_written_by_the_next_round(world, full):
    """The process died between the answer to the last batch and the ledger."""
    world.add_contacts(ANNA)
    upload = replacing(world, full)
    claimed = leases.claim(upload.id)
    result = connection(world).replace_users(full, claimed.rows, claimed.part)
    with db.writing() as session:
        values = {"status": BatchStatus.SENT, "num_received": result.received, "sent_at": clock.now()}
        session.execute(update(Batch).where(col(Batch.id) == claimed.batch_id).values(**values))
        session.execute(update(Replacement).values(state="done"))

    reconcile()

    assert read(upload).status == UploadStatus.COMPLETED
    assert members() == {digest(ANNA)}
