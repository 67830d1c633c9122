"""The watch over transactions sees what it must see: a rule that cannot fail is none."""

import pytest

from tests.support import slow_work
from webapp import db, services
from webapp.config import from_environment
from webapp.host.processes import Supervisor, python


def call() -> None:
    services.services().job_queue.ping()  # nobody listens there: a new connection each time


def start() -> None:
    supervisor = Supervisor()
    supervisor.add("breve", python("-c", ""))
    supervisor.stop()


@pytest.mark.parametrize("work", [call, start])
def test_a_call_or_a_process_inside_a_transaction_is_seen_and_outside_is_not(database, work):
    work()
    assert slow_work.seen == []

    with db.writing() as session:
        work()  # nobody waits yet
        assert slow_work.seen == []
        session.connection()
        work()
    assert slow_work.seen != []
    slow_work.seen.clear()


def test_a_file_of_the_installation_is_seen_and_the_database_is_not(database):
    (database.data_dir / "chiave").write_text("redis://127.0.0.1:6379/0")
    given = {"REDIS_URL_FILE": str(database.data_dir / "chiave")}
    given |= {"PLATEA_SECRET_KEY": "una chiave di prova lunga, mai usata altrove", "PLATEA_TOKEN_KEYS": "x"}
    with db.writing() as session:
        session.connection()
    assert slow_work.seen == []

    with db.writing() as session:
        session.connection()
        from_environment(given)
    assert len(slow_work.seen) == 1
    slow_work.seen.clear()
