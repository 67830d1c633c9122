"""`platea trasloca`: everything of a SQLite installation arrives in PostgreSQL, or nothing does."""

import json
import sqlite3
from contextlib import closing

import pytest
from click.testing import CliRunner
from sqlalchemy import MetaData, insert, select, text, update
from sqlmodel import SQLModel

from tests.support.running import environment
from tests.test_migrations import row_of
from webapp import db
from webapp.access.models import Client, Operator
from webapp.access.trail import audit_chain
from webapp.access.trail.audit import Action, record
from webapp.cli.group import platea
from webapp.cli.keys import know_every_table
from webapp.values.texts import number


@pytest.fixture
def furnished(connected):
    """Settings of a SQLite installation with a row in every table, and what is easily lost on the way."""
    know_every_table()
    with db.writing() as session:
        for n in range(3):
            record(session, Action.BACKUP_MADE, on=f"copia {n}", detail={"né": "è", "a": 1}, client_id=None)
    with db.engine().connect() as connection:
        tables = MetaData()
        tables.reflect(connection)
        for table in SQLModel.metadata.sorted_tables:
            if table.name != "audit_entry":
                connection.execute(
                    insert(tables.tables[table.name]).values(**row_of(tables.tables[table.name]))
                )
        connection.commit()
    with db.writing() as session:
        session.add(Client(id=700, name="D’Amico & Figli"))
    with db.writing() as session:
        session.delete(session.get_one(Client, 700))
    return connected


@pytest.fixture
def empty(create_database):
    return create_database("trasloco")


def rows() -> dict[str, list[tuple]]:
    with db.reading() as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))]
            for table in SQLModel.metadata.sorted_tables
        }


def move(settings, url, *more):
    db.engine().dispose()
    env = {**environment(settings), "DATABASE_URL": url}
    return CliRunner().invoke(platea, ["trasloca", *more], env=env, catch_exceptions=False)


def is_empty(url: str) -> bool:
    db.connect(url)
    with db.reading() as session:
        return not session.scalar(text("SELECT count(*) FROM audit_entry"))


def test_every_row_of_every_table_arrives_and_ids_are_never_used_again(furnished, empty):
    before = rows()
    assert all(before.values())

    moved = move(furnished, empty, "--json")

    assert moved.exit_code == 0, moved.output
    told = json.loads(moved.stdout)
    assert told["tables"] == {name: len(found) for name, found in before.items()}
    assert told["rows"] == sum(told["tables"].values())
    db.connect(empty)
    after = rows()
    assert "installation_moved" in after["audit_entry"].pop()  # the move itself
    after["data_key"] = [row for row in after["data_key"] if row in before["data_key"]]
    assert after == before
    assert (audit_chain.verify().checked, audit_chain.verify().broken_at) == (4, None)
    with db.writing() as session:
        session.add(made := Client(name="Dopo il trasloco"))
        session.flush()
        assert made.id > 700
    db.engine().dispose()


def test_the_sentence_adds_up_and_a_second_move_is_refused(furnished, empty):
    total = sum(len(found) for found in rows().values())

    first, second = move(furnished, empty), move(furnished, empty)

    assert f"Copiate {number(total)} righe in {len(SQLModel.metadata.tables)} tabelle" in first.stdout
    assert second.exit_code == 1 and "non è vuoto" in second.stderr


def test_a_value_that_postgresql_refuses_leaves_it_empty(furnished, empty):
    with db.writing() as session:
        session.execute(update(Operator).values(name="Anna\x00"))

    moved = move(furnished, empty)

    assert moved.exit_code == 1
    assert "Nella tabella operator c’è un valore che PostgreSQL non accetta" in moved.stderr
    assert is_empty(empty)
    db.engine().dispose()


def test_what_is_in_use_or_not_there_is_told(furnished, empty, tmp_path):
    file = tmp_path / "platea.db"
    with closing(sqlite3.connect(file)) as somebody:
        somebody.execute("SELECT count(*) FROM client").fetchone()
        in_use = move(furnished, empty)
    missing = move(furnished, empty, "--da", str(tmp_path / "altro.db"))
    nowhere = move(furnished, furnished.database_url)

    assert "Il database è in uso: ferma prima web e worker" in in_use.stderr
    assert "altro.db” non c’è" in missing.stderr
    assert "DATABASE_URL deve essere l’indirizzo di un PostgreSQL vuoto" in nowhere.stderr
    assert [one.exit_code for one in (in_use, missing, nowhere)] == [1, 1, 1]
