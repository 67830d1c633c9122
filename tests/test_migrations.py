"""The steps of the schema on a database that is in use: what was there stays there."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import (
    BLOB,
    Boolean,
    Connection,
    Date,
    DateTime,
    Float,
    Integer,
    MetaData,
    Table,
    func,
    select,
    text,
)

from webapp import db, migrations
from webapp.contacts.cells import fold


@pytest.fixture
def first_schema(tmp_path):
    """SQLite with the first schema, foreign keys enforced, one row in every table."""
    engine = db.make_engine(f"sqlite:///{tmp_path / 'platea.db'}", pooled=False)
    with engine.connect() as connection:
        go_to(connection, "0001")
        tables = MetaData()
        tables.reflect(connection)
        for table in tables.sorted_tables:
            if table.name != "alembic_version":
                connection.execute(table.insert().values(**row_of(table)))
        connection.commit()
        yield connection
        connection.rollback()
    engine.dispose()


def go_to(connection: Connection, revision: str) -> None:
    connection.commit()
    migrations.go_to(connection, revision)


def row_of(table: Table) -> dict[str, object]:
    """A value of the right type in every column; every reference is to the first row."""
    return {column.name: value_for(column.type) for column in table.columns}


def value_for(kind: object) -> object:
    if isinstance(kind, Boolean):
        return True
    if isinstance(kind, Integer | Float):
        return 1
    if isinstance(kind, Date):
        return date(2026, 11, 23)
    if isinstance(kind, DateTime):
        return datetime(2026, 11, 23, 13, 5, tzinfo=UTC)
    return b"1" if isinstance(kind, BLOB) else "1"


def counts(connection: Connection) -> dict[str, int]:
    tables = MetaData()
    tables.reflect(connection)
    return {
        table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in tables.sorted_tables
        if migrations.is_of_the_models(table.name, "table", {})
    }


def test_a_database_in_use_comes_to_the_newest_schema_with_all_its_rows(first_schema):
    before = counts(first_schema)
    assert set(before.values()) == {1}

    go_to(first_schema, "head")

    after = counts(first_schema)
    assert {name: after[name] for name in before if name in after} == {
        name: 1 for name in before if name in after
    }


def test_the_rows_of_batches_prepared_before_are_sent_as_they_were(first_schema):
    go_to(first_schema, "0011")
    prepared = first_schema.execute(text("SELECT id, digests, contact_ids FROM batch")).all()

    go_to(first_schema, "0012")

    assert (
        first_schema.execute(text("SELECT batch_id, digests, contact_ids FROM batch_rows")).all() == prepared
    )


def test_contacts_that_were_there_are_found_by_name(first_schema):
    first_schema.execute(text("UPDATE contact SET last_name = 'D’Àmico', city = 'Łódź', email = 'ﬁ@X.IT'"))
    expected = {
        folded[start : start + 3]
        for folded in map(fold, ("D’Àmico", "Łódź", "ﬁ@X.IT"))
        for start in range(len(folded) - 2)
    }
    first_schema.commit()

    go_to(first_schema, "head")

    first_schema.execute(text("CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, contact_words, row)"))
    assert expected <= set(first_schema.execute(text("SELECT term FROM temp.terms")).scalars())
