"""A page waits for the locks of others ten seconds in all, however many transactions it makes."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy.exc import OperationalError

from tests.conftest import make_app
from tests.support.in_time import LONGEST_S
from webapp import db, patience


@pytest.fixture
def shortened(monkeypatch) -> float:
    monkeypatch.setattr(patience, "LOCK_WAIT_S", 3.0)
    return 3.0


@contextmanager
def somebody_writes() -> Iterator[None]:
    """Another thread holds the lock of SQLite as long as the block lasts."""
    holds, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with db.writing() as session:
            session.connection()
            holds.set()
            may_end.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    holds.wait(30)
    try:
        yield
    finally:
        may_end.set()
        thread.join()


def refused_after() -> float:
    started = time.monotonic()
    with pytest.raises(OperationalError), db.writing() as session:
        session.connection()
    return time.monotonic() - started


def test_the_second_transaction_of_a_page_does_not_wait_again(database, shortened):
    patience.share()
    with somebody_writes():
        first, second = refused_after(), refused_after()
    patience.end()

    assert first >= shortened
    assert second < shortened / 2


def test_who_is_no_page_waits_every_time(database, monkeypatch):
    monkeypatch.setattr(patience, "LOCK_WAIT_S", 0.5)
    with somebody_writes():
        assert refused_after() >= 0.5
        assert refused_after() >= 0.5


def test_a_form_posted_beside_a_long_write_says_so_once_its_patience_is_over(database, shortened):
    app = make_app(database)
    app.testing = False
    browser = app.test_client()
    browser.get("/accesso")
    with somebody_writes():
        started = time.monotonic()
        answer = browser.post_form("/accesso", {"email": "anna@posta.example", "password": "una password"})
        took = time.monotonic() - started

    assert answer.status_code == 503
    assert "Platea non è disponibile" in answer.text
    assert shortened <= took < LONGEST_S


def test_a_lock_of_postgresql_is_waited_for_once_a_page(create_database, monkeypatch):
    monkeypatch.setattr(patience, "LOCK_WAIT_S", 3.0)
    engine = db.connect(create_database("pazienza"))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE una (n INTEGER)")
    patience.share()
    with engine.begin() as holder:
        holder.exec_driver_sql("LOCK TABLE una")
        took = []
        for _ in range(2):
            started = time.monotonic()
            with pytest.raises(OperationalError), engine.begin() as connection:
                connection.exec_driver_sql("SELECT n FROM una")
            took.append(time.monotonic() - started)
    patience.end()
    engine.dispose()

    assert took[0] >= 3.0
    assert took[1] < 2.0
