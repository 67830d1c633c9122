"""The watch over transactions sees what it must see: a rule that cannot fail is none."""

import socket
import subprocess
import sys
from contextlib import suppress

import pytest

from tests.support import slow_work
from webapp import db


def call() -> None:
    with suppress(OSError):
        socket.create_connection(("127.0.0.1", 1), timeout=1)


def start() -> None:
    subprocess.run([sys.executable, "-c", ""], check=True)


@pytest.mark.parametrize("work", [call, start])
def test_a_call_or_a_process_inside_a_transaction_is_seen_and_outside_is_not(database, work):
    work()
    assert slow_work.seen == []

    with db.writing():
        work()
    assert slow_work.seen != []
    slow_work.seen.clear()


def test_a_file_of_the_installation_is_seen_and_the_database_is_not(database):
    (database.data_dir / "clienti.csv").write_text("email")
    with db.writing() as session:
        session.connection()
    assert slow_work.seen == []

    with db.writing():
        (database.data_dir / "clienti.csv").read_text()
    assert len(slow_work.seen) == 1
    slow_work.seen.clear()
