"""An import on PostgreSQL: alone in its database however slow the server is, planned for its real size."""

from dataclasses import replace

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from tests.contacts.conftest import add_draft
from webapp import clock, db, migrations, services
from webapp.access.models import Client
from webapp.contacts.imports import import_run, importing
from webapp.contacts.models import UserDatabase
from webapp.contacts.models_imports import ContactImport, ImportStatus

ROWS = 3_000


@pytest.fixture
def clienti(settings, create_database):
    """A database in a PostgreSQL that nobody has analysed."""
    services.start(replace(settings, database_url=create_database("importa")))
    migrations.upgrade(db.engine())
    with db.writing() as session:
        client = Client(name="Studio Aurora")
        session.add(client)
        session.flush()
        job = UserDatabase(client_id=client.id, name="Clienti")
        session.add(job)
    yield job
    db.engine().dispose()


def file_of(rows: int) -> bytes:
    return b"codice,email\n" + b"".join(b"%d,c%d@posta.example\n" % (n, n) for n in range(rows))


def test_a_second_file_waits_while_the_first_is_being_written_even_if_its_lease_ran_out(clienti):
    first, second = add_draft(clienti, file_of(10)), add_draft(clienti, file_of(20))
    for draft in (first, second):
        importing.start(draft.id)
    assert import_run.claim(first.id)
    with db.writing() as session:
        session.get(ContactImport, first.id).lease_until = clock.epoch() - 1  # the server was slow

    with db.writing() as session:  # as `commit` does, in the middle of its blocks
        mine = select(col(UserDatabase.id)).where(col(UserDatabase.id) == clienti.id)
        session.execute(mine.with_for_update(key_share=True)).one()
        assert import_run.claim(second.id) is None

    with db.reading() as session:
        assert session.get(ContactImport, second.id).status == ImportStatus.QUEUED


def test_two_that_are_claimed_at_once_do_not_both_begin(clienti):
    drafts = [add_draft(clienti, file_of(10)) for _ in range(2)]
    for draft in drafts:
        importing.start(draft.id)

    claims = [import_run.claim(draft.id) for draft in drafts]

    assert [claim is not None for claim in claims] == [True, False]


def test_a_fresh_database_is_looked_at_by_the_planner_while_the_file_comes_in(clienti):
    """Until autovacuum came by, a look-up by code took 18.7 s: 60,000 rows took two minutes, not 16 s."""
    known = text("SELECT reltuples FROM pg_class WHERE oid = 'contact'::regclass")
    with db.writing() as session:
        session.execute(text("ALTER TABLE contact SET (autovacuum_enabled = false)"))
        assert session.execute(known).scalar_one() <= 0

    draft = add_draft(clienti, file_of(ROWS))
    importing.run(draft.id)

    with db.reading() as session:
        assert session.get(ContactImport, draft.id).rows_new == ROWS
        assert session.execute(known).scalar_one() == ROWS
