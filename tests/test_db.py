"""The database keeps every change that was said to be kept, on SQLite above all."""

import subprocess
from threading import Event, Thread

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import select

from tests.support.running import wait_until
from webapp import db, migrations, patience
from webapp.access.models import Client
from webapp.config import ROOT
from webapp.host.processes import python

ADD_ONE = """
import sys
from sqlmodel import select
from webapp import db
from webapp.workers import WorkerSignal
db.connect(sys.argv[1])
# On PostgreSQL who reads in order to write says so; on SQLite every writing transaction is alone anyway.
one = select(WorkerSignal).where(WorkerSignal.name == 'x').with_for_update()
for _ in range(100):
    with db.writing() as session:
        signal = session.exec(one).one()
        signal.pid += 1
        session.add(signal)
"""


def test_four_processes_that_read_and_write_lose_no_change(database):
    with db.writing() as session:
        session.execute(
            text(
                "INSERT INTO worker_signal (name, host, pid, version, started_at, seen_at)"
                " VALUES ('x', '', 0, '', '2026-01-01', '2026-01-01')"
            )
        )

    processes = [subprocess.Popen(python("-c", ADD_ONE, database.database_url), cwd=ROOT) for _ in range(4)]

    assert [process.wait(60) for process in processes] == [0, 0, 0, 0]
    with db.reading() as session:
        assert session.execute(text("SELECT pid FROM worker_signal WHERE name = 'x'")).scalar_one() == 400


def test_a_snapshot_does_not_see_what_is_committed_meanwhile(database):
    with db.snapshot() as connection:
        before = connection.execute(text("SELECT count(*) FROM client")).scalar_one()
        with db.writing() as session:
            session.add(Client(name="Nuovo"))
        after = connection.execute(text("SELECT count(*) FROM client")).scalar_one()

    assert (before, after) == (0, 0)


def test_an_exception_undoes_the_whole_transaction(database):
    with pytest.raises(RuntimeError), db.writing() as session:
        session.add(Client(name="A metà"))
        session.flush()
        raise RuntimeError

    with db.reading() as session:
        assert session.exec(select(Client)).all() == []


def test_what_was_written_does_not_appear_in_an_exception(database):
    with db.writing() as session:
        session.add(Client(name="Segreto", public_id="uno"))

    with pytest.raises(IntegrityError) as raised, db.writing() as session:
        session.add(Client(name="anna@posta.example", public_id="uno"))

    assert "anna@posta.example" not in str(raised.value)


def test_the_migrations_lead_to_the_tables_that_the_code_expects(database):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlmodel import SQLModel

    import webapp.contacts.models_imports
    import webapp.destinations.meta.models
    import webapp.mail
    import webapp.periodic
    import webapp.uploads.models
    import webapp.workers

    assert webapp
    with db.engine().connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_name": migrations.is_of_the_models}
        )
        assert compare_metadata(context, SQLModel.metadata) == []
        connection.rollback()
    assert migrations.is_current(db.engine())


def test_a_reader_is_not_held_up_by_a_writer(database):
    with db.writing() as session:
        session.add(Client(name="In corso"))
        session.flush()
        with db.reading() as reader:
            assert reader.exec(select(Client)).all() == []


def test_a_database_that_is_no_file_of_ours_is_an_error_not_an_empty_one(tmp_path):
    (tmp_path / "platea.db").write_bytes(b"certamente non un database" * 100)
    engine = db.make_engine(f"sqlite:///{tmp_path / 'platea.db'}")

    with pytest.raises(Exception, match="not a database") as raised:
        migrations.upgrade(engine)

    assert not isinstance(raised.value, OperationalError) or raised.value.orig
    engine.dispose()


@pytest.fixture
def numbers(tmp_path):
    """A SQLite file with one number in it."""
    engine = db.make_engine(f"sqlite:///{tmp_path / 'numeri.db'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE number (n INTEGER)"))
        connection.execute(text("INSERT INTO number VALUES (1)"))
    yield engine
    engine.dispose()


def test_a_writer_on_sqlite_waits_for_the_one_before_it(numbers):
    waits = Event()

    def double() -> None:
        waits.set()
        with numbers.begin() as connection:
            connection.execute(text("UPDATE number SET n = n * 2"))

    with numbers.begin() as connection:
        second = Thread(target=double)
        second.start()
        waits.wait(10)
        connection.execute(text("UPDATE number SET n = n + 4"))
    second.join(20)

    with numbers.begin() as connection:
        assert connection.execute(text("SELECT n FROM number")).scalar_one() == 10


def test_a_writer_on_sqlite_that_waits_in_vain_hears_that_the_database_is_locked(numbers, monkeypatch):
    monkeypatch.setattr(patience, "LOCK_WAIT_S", 0.05)
    with numbers.begin(), pytest.raises(OperationalError, match="database is locked"), numbers.begin():
        pass

    with numbers.begin() as connection:  # and can write once it is free
        connection.execute(text("UPDATE number SET n = 2"))


WAIT = """
import sys
from webapp import db
db.connect(sys.argv[1])
with db.writing() as session:
    session.connection()
"""


@pytest.fixture
def on_sqlite(tmp_path):
    """The address of a new SQLite file, which this process is connected to."""
    engine = db.connect(f"sqlite:///{tmp_path / 'di-uno.db'}")
    yield engine.url.render_as_string()
    engine.dispose()


def test_who_writes_hears_of_another_process_that_waits_until_it_is_killed(on_sqlite):
    with db.writing() as session:
        session.connection()
        assert not db.is_awaited()
        waiting = subprocess.Popen(python("-c", WAIT, on_sqlite), cwd=ROOT)
        wait_until(db.is_awaited)

        waiting.kill()
        waiting.wait(10)

        assert not db.is_awaited()


def test_who_waits_and_is_given_way_to_writes_and_is_gone(on_sqlite):
    with db.writing() as session:
        session.connection()
        waiting = subprocess.Popen(python("-c", WAIT, on_sqlite), cwd=ROOT)
        wait_until(db.is_awaited)

    assert waiting.wait(10) == 0
    assert not db.is_awaited()
