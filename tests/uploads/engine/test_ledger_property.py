"""Whatever happens to contacts and uploads, nobody is at Meta whom the ledger does not know, and an alignment
leaves exactly those who may be there, beside those whom others put.

Longer with PLATEA_CHAOS=lungo, as by `make chaos`.
"""

import os
from dataclasses import dataclass, field, replace
from itertools import count

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some
from sqlmodel import col, delete, select, update

from tests.uploads.conftest import add_contacts, read
from tests.uploads.engine.test_aligning import digest
from webapp import clock, db
from webapp import services as platea
from webapp.contacts.erasure import erased
from webapp.contacts.ledger import idents, refusals
from webapp.contacts.ledger.models import AudienceMember, RemovalDue
from webapp.contacts.models import Contact, UserDatabase
from webapp.destinations import registry
from webapp.destinations.base import EncodedRows
from webapp.destinations.meta.models import MetaAccount
from webapp.uploads import commands, jobs
from webapp.uploads.engine import leases, preparation, sending
from webapp.uploads.engine.reconcile import reconcile
from webapp.uploads.engine.ways import counting
from webapp.uploads.models import Batch, Upload
from webapp.uploads.operations import Operation
from webapp.uploads.screens import queries
from webapp.uploads.status import FINAL, BatchStatus, UploadStatus

IS_LONG = os.environ.get("PLATEA_CHAOS") == "lungo"
EXAMPLES, EXAMPLES_ON_POSTGRESQL = (400, 100) if IS_LONG else (7, 1)
PEOPLE = 7
STRANGER = bytes(range(32))
WAYS = (Operation.ADD, Operation.ALIGN, Operation.REMOVE, Operation.REPLACE)
KEEPING = (Operation.ALIGN, Operation.REPLACE)
SESSION_S = 91 * 60  # until then Meta keeps a session that nobody ended
numbers = count(1)

people = some.integers(0, PEOPLE - 1)
uploads = some.tuples(
    some.just("upload"),
    some.sampled_from(WAYS),
    some.sampled_from(("well", "lost", "lost_and_stopped", "dies", "stopped", "refused", "not_confirmed")),
)
contacts = some.one_of(
    some.tuples(some.just("arrives"), people),
    some.tuples(some.just("changes"), people, people),
    some.tuples(some.just("answers"), people, some.booleans()),
    some.tuples(some.sampled_from(("is_deleted", "is_erased")), people),
    some.tuples(some.just("is_looked_after")),
)
steps = some.one_of(contacts, uploads)
ADD, ALIGN, REMOVE, REPLACE = WAYS
# Stories that each need one of the rules: of what is lost, who moves, whose addresses are swapped, what is
# refused for now, who is erased between two tries.
SWAPPED = [("changes", 1, 6), ("changes", 2, 1), ("changes", 6, 2)]
NEEDED = (
    [("upload", ADD, "lost_and_stopped"), ("is_deleted", 0), ("is_deleted", 1), ("arrives", 5)],
    [("upload", ADD, "well"), ("is_deleted", 0), ("arrives", 0), ("changes", 1, 5), ("upload", ADD, "dies")],
    [
        ("upload", ADD, "well"),
        ("changes", 1, 6),
        ("changes", 2, 1),
        ("changes", 6, 2),
        ("upload", ALIGN, "well"),
    ],
    [("upload", ADD, "well"), ("answers", 1, False), ("upload", ALIGN, "refused"), ("answers", 1, True)],
    [("upload", ADD, "lost_and_stopped"), ("is_erased", 0), ("upload", REMOVE, "dies"), ("is_erased", 1)],
    [
        ("upload", REPLACE, "lost_and_stopped"),
        ("changes", 0, 5),
        ("upload", REPLACE, "dies"),
        ("answers", 1, False),
        ("is_looked_after",),
        ("upload", REPLACE, "lost"),
    ],
    [("upload", ALIGN, "well"), ("answers", 3, False), ("is_looked_after",)],
)


@dataclass
class Story:
    """One database and one audience, in which a stranger was put by others."""

    world: object
    number: int = field(default_factory=lambda: next(numbers))
    uploads: list[Upload] = field(default_factory=list)

    def __post_init__(self) -> None:
        with db.writing() as session:
            self.database = UserDatabase(client_id=self.world.client.id, name=f"Clienti {self.number}")
            session.add(self.database)
        connection = self.connection()
        self.audience = connection.create_audience(f"Clienti {self.number}", f"storia-{self.number}")
        connection.add_users(self.audience, EncodedRows(("EMAIL",), STRANGER))
        add_contacts(self.database, [self.email(person) for person in range(4)])

    def connection(self):
        return registry.destination("meta").connect(self.world.client.id, self.world.account.id)

    def email(self, person: int) -> str:
        return f"persona{person}-{self.number}@posta.example"

    def contacts(self, person: int) -> list[Contact]:
        with db.reading() as session:
            mine = select(Contact).where(
                Contact.database_id == self.database.id, Contact.email == self.email(person)
            )
            return list(session.exec(mine.order_by(Contact.id)))

    def there(self) -> set[bytes]:
        return {bytes.fromhex(row) for row in self.world.simulator.received(self.audience)} - {STRANGER}

    def wanted(self) -> set[bytes]:
        """Whoever has an address that nobody said no for."""
        with db.reading() as session:
            every = session.exec(select(Contact).where(Contact.database_id == self.database.id)).all()
        return {bytes(one.email_sha256) for one in every} - self.refused()

    def refused(self) -> set[bytes]:
        """Every address that somebody said no for."""
        with db.reading() as session:
            no = select(Contact).where(
                Contact.database_id == self.database.id, col(Contact.consent).is_(False)
            )
            return {bytes(one.email_sha256) for one in session.exec(no)}

    # Steps

    def arrives(self, person: int) -> None:
        add_contacts(self.database, [self.email(person)])

    def changes(self, person: int, other: int) -> None:
        for one in self.contacts(person)[:1]:
            email = self.email(other)
            _write(one, email=email, email_sha256=digest(email))

    def answers(self, person: int, answer: bool) -> None:
        for one in self.contacts(person)[:1]:
            _write(one, consent=answer)
            with db.writing() as session:
                refusals.answers_change(session, self.database.id)

    def is_deleted(self, person: int) -> None:
        for one in self.contacts(person)[:1]:
            with db.writing() as session:
                session.execute(delete(Contact).where(col(Contact.id) == one.id))

    def is_looked_after(self) -> None:
        """What Platea does by itself: where the audience is kept in line, nobody stays who said no."""
        self.take_out_who_is_owed()
        kept = [one for one in self.uploads if one.operation != REMOVE and read(one).prepared_at]
        if kept and kept[-1].operation in KEEPING:
            assert self.there().isdisjoint(self.refused())

    def is_erased(self, person: int) -> None:
        for one in self.contacts(person)[:1]:
            with db.writing() as session:
                database = session.get_one(UserDatabase, self.database.id)
                erased.erase(session, database, session.get_one(Contact, one.id))

    def upload(self, way: Operation, how: str) -> None:
        self._nobody_waits()
        is_lost = how in ("lost", "lost_and_stopped")
        if is_lost or how == "refused":
            fault = "cut_after_commit" if is_lost else "audience_too_small"
            on = "POST /usersreplace" if way == REPLACE else "POST /users"
            on = "DELETE /users" if how == "refused" or way == REMOVE else on
            self.world.simulator.order(fault=fault, on=on, times=1, audience=self.audience)
        foretold = self.foretold(way)
        upload = self.world.start(
            database_id=self.database.id,
            audience_id=self.audience,
            audience_name=f"Clienti {self.number}",
            operation=way,
        )
        self.uploads.append(upload)
        jobs.prepare_upload(upload.id)
        assert foretold == numbers_of(read(upload))
        if read(upload).reason_code == "conferma_rimozione" and how != "not_confirmed":
            assert commands.confirm_removal(upload.id)
            jobs.prepare_upload(upload.id)
        if how == "dies":
            self._dies(upload)
        elif how in ("stopped", "lost_and_stopped"):
            self._send_one(upload)
        self._end(upload, stopped=how in ("stopped", "lost_and_stopped", "not_confirmed"))
        if way == REPLACE:
            self._is_replaced(upload)
        self.world.simulator._http("POST", "faults", json={"clear": True})

    def foretold(self, way: Operation) -> tuple:
        """The numbers that a check before the upload says."""
        proposed = Upload(
            client_id=self.world.client.id,
            database_id=self.database.id,
            destination="meta",
            audience_id=self.audience,
            audience_name=f"Clienti {self.number}",
            medium="email",
            consent="not_refused",
            operation=way,
        )
        counted = counting.count(proposed, registry.destination("meta"), clock.today())
        assert sum(one.contacts for one in counted.exits.values()) == counted.numbers.to_remove
        return numbers_of(counted.numbers)

    def _dies(self, upload: Upload) -> None:
        """What was sent arrives, and nobody writes it down."""
        if (claimed := leases.claim(upload.id)) is None:
            return
        connection = self.connection()
        if claimed.part:
            connection.replace_users(claimed.audience_id, claimed.rows, claimed.part)
        else:
            send = connection.remove_users if claimed.operation == REMOVE else connection.add_users
            send(claimed.audience_id, claimed.rows)
        with db.writing() as session:
            session.execute(
                update(Batch).where(col(Batch.id) == claimed.batch_id).values(lease_owner="x", lease_until=1)
            )
        reconcile()

    def _is_replaced(self, upload: Upload) -> None:
        """All or nobody: those who were sent, and nobody else in the audience or the ledger."""
        if read(upload).status == UploadStatus.COMPLETED:
            assert self.there() == self.wanted()
            assert self.world.simulator.received(self.audience) == {one.hex() for one in self.wanted()}
            assert self.wanted() == self.known() & self.everybody()
        else:
            self.world.simulator._http("POST", "clock", json={"advance_s": SESSION_S})

    def everybody(self) -> set[bytes]:
        return {digest(self.email(person)) for person in range(PEOPLE)}

    def _send_one(self, upload: Upload) -> None:
        if claimed := leases.claim(upload.id):
            with preparation.opened(read(upload)) as connection:
                sending.send(claimed, connection)

    def _end(self, upload: Upload, stopped: bool) -> None:
        if stopped:
            commands.stop_upload(upload.id)
        for _ in range(4):
            if read(upload).status in FINAL:
                return
            jobs.send_upload(upload.id)
            self._nobody_waits()
            reconcile()
        raise AssertionError(f"it does not end: {read(upload).status}, {read(upload).reason}")

    def _nobody_waits(self) -> None:
        with db.writing() as session:
            session.execute(update(MetaAccount).values(failures=0, failing_since=0, paused_until=0))
            session.execute(
                update(Batch).where(col(Batch.status) == BatchStatus.PENDING).values(next_attempt_at=0)
            )

    def take_out_who_is_owed(self) -> None:
        with db.writing() as session:
            owed = update(RemovalDue).where(
                col(RemovalDue.next_try_at).is_not(None), col(RemovalDue.done_at).is_(None)
            )
            session.execute(owed.values(next_try_at=0))
        reconcile()
        with db.reading() as session:
            waiting = session.exec(select(Upload).where(Upload.status == UploadStatus.QUEUED)).all()
        for upload in waiting:
            jobs.prepare_upload(upload.id)
            self._end(upload, stopped=False)

    # What must hold

    def known(self) -> set[bytes]:
        """Whoever the ledger holds, or owes."""
        with db.reading() as session:
            sealed = {bytes(one) for one in session.exec(select(AudienceMember.ident)) if one}
            owed = select(RemovalDue.ident).where(col(RemovalDue.done_at).is_(None))
            sealed |= {cell for ident in session.exec(owed) for cell in idents.cells(bytes(ident))}
        return {idents.unseal(one) for one in sealed}

    def check(self) -> None:
        assert self.there() <= self.known()
        with db.reading() as session:
            for upload in self.uploads:
                row = queries.read_one(session, upload.client_id, upload.public_id)
                assert row.numbers.adds_up(), row.numbers


def numbers_of(one: object) -> tuple:
    """Of an upload or of what its check foretold: whoever is selected, term by term, and who is taken out."""
    apart = (one.already_there, one.never_there or 0, one.to_send, one.to_remove, one.leaving)
    return (one.selected, dict(one.excluded), dict(one.discarded), one.duplicates, *apart, one.members_before)


def _write(contact: Contact, **values: object) -> None:
    with db.writing() as session:
        one = session.get_one(Contact, contact.id)
        for name, value in values.items():
            setattr(one, name, value)
        session.add(one)


@pytest.mark.timeout(3600 if IS_LONG else 180)
def test_the_audience_holds_exactly_who_may_be_there(world, connected, both):
    platea.start(replace(platea.services().settings, batch_rows=2))
    world.simulator._http("POST", "settings", json={"processing_s": 0})

    @settings(
        max_examples=EXAMPLES if both == "sqlite" else EXAMPLES_ON_POSTGRESQL,
        deadline=None,
        derandomize=not IS_LONG,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(some.lists(steps, min_size=4, max_size=14))
    @example(NEEDED[0])
    @example(NEEDED[1])
    @example(NEEDED[2])
    @example(NEEDED[3])
    @example(NEEDED[4])
    @example(NEEDED[5])
    @example(NEEDED[6])
    def tell(told: list[tuple]) -> None:
        story = Story(world)
        for what, *how in told:
            getattr(story, what)(*how)
            story.check()
        story.arrives(0)
        wanted = story.wanted()
        if not wanted:  # then nobody is taken out, which another test shows
            return
        story.upload(Operation.ALIGN, "well")
        story.take_out_who_is_owed()
        story.upload(Operation.ALIGN, "well")
        story.check()
        assert story.there() == wanted
        assert read(story.uploads[-1]).to_send == read(story.uploads[-1]).to_remove == 0
        if not any(one.operation == REPLACE for one in story.uploads):
            assert STRANGER.hex() in world.simulator.received(story.audience)

    tell()
