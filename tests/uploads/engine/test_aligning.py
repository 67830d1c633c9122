"""To align: the audience comes to hold exactly whom its source chooses, and only differences are sent."""

import hashlib
from datetime import timedelta

import pytest
from sqlmodel import col, delete, select

from tests.uploads.conftest import add_contacts, read
from tests.uploads.engine.test_sent_contacts import chosen
from webapp import clock, db
from webapp.contacts.erasure import erased
from webapp.contacts.ledger.models import AudienceMember, RemovalDue
from webapp.contacts.models import Contact, UserDatabase
from webapp.destinations import registry
from webapp.destinations.base import EncodedRows
from webapp.uploads import commands, jobs
from webapp.uploads.engine import leases, preparation, restored, sending
from webapp.uploads.engine.reconcile import reconcile
from webapp.uploads.models import Batch, Upload
from webapp.uploads.operations import Operation
from webapp.uploads.status import UploadStatus

ANNA, BRUNO, CARLA, DARIO, ELENA, FABIO = (
    f"{name}@posta.example" for name in ("anna", "bruno", "carla", "dario", "elena", "fabio")
)
EVERYBODY = (ANNA, BRUNO, CARLA, DARIO, ELENA, FABIO)


def digest(email: str) -> bytes:
    return hashlib.sha256(email.encode()).digest()


@pytest.fixture
def aligned(world, work):
    """`aligned(first, **changes)`: the same source into the same audience as *first*, aligned."""

    def run(first, **changes):
        again = {"audience_id": first.audience_id, "audience_name": first.audience_name}
        upload = work(start(world, **again, operation=Operation.ALIGN, **changes))
        if upload.reason_code == "conferma_rimozione":
            assert commands.confirm_removal(upload.id)
            upload = work(upload)
        return upload

    return run


def start(world, operation=Operation.ADD, **changes):
    """An upload by that way."""
    return world.start(operation=operation, **changes)


def there(world, upload) -> set[str]:
    """Whom the simulator's audience holds."""
    names = {hashlib.sha256(one.encode()).hexdigest(): one for one in (*EVERYBODY, "nuova@posta.example")}
    return {names.get(row, row) for row in world.simulator.received(upload.audience_id)}


def change(contact_id: int, **values: object) -> None:
    with db.writing() as session:
        contact = session.get_one(Contact, contact_id)
        for name, value in values.items():
            setattr(contact, name, value)
        session.add(contact)


def remove(*contact_ids: int) -> None:
    with db.writing() as session:
        session.execute(delete(Contact).where(col(Contact.id).in_(contact_ids)))


def erase(world, contact_id: int) -> None:
    with db.writing() as session:
        database = session.get_one(UserDatabase, world.database.id)
        erased.erase(session, database, session.get_one(Contact, contact_id))


def operations(upload) -> list[tuple[str, int]]:
    """Each batch: what it does, and its rows; those that go first before the others."""
    with db.reading() as session:
        query = select(Batch).where(Batch.upload_id == upload.id).order_by(Batch.phase, Batch.seq)
        return [(batch.operation, batch.n_rows) for batch in session.exec(query)]


def newest() -> Upload:
    with db.reading() as session:
        return session.exec(select(Upload).order_by(col(Upload.id).desc())).first()


def another_database(world, *emails: str) -> UserDatabase:
    with db.writing() as session:
        database = UserDatabase(client_id=world.client.id, name="Altri clienti")
        session.add(database)
    add_contacts(database, emails)
    return database


def empty(database: UserDatabase) -> None:
    with db.writing() as session:
        session.execute(delete(Contact).where(col(Contact.database_id) == database.id))


def test_only_differences_are_sent_and_the_numbers_add_up(world, work, aligned, both):
    ids = world.add_contacts(*EVERYBODY)
    first = work(start(world))
    change(ids[0], consent=False)
    world.add_contacts("nuova@posta.example")

    upload = aligned(first)

    assert upload.status == UploadStatus.COMPLETED
    assert there(world, upload) == {*EVERYBODY[1:], "nuova@posta.example"}
    assert operations(upload) == [("remove", 1), ("add", 1)]
    assert (upload.selected, upload.excluded, upload.already_there) == (7, {"opted_out": 1}, 5)
    assert (upload.to_send, upload.to_remove, upload.members_before) == (1, 1, 6)


def test_with_nothing_changed_nobody_is_sent(world, work, aligned):
    world.add_contacts(*EVERYBODY, ANNA)
    first = work(start(world))

    upload = aligned(first)

    assert upload.status == UploadStatus.COMPLETED
    assert operations(upload) == []
    assert (upload.already_there, upload.duplicates, upload.to_send, upload.to_remove) == (6, 1, 0, 0)


def test_a_changed_address_leaves_and_the_new_one_comes(world, work, aligned, both):
    ids = world.add_contacts(*EVERYBODY)
    first = work(start(world))
    change(ids[0], email="nuova@posta.example", email_sha256=digest("nuova@posta.example"))

    upload = aligned(first)

    assert there(world, upload) == {*EVERYBODY[1:], "nuova@posta.example"}
    assert (upload.already_there, upload.to_send, upload.to_remove) == (5, 1, 1)


def test_a_contact_imported_again_under_another_id_is_not_sent_again(world, work, aligned, both):
    ids = world.add_contacts(*EVERYBODY)
    first = work(start(world))
    remove(*ids[:2])
    world.add_contacts(ANNA, BRUNO)

    upload = aligned(first)

    assert operations(upload) == [] and upload.already_there == 6
    assert there(world, upload) == set(EVERYBODY)
    assert chosen(world, "never_sent") == []  # the ledger holds them under their new ids


def test_two_contacts_that_swap_their_addresses_are_both_there_afterwards(world, work, aligned):
    anna, bruno, *_ = world.add_contacts(*EVERYBODY)
    first = work(start(world))
    change(anna, email=BRUNO, email_sha256=digest(BRUNO))
    change(bruno, email=ANNA, email_sha256=digest(ANNA))

    upload = aligned(first)

    assert there(world, upload) == set(EVERYBODY)
    assert aligned(first).already_there == 6


def test_one_of_two_contacts_with_the_same_address_may_go(world, work, aligned):
    ids = world.add_contacts(ANNA, *EVERYBODY)
    first = work(start(world))
    remove(ids[0])

    upload = aligned(first)

    assert operations(upload) == [] and upload.already_there == 6
    assert there(world, upload) == set(EVERYBODY)


def test_who_others_put_there_stays(world, work, aligned):
    ids = world.add_contacts(*EVERYBODY)
    first = work(start(world))
    world.add_contacts("nuova@posta.example")
    connection = registry.destination("meta").connect(world.client.id, world.account.id)
    connection.add_users(first.audience_id, EncodedRows(("EMAIL",), bytes(range(32))))
    remove(ids[0])

    upload = aligned(first)

    assert there(world, upload) == {*EVERYBODY[1:], "nuova@posta.example", bytes(range(32)).hex()}


def test_who_another_source_holds_stays_until_neither_does(world, work, aligned, both):
    ids = world.add_contacts(*EVERYBODY)
    first = work(start(world))
    other = another_database(world, ANNA)
    work(start(world, database_id=other.id, audience_id=first.audience_id))
    remove(ids[0])

    kept = aligned(first)
    assert (operations(kept), there(world, kept)) == ([], set(EVERYBODY))

    empty(other)
    add_contacts(other, ("nuova@posta.example",))
    gone = aligned(first, database_id=other.id)
    assert there(world, gone) == {*EVERYBODY[1:], "nuova@posta.example"}


def test_nobody_chosen_takes_nobody_out(world, work):
    ids = world.add_contacts(*EVERYBODY)
    first = work(start(world))
    remove(*ids)

    upload = work(start(world, Operation.ALIGN, audience_id=first.audience_id))

    assert upload.status == UploadStatus.FAILED
    assert upload.reason.startswith("La scelta non contiene nessuno da tenere")
    assert there(world, first) == set(EVERYBODY)


def test_when_many_would_leave_a_person_is_asked_first(world, work):
    ids = world.add_contacts(*EVERYBODY)
    first = work(start(world))
    remove(*ids[:2])

    upload = work(start(world, Operation.ALIGN, audience_id=first.audience_id))

    assert (upload.status, upload.reason) == (UploadStatus.PAUSED, "Conferma: toglierà 2 di 6.")
    assert not commands.resume_upload(upload.id)
    assert work(upload).status == UploadStatus.PAUSED
    assert there(world, first) == set(EVERYBODY)

    assert commands.confirm_removal(upload.id)
    assert not commands.confirm_removal(upload.id)
    done = work(upload)
    assert (done.status, there(world, done)) == (UploadStatus.COMPLETED, set(EVERYBODY[2:]))


def test_a_restored_copy_does_not_stand_for_the_confirmation(world, work):
    ids = world.add_contacts(*EVERYBODY)
    first = work(start(world))
    remove(*ids[:2])
    upload = work(start(world, Operation.ALIGN, audience_id=first.audience_id))
    with db.writing() as session:
        restored.hold(session, clock.now())

    assert commands.resume_upload(upload.id)

    asked = work(upload)
    assert (asked.status, asked.reason) == (UploadStatus.PAUSED, "Conferma: toglierà 2 di 6.")
    assert there(world, first) == set(EVERYBODY)


def test_a_confirmation_a_day_later_is_asked_for_anew(world, work):
    ids = world.add_contacts(*EVERYBODY)
    first = work(start(world))
    remove(*ids[:2])
    upload = work(start(world, Operation.ALIGN, audience_id=first.audience_id))
    with db.writing() as session:
        session.get_one(Upload, upload.id).prepared_at -= timedelta(days=2)
    remove(ids[2])

    assert commands.confirm_removal(upload.id)

    again = work(upload)
    assert (again.status, again.reason) == (UploadStatus.PAUSED, "Conferma: toglierà 3 di 6.")


def test_removals_go_first_and_additions_wait_for_them(world, work):
    ids = world.add_contacts(*EVERYBODY)
    first = work(start(world))
    remove(ids[0])
    world.add_contacts("nuova@posta.example")
    upload = start(world, Operation.ALIGN, audience_id=first.audience_id)
    jobs.prepare_upload(upload.id)

    claimed = leases.claim(upload.id)

    assert claimed.operation == Operation.REMOVE
    assert leases.claim(upload.id) is None


def test_a_removal_that_is_refused_for_now_is_owed_and_tried_again(world, work, aligned, both):
    ids = world.add_contacts(*EVERYBODY)
    first = work(start(world))
    remove(ids[0])
    world.simulator.order(fault="audience_too_small", on="DELETE /users", times=1)

    upload = aligned(first)

    assert upload.status == UploadStatus.COMPLETED_WITH_WARNINGS
    assert "1 utente resta da togliere" in upload.reason
    assert there(world, upload) == set(EVERYBODY)
    assert aligned(first).status == UploadStatus.COMPLETED
    assert there(world, first) == set(EVERYBODY[1:])


def test_an_answer_that_was_lost_leaves_a_maybe_and_the_next_alignment_settles_it(world, work, aligned):
    (anna,) = world.add_contacts(ANNA)
    first = work(start(world))
    (bruno,) = world.add_contacts(BRUNO)
    upload = start(world, audience_id=first.audience_id)
    jobs.prepare_upload(upload.id)
    world.simulator.order(fault="cut_after_commit", on="POST /users", times=1)
    jobs.send_upload(upload.id)
    commands.stop_upload(upload.id)
    assert BRUNO in there(world, first)
    assert chosen(world, "never_sent") == [bruno]
    remove(bruno)

    settled = aligned(first)

    assert there(world, settled) == {ANNA}
    assert chosen(world, "was_sent") == [anna]


def test_who_is_erased_is_taken_out_without_being_asked(world, work, both):
    ids = world.add_contacts(*EVERYBODY)
    first = work(start(world))
    erase(world, ids[0])

    reconcile()
    upload = work(newest())

    assert (upload.status, upload.only_due, upload.to_remove) == (UploadStatus.COMPLETED, True, 1)
    assert there(world, first) == set(EVERYBODY[1:])
    reconcile()
    assert newest().id == upload.id  # nobody is owed any more


@pytest.mark.parametrize("on", ["GET /audience", "DELETE /users"])
def test_nobody_is_owed_to_an_audience_that_was_deleted(world, work, on):
    ids = world.add_contacts(*EVERYBODY)
    first = work(start(world))
    erase(world, ids[0])
    world.simulator.order(fault="audience_deleted", on=on, times=1, audience=first.audience_id)

    reconcile()
    upload = work(newest())

    assert (upload.status, upload.only_due) == (UploadStatus.FAILED, True)
    with db.reading() as session:
        assert session.exec(select(RemovalDue.outcome)).all() == ["audience_gone"]
        assert set(session.exec(select(AudienceMember.ident))) == {b""}
    assert chosen(world, "was_sent") == ids[1:]


def test_who_is_erased_while_on_the_way_is_taken_out_again(world, work, both):
    ids = world.add_contacts(*EVERYBODY)
    upload = start(world)
    jobs.prepare_upload(upload.id)
    claimed = leases.claim(upload.id)
    erase(world, ids[0])
    with preparation.opened(read(upload)) as connection:
        sending.send(claimed, connection)
    assert there(world, read(upload)) == set(EVERYBODY)

    reconcile()
    work(newest())

    assert there(world, read(upload)) == set(EVERYBODY[1:])


def test_to_remove_takes_the_selection_out_and_counts_who_was_never_there(world, work, both):
    world.add_contacts(*EVERYBODY)
    first = work(start(world))
    other = another_database(world, ANNA, ANNA, "nuova@posta.example", "no")

    upload = work(start(world, Operation.REMOVE, database_id=other.id, audience_id=first.audience_id))

    assert there(world, upload) == set(EVERYBODY[1:])
    assert (upload.selected, upload.duplicates, upload.discarded) == (4, 1, {"email_invalid": 1})
    assert (upload.never_there, upload.to_remove, upload.to_send) == (1, 1, 0)


def test_to_remove_asks_nobody_for_consent_and_takes_out_what_was_sent(world, work):
    ids = world.add_contacts(*EVERYBODY)
    first = work(start(world))
    change(ids[0], consent=False)
    change(ids[1], email="nuova@posta.example", email_sha256=digest("nuova@posta.example"))

    upload = work(start(world, Operation.REMOVE, audience_id=first.audience_id))

    assert (there(world, upload), upload.to_remove, upload.never_there) == (set(), 6, 0)
    assert chosen(world, "was_sent") == []


def test_nobody_is_taken_out_of_a_new_audience(world, work):
    world.add_contacts(*EVERYBODY)

    upload = work(start(world, Operation.REMOVE))

    assert (upload.status, upload.audience_id) == (UploadStatus.FAILED, "")
    assert upload.reason == "Da una custom audience nuova non c’è nessuno da rimuovere."
    assert world.simulator.calls("/users") == []


def test_a_repeat_fills_the_audience_the_same_way(world, work, aligned):
    world.add_contacts(*EVERYBODY)
    upload = aligned(work(start(world)))

    again = commands.repeat_upload(upload.id, "Giulia Ferri", may_include=False)

    assert again.operation == Operation.ALIGN
