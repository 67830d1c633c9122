"""PostgreSQL finds names by an index where the server has pg_trgm, and all the same where it has not yet."""

import os
import subprocess
from dataclasses import replace

import pytest
from sqlalchemy import make_url, select, text

from tests.contacts.conftest import contacts_of
from tests.contacts.filters.test_word_index import WORDS, by_reading, fill, found
from tests.support.running import PLATEA, environment
from webapp import clock, db
from webapp.contacts import queries
from webapp.contacts.filters import word_index
from webapp.contacts.models import CONTACT
from webapp.host import backup
from webapp.migrations import name_index

OWNER = "chi_ospita"  # may create tables, and no extension


@pytest.fixture
def settings(settings, with_trigrams):
    """Those of a database on a server that has pg_trgm."""
    yield replace(settings, database_url=with_trigrams.create_database("nomi", migrated=True))
    with_trigrams.drop_database("nomi")


@pytest.fixture
def hosted(database, with_trigrams, monkeypatch):
    """The URL of a database on that server as somebody sees it who may not create extensions there."""
    monkeypatch.setenv("PATH", f"{with_trigrams.programs}:{os.environ['PATH']}")
    url = with_trigrams.create_database("ospitato")
    as_superuser(
        url,
        f"CREATE ROLE {OWNER} LOGIN",
        f"GRANT ALL ON SCHEMA public TO {OWNER}",
    )
    yield make_url(url).set(username=OWNER).render_as_string(hide_password=False)
    db.engine().dispose()
    with_trigrams.drop_database("ospitato")
    as_superuser(database.database_url, f"DROP ROLE {OWNER}")
    db.connect(database.database_url)


def as_superuser(url: str, *statements: str) -> None:
    engine = db.make_engine(
        make_url(url).set(username="postgres").render_as_string(hide_password=False), False
    )
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


@pytest.mark.parametrize("search", WORDS)
def test_the_search_finds_by_the_index_whom_reading_everybody_finds(clienti, search):
    fill(clienti, 300)

    assert found(clienti, search) == by_reading(clienti, search)


@pytest.mark.parametrize(
    "field, operator, value",
    [
        ("last_name", "is", "Fioravanti"),
        ("email", "contains", "rossi29876"),
        ("first_name", "starts_with", "Adalgi"),
    ],
)
def test_whoever_few_are_is_looked_up_and_not_read(clienti, field, operator, value):
    fill(clienti, 30_000)
    as_superuser(db.engine().url.render_as_string(hide_password=False), "ANALYZE contact")

    with db.reading() as session:
        condition = {"field": field, "operator": operator, "values": [value]}
        rule = {"groups": [{"match": "all", "conditions": [condition]}]}
        fields = queries.field_types(session, clienti.id)
        chosen = word_index.chosen(session, clienti.id, rule, fields, clock.today())
        assert name_index.NAME in plan_of(session, select(CONTACT.c.id).where(chosen))


def plan_of(session, wanted) -> str:
    shown = wanted.compile(session.connection(), compile_kwargs={"literal_binds": True})
    plan = session.connection().exec_driver_sql(f"EXPLAIN {shown}")
    return "\n".join(line for (line,) in plan)


def test_the_index_is_made_when_the_server_gets_the_extension_later(settings, hosted):
    assert "Manca l’estensione pg_trgm" in migra(replace(settings, database_url=hosted))
    assert not has_index()

    as_superuser(hosted, "CREATE EXTENSION pg_trgm")
    assert "pg_trgm" not in migra(replace(settings, database_url=hosted))
    assert has_index()


def test_a_copy_comes_back_with_the_index_though_the_extension_is_of_somebody_else(
    settings, hosted, tmp_path
):
    as_superuser(hosted, "CREATE EXTENSION pg_trgm")
    migra(replace(settings, database_url=hosted))

    copy = backup.save(db.engine(), tmp_path / "copie")
    backup.restore(copy.path, db.engine())

    assert has_index()


def test_a_copy_with_the_index_comes_back_where_no_extension_is(hosted, with_trigrams, tmp_path, clienti):
    fill(clienti, 50)
    people = [one.last_name for one in contacts_of(clienti)]
    copy = backup.save(db.engine(), tmp_path / "copie")

    backup.restore(copy.path, db.connect(hosted))

    assert not has_index()
    assert [one.last_name for one in contacts_of(clienti)] == people
    assert found(clienti, "rossi") == by_reading(clienti, "rossi")


def migra(settings) -> str:
    """What `platea migra` says on the database of *settings*, which this process then uses too."""
    command = [*PLATEA, "migra"]
    done = subprocess.run(command, env=environment(settings), capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stderr
    db.connect(settings.database_url)
    return done.stdout


def has_index() -> bool:
    with db.reading() as session:
        return session.execute(text(f"SELECT to_regclass('{name_index.NAME}')")).scalar_one() is not None
