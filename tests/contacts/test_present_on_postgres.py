"""How a block of an import finds whom the database has already, on PostgreSQL.

Its planner goes by what it learnt of a table a minute ago or more: of one that is being filled, nothing.
"""

import hashlib
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from tests.contacts.conftest import import_file
from webapp import db
from webapp.access.models import Client
from webapp.contacts import databases
from webapp.contacts.models import UserDatabase
from webapp.contacts.store import contact_inserts
from webapp.contacts.store.same_people import ContactMatcher
from webapp.contacts.store.upsert_plan import Target

PEOPLE, SOUGHT = 10_000, 50
READ = text(
    "SELECT coalesce(idx_tup_fetch, 0) + coalesce(seq_tup_read, 0)"
    " FROM pg_stat_xact_user_tables WHERE relname = 'contact'"
)


@pytest.fixture
def filled(database, create_database) -> Iterator[UserDatabase]:
    """A database filled a moment ago, of which the server has learnt nothing yet."""
    db.connect(create_database("presenti", migrated=True))
    with db.writing() as session:
        session.execute(text("ALTER TABLE contact SET (autovacuum_enabled = off)"))
        client = Client(name="Studio Aurora")
        session.add(client)
        session.flush()
        made = databases.create_database(session, client.id, "Clienti")
    lines = (f"C{one};p{one}@posta.example.com" for one in range(PEOPLE))
    import_file(made, "Codice;Email\n" + "\n".join(lines))
    yield made
    db.engine().dispose()


def test_it_reads_those_it_asks_for_and_not_the_whole_database(filled):
    target = Target(filled.id, ("code",), (), "code")
    rows = [(f"C{one}",) for one in range(PEOPLE - SOUGHT, PEOPLE + SOUGHT)]
    with db.reading() as session:
        before = session.execute(READ).scalar_one()
        present = contact_inserts.present_keys(session.connection(), target, rows)
        read = session.execute(READ).scalar_one() - before

    assert present.keys() == {f"C{one}" for one in range(PEOPLE - SOUGHT, PEOPLE)}
    assert read < 10 * SOUGHT


def test_by_email_with_a_code_too(filled):
    target = Target(filled.id, ("code", "email_sha256"), (), "email")
    emails = [f"p{one}@posta.example.com" for one in range(SOUGHT)]
    rows = [(f"C{one}", hashlib.sha256(email.encode()).digest()) for one, email in enumerate(emails)]
    with db.reading() as session:
        before = session.execute(READ).scalar_one()
        people = contact_inserts.people_of(session.connection(), target, rows, ContactMatcher())
        read = session.execute(READ).scalar_one() - before

    assert all(people.match(digest, code).ref for code, digest in rows)
    assert read < 20 * SOUGHT
