"""An older and a newer version on one database: what the older does goes on, or it stops in words.

tests/data/former holds what former versions say to SQLite (`tests.hosts.record_statements`): every kind of
statement once. Each is run on the schema of today. Who takes something away that one of them needs raises
`migrations.USABLE_FROM`, and takes the recording away that no longer counts.
"""

import gzip
import json
import re
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from tests.hosts.record_statements import refused
from tests.support.running import environment
from webapp import db, migrations
from webapp.cli.group import platea
from webapp.contacts import folding
from webapp.host import database_words
from webapp.migrations import State

assert folding  # it teaches SQLite to fold
FORMER = Path(__file__).parent / "data" / "former"
RECORDED = sorted(FORMER.glob("*.sql.json.gz"))


def statements(path: Path) -> list[str]:
    return json.loads(gzip.decompress(path.read_bytes()))


def later(usable_from: str) -> None:
    """As an upgrade to a version after this one leaves the database."""
    with db.engine().begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("UPDATE schema_reach SET usable_from = :step"), {"step": usable_from})


@pytest.fixture
def settings(settings):
    if not settings.database_url.startswith("sqlite"):
        pytest.skip("ciò che è registrato è SQL di SQLite; lo schema viene dagli stessi passi")
    return settings


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda path: path.name.partition(".")[0])
def test_all_that_a_former_version_reads_and_writes_works_on_the_schema_of_today(database, recorded):
    said = statements(recorded)
    with db.engine().connect() as connection:
        connection.begin().rollback()  # by now it knows the function of ours that SQL calls
        failed = refused(connection.connection.driver_connection, said)

    assert not failed, failed
    verbs = {statement.split(None, 1)[0].upper() for statement in said}
    assert {"SELECT", "INSERT", "UPDATE", "DELETE"} <= verbs
    tables = {name for one in said for name in re.findall(r"(?i)(?:INTO|UPDATE|FROM)\s+\"?(\w+)", one)}
    assert {"contact", "contact_import", "upload", "batch", "operator", "audit_entry", "filter"} <= tables
    assert len(said) > 300


def test_a_column_that_a_former_version_needs_and_that_is_gone_would_be_found(database):
    """The check above can fail: without a column the statements that name it are refused."""
    with db.engine().begin() as connection:
        connection.execute(text("ALTER TABLE client RENAME COLUMN name TO called"))
    with pytest.raises(AssertionError, match="no such column"):
        test_all_that_a_former_version_reads_and_writes_works_on_the_schema_of_today(database, RECORDED[-1])


def test_a_version_works_beside_a_later_one_that_only_added(database, client):
    later(max(migrations._steps()))

    assert migrations.state(db.engine()) is State.BEYOND
    assert "database" not in client.get("/readyz").get_json()["reasons"]
    told = CliRunner().invoke(platea, ["migra"], env=environment(database))
    assert told.exit_code == 0
    assert "versione più recente, che va bene anche a questa" in told.output
    with db.reading() as session:
        assert session.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"


def test_a_version_stops_beside_one_that_took_away_what_it_uses(database, client):
    later("9998")

    ready = client.get("/readyz")
    assert (ready.status_code, ready.get_json()["reasons"]["database"]) == (503, database_words.NEWER_SCHEMA)
    for command in ("migra", "web", "worker"):
        told = CliRunner().invoke(platea, [command], env=environment(database))
        assert (told.exit_code == 0, "Traceback" in told.output) == (False, False)
        assert database_words.NEWER_SCHEMA in told.output


def test_a_database_that_says_nothing_of_who_may_use_it_is_used_by_nobody_older(database):
    later("9998")
    with db.engine().begin() as connection:
        connection.execute(text("DROP TABLE schema_reach"))
    assert migrations.state(db.engine()) is State.NEWER


def test_this_version_works_with_its_own_schema():
    assert migrations.USABLE_FROM in migrations._steps()


def test_before_the_schema_changes_a_copy_is_made_and_each_step_is_told(settings, tmp_path):
    engine = db.connect(settings.database_url)
    with engine.connect() as connection:
        migrations.go_to(connection, "0038")
    env = environment(settings) | {"PLATEA_BACKUP_DIR": "", "PLATEA_BACKUP_HOURS": "1"}

    first = CliRunner().invoke(platea, ["migra"], env=env)
    again = CliRunner().invoke(platea, ["migra"], env=env)

    assert (first.exit_code, again.exit_code) == (0, 0), first.output
    (copy,) = (tmp_path / "copie").iterdir()
    assert f"Copia del database: {copy}" in first.output
    assert "  passo 0040\n  passo 0041\n" in first.output
    with sqlite3.connect(copy) as former:
        assert former.execute("SELECT version_num FROM alembic_version").fetchone() == ("0038",)
    assert again.output == "Lo schema del database è aggiornato.\n"
