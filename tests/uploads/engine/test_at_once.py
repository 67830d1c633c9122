"""Twenty who press at once, and two who change one upload: told once, and nobody undoes what is true."""

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest
from sqlmodel import col, select

from tests.uploads.conftest import read
from tests.uploads.engine.test_sending import kinds, many
from webapp import db
from webapp.access.models import AuditEntry
from webapp.access.trail import audit
from webapp.contacts import database_removal
from webapp.contacts.erasure import erased
from webapp.contacts.models import Contact, UserDatabase
from webapp.contacts.people import contact_edit
from webapp.destinations.base import BatchResult, Medium, Problem
from webapp.destinations.meta.accounts import accounts
from webapp.uploads import commands, jobs
from webapp.uploads.engine import leases, locks, outcomes, transitions
from webapp.uploads.models import Upload
from webapp.uploads.operations import Operation
from webapp.uploads.screens import queries
from webapp.uploads.status import UploadStatus

WAITS = Problem("prova", "Aspetta.", "Guarda.", "chiunque")


def all_at_once(what: Callable[[], object], times: int = 20) -> list[object]:
    """What each of *times* threads came back with, exceptions included."""
    ready, found = threading.Barrier(times), []

    def press() -> None:
        ready.wait()
        try:
            found.append(what())
        except Exception as error:
            found.append(error)

    threads = [threading.Thread(target=press) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def told() -> Counter[str]:
    with db.reading() as session:
        return Counter(session.exec(select(col(AuditEntry.action))).all())


def paused(world):
    world.add_contacts(*many(3))
    upload = world.start()
    jobs.prepare_upload(upload.id)
    with db.writing() as session:
        transitions.pause(locks.locked(session, upload.id), WAITS, None)
    return upload


def test_stop_pressed_twenty_times_is_told_once(both, world):
    upload = paused(world)

    answers = all_at_once(lambda: commands.stop_upload(upload.id))

    assert set(answers) <= {True, False} and True in answers
    assert told()["upload_stopped"] == kinds(upload).count("stop_requested") == 1
    assert read(upload).status == UploadStatus.STOPPED


def test_resume_pressed_twenty_times_is_told_once(both, world):
    upload = paused(world)

    answers = all_at_once(lambda: commands.resume_upload(upload.id))

    assert Counter(answers) == {True: 1, False: 19}
    assert told()["upload_resumed"] == kinds(upload).count("resumed") == 1


def test_the_same_upload_from_twenty_tabs_starts_once(both, world):
    world.add_contacts(*many(3))
    like_it = partial(
        queries.running_twin,
        scope=queries.Scope((world.client.id,), world.database.id),
        account_id=world.account.id,
        medium=Medium.EMAIL,
        operation=Operation.ADD,
        audience_id="",
        audience_name="Clienti, novembre",
    )

    answers = all_at_once(lambda: world.start(twin_of=like_it))

    (started,) = [one for one in answers if isinstance(one, Upload)]
    assert [str(one) for one in answers if isinstance(one, commands.TwinRunning)] == [started.public_id] * 19
    assert told()["upload_started"] == 1


def test_a_database_deleted_twenty_times_is_told_once(both, world):
    def delete() -> object:
        with db.writing() as session:
            database = session.get(UserDatabase, world.database.id)
            if database is None:
                return None
            refused = database_removal.remove(session, database)
            audit.record(session, audit.Action.DATABASE_DELETED, client_id=world.client.id)
            return refused

    failed = [one for one in all_at_once(delete) if isinstance(one, Exception)]
    assert {type(one) for one in failed} <= {LookupError}
    assert told()["database_deleted"] == 1


def test_an_account_deleted_twenty_times_is_told_once(both, world):
    assert set(all_at_once(lambda: accounts.delete(world.account))) == {True}
    assert told()["account_deleted"] == 1


@pytest.mark.parametrize("how", ["deleted", "erased"])
def test_a_contact_taken_away_twenty_times_is_told_once(both, world, how):
    contact_id = world.add_contacts("anna@posta.example")[0]

    def take_away() -> object:
        with db.writing() as session:
            database = session.get_one(UserDatabase, world.database.id)
            contact = session.get(Contact, contact_id)
            if contact is None:
                return None
            take = contact_edit.remove if how == "deleted" else erased.erase
            return take(session, database, contact)

    failed = [one for one in all_at_once(take_away) if isinstance(one, Exception)]
    assert {str(one) for one in failed} <= {"Questa persona è già stata cancellata."}
    assert told()["contact_deleted"] == 1


def test_resume_pressed_while_the_last_batch_is_recorded_leaves_the_upload_completed(on_postgres, world):
    """The one who records holds the upload; whoever resumes reads it only after that, and finds its end."""
    upload = paused(world)
    assert commands.resume_upload(upload.id)
    claimed = leases.claim(upload.id)
    with db.writing() as session:
        transitions.pause(locks.locked(session, upload.id), WAITS, None)

    with db.writing() as session:
        held = locks.locked(session, upload.id)
        pressed = threading.Thread(target=lambda: commands.resume_upload(upload.id))
        pressed.start()
        pressed.join(0.5)
        assert pressed.is_alive()  # it waits for the lock
        leases.update_if_ours(session, claimed, status="sent", num_received=3, lease_owner=None)
        transitions.close_if_done(held)
    pressed.join()

    done = read(upload)
    assert (done.status, done.audience_busy) == (UploadStatus.COMPLETED, False)
    assert kinds(done)[-1] == "closed" and kinds(done).count("closed") == 1


def test_recording_and_resuming_at_once_end_completed(on_postgres, world):
    upload = paused(world)
    commands.resume_upload(upload.id)
    claimed = leases.claim(upload.id)
    with db.writing() as session:
        transitions.pause(locks.locked(session, upload.id), WAITS, None)
    work = iter([lambda: outcomes.record_sent(claimed, BatchResult(received=3))])

    all_at_once(lambda: next(work, lambda: commands.resume_upload(upload.id))(), times=8)

    assert read(upload).status == UploadStatus.COMPLETED and read(upload).finished_at is not None


def test_a_lock_that_ended_with_its_transaction_changes_nothing(world):
    upload = world.start()
    with db.writing() as session:
        held = locks.locked(session, upload.id)

    with pytest.raises(RuntimeError):
        transitions.pause(held, WAITS, None)


def delete_database(world) -> str | None:
    with db.writing() as session:
        return database_removal.remove(session, session.get_one(UserDatabase, world.database.id))


@pytest.mark.parametrize("thing", ["database", "account"])
@pytest.mark.parametrize("first", ["start", "delete"])
def test_a_start_beside_a_deletion_wins_or_is_refused_in_words(both, world, thing, first):
    world.add_contacts(*many(3))
    started, removed = [], []

    def start() -> None:
        with suppress(commands.Gone):
            started.append(world.start())

    def delete() -> None:
        done = accounts.delete(world.account) if thing == "account" else delete_database(world) is None
        removed.append(done)

    order = [start, delete] if first == "start" else [delete, start]
    work = iter(order)
    all_at_once(lambda: next(work)(), times=2)

    assert bool(started) != removed[0]  # exactly one of them
    for upload in started:
        jobs.prepare_upload(upload.id)
        jobs.send_upload(upload.id)
        assert (read(upload).status, read(upload).to_send) == (UploadStatus.COMPLETED, 3)


def test_a_start_that_waits_for_a_deletion_finds_the_database_gone(on_postgres, world):
    found = []

    def start() -> None:
        try:
            world.start()
        except commands.Gone as gone:
            found.append(gone.what)

    with db.writing() as session:
        database_removal.remove(session, session.get_one(UserDatabase, world.database.id))
        waiting = threading.Thread(target=start)
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive()
    waiting.join()

    assert found == [commands.Thing.DATABASE]
