"""Rows are converted while PostgreSQL writes those before them: in their order, and nothing is lost."""

import threading

import pytest

from webapp import db
from webapp.contacts.imports.files.reading_ahead import ahead

WAIT_S = 30


@pytest.fixture
def on_postgres(postgres_url):
    db.connect(postgres_url)
    yield
    db.engine().dispose()


def test_what_was_made_comes_in_its_order(on_postgres):
    assert list(ahead(iter(range(1, 50)))) == list(range(1, 50))


def test_the_next_is_made_while_somebody_works_at_the_one_before(on_postgres):
    is_made = threading.Event()

    def two():
        yield "prima"
        is_made.set()
        yield "seconda"

    coming = ahead(two())
    assert next(coming) == "prima"
    assert is_made.wait(WAIT_S)
    assert next(coming) == "seconda"


def test_what_goes_wrong_is_told_after_what_went_well_before(on_postgres):
    def broken():
        yield "buona"
        raise FileNotFoundError

    coming = ahead(broken())
    assert next(coming) == "buona"
    with pytest.raises(FileNotFoundError):
        next(coming)


def test_who_stops_leaves_no_thread_behind(on_postgres):
    coming = ahead(iter(range(1, 50)))
    next(coming)
    coming.close()

    assert not [one for one in threading.enumerate() if one.name.startswith("reading-ahead")]
