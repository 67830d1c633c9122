"""The content of rejected rows goes after the days that the client decided; numbers and reasons stay."""

from datetime import timedelta

import pytest
from sqlmodel import select

from tests.cli.test_once import platea
from tests.contacts.conftest import import_file, read_import
from tests.support.running import environment
from webapp import clock, db
from webapp.access.models import Client
from webapp.contacts import databases
from webapp.contacts.imports import retention
from webapp.contacts.models_imports import ContactImport, RejectedRow

# Two rows with a cell too many, which no contact can be made of.
CSV = "Nome;Email\nAnna;anna@posta.example;x\nLuca;luca@posta.example\nMaria;maria@posta.example;y\n"


@pytest.fixture
def old(clienti):
    """An import with two rejected rows that ended 91 days ago."""
    job = import_file(clienti, CSV)
    assert job.rows_rejected == 2
    return aged(job, 91)


def aged(job: ContactImport, days: int) -> ContactImport:
    with db.writing() as session:
        session.merge(job).finished_at = clock.now() - timedelta(days=days)
    return job


def contents(job: ContactImport) -> list[tuple[int, str, list[str]]]:
    with db.reading() as session:
        rows = session.exec(select(RejectedRow).where(RejectedRow.import_id == job.id))
        return [(row.line, row.reason, row.cells) for row in rows]


def keep(client: Client, days: int) -> None:
    with db.writing() as session:
        session.merge(client).retention_days = days


def test_after_ninety_days_only_line_and_reason_are_left(old):
    before = contents(old)

    assert retention.forget_old() == 1

    assert contents(old) == [(line, reason, []) for line, reason, _ in before]
    assert read_import(old.id).rows_rejected == 2


def test_the_page_and_the_file_say_that_the_content_is_gone(old, clienti, signed_in, page):
    url = f"/database/{clienti.public_id}/importazioni/{old.public_id}"
    assert "anna@posta.example" in signed_in.get(url).text

    retention.forget_old()

    words = page(signed_in.get(url)).text_content()
    assert "anna@posta.example" not in words
    assert "Il contenuto delle righe scartate è stato cancellato il" in words
    assert "2 righe scartate" in words
    assert "anna@posta.example" not in signed_in.get(f"{url}/scarti.csv").text


def test_what_is_younger_stays(clienti):
    job = aged(import_file(clienti, CSV), 89)

    assert retention.forget_old() == 0
    assert all(cells for _, _, cells in contents(job))


def test_each_client_decides_for_itself(old, aurora, clienti):
    with db.writing() as session:
        bottega = Client(name="Bottega Verdi", retention_days=365)
        session.add(bottega)
        session.flush()
        theirs = databases.create_database(session, bottega.id, "Loro")
    kept = aged(import_file(theirs, CSV), 91)
    keep(aurora, 30)

    assert retention.forget_old() == 1

    assert not any(cells for _, _, cells in contents(old))
    assert all(cells for _, _, cells in contents(kept))


def test_it_is_done_once(old):
    assert [retention.forget_old(), retention.forget_old()] == [1, 0]


def test_many_rows_go_in_steps_and_one_that_was_cut_off_goes_on(old, monkeypatch):
    monkeypatch.setattr(retention, "ROWS_AT_ONCE", 1)
    first = retention._empty_some(old.id, 0)
    assert sorted(bool(cells) for _, _, cells in contents(old)) == [False, True]
    assert first is not None and read_import(old.id).rejects_forgotten_at is None

    retention.forget_old()

    assert not any(cells for _, _, cells in contents(old))


def test_the_command_does_it_at_once(old, database):
    done = platea("pulizia", env=environment(database))

    assert done.stdout == "Cancellato il contenuto delle righe scartate di 1 importazione.\n"
    assert not any(cells for _, _, cells in contents(old))
