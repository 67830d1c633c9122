"""The steps of the schema on a database that is in use: what was there stays there."""

from datetime import UTC, date, datetime

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
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
    inspect,
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


def test_each_step_is_found_by_the_name_of_its_file_and_the_last_number_is_the_newest():
    """Whether a schema is current is asked without Alembic, which must then say the same."""
    config = Config()
    config.set_main_option("script_location", str(migrations.FOLDER))
    alembic = ScriptDirectory.from_config(config)
    steps = [step.revision for step in alembic.walk_revisions()]

    assert steps == sorted(steps, reverse=True)
    assert [path.name[:4] for path in sorted((migrations.FOLDER / "versions").glob("*.py"))] == steps[::-1]
    assert all(migrations.knows(step) for step in steps) and not migrations.knows("9999")


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


def test_uploads_that_were_there_are_numbered_in_their_order_client_by_client(first_schema):
    columns = [one["name"] for one in inspect(first_schema).get_columns("upload")]
    apart = ("id", "public_id", "client_id", "audience_busy")
    kept = ", ".join(one for one in columns if one not in apart)
    first_schema.execute(
        text(
            "INSERT INTO client (id, public_id, name, created_at) SELECT 2, 'x2', 'y', created_at FROM client"
        )
    )
    for number, client in ((2, 2), (3, 1), (4, 2)):
        first_schema.execute(
            text(
                f"INSERT INTO upload (id, public_id, client_id, audience_busy, {kept})"
                f" SELECT {number}, 'u{number}', {client}, 0, {kept} FROM upload WHERE id = 1"
            )
        )
    first_schema.commit()

    go_to(first_schema, "head")

    numbers = first_schema.execute(text("SELECT id, number FROM upload ORDER BY id")).all()
    assert [tuple(one) for one in numbers] == [(1, 1), (2, 1), (3, 2), (4, 2)]


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


def test_a_step_through_a_large_table_says_how_far_it_is(first_schema):
    first_schema.execute(text("UPDATE contact SET id = 120001"))
    first_schema.commit()
    said = []

    migrations.upgrade(first_schema.engine, said.append)

    at = said.index("passo 0015")
    assert said[at - 2 : at] == ["contatti: 50.000 di 120.001", "contatti: 100.000 di 120.001"]


def test_no_row_id_is_given_twice(first_schema):
    """Every table that numbers its rows, whether or not its rows are deleted today."""
    go_to(first_schema, "head")
    tables = first_schema.execute(
        text("SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'contact_words%'")
    ).all()
    counting = [
        (name, sql)
        for name, sql in tables
        if [
            (column.name, column.type)
            for column in first_schema.execute(text(f'PRAGMA table_info("{name}")'))
            if column.pk
        ]
        == [("id", "INTEGER")]
    ]

    assert {"meta_account", "batch", "filter", "contact", "contact_import", "upload"} <= dict(counting).keys()
    assert [name for name, sql in counting if "AUTOINCREMENT" not in sql] == []


def test_a_deleted_account_never_lends_its_number_to_the_next(first_schema):
    go_to(first_schema, "head")
    first_schema.execute(text("DELETE FROM meta_authorisation_draft"))
    first_schema.execute(text("DELETE FROM meta_account"))
    same = (
        "INSERT INTO meta_account (public_id, client_id, name, act_id, token_kind, paused_until, created_at)"
        " VALUES ('b', 1, 'B', '2', 'user', 0, '2026-11-23') RETURNING id"
    )

    assert first_schema.execute(text(same)).scalar_one() == 2
    assert first_schema.execute(text("SELECT account_id FROM upload")).scalar_one() is None


@pytest.mark.parametrize(
    ("sent_at", "marked"),
    [("2026-11-20 10:00:00", True), ("2026-11-10 10:00:00", False), (None, False)],
    ids=["through the account of the other", "before that account was there", "never sent"],
)
def test_uploads_on_another_clients_account_are_named_marked_and_let_go(first_schema, sent_at, marked, capfd):
    first_schema.commit()
    go_to(first_schema, "0018")
    for statement in (
        "INSERT INTO client (id, public_id, name, created_at)"
        " SELECT 2, 'due', 'Bottega Verdi', created_at FROM client",
        "UPDATE meta_account SET client_id = 2, created_at = '2026-11-15 10:00:00'",
        "UPDATE upload SET destination = 'meta', status = 'completed', reason = NULL",
    ):
        first_schema.execute(text(statement))
    first_schema.execute(text("UPDATE upload SET sent_at = :at"), {"at": sent_at})
    first_schema.commit()

    go_to(first_schema, "head")

    upload = first_schema.execute(text("SELECT account_id, status, reason FROM upload")).one()
    assert upload.account_id is None
    assert (upload.status == "completed_with_warnings") == marked == bool(upload.reason)
    assert ("account Facebook di un altro cliente" in capfd.readouterr().out) == marked


def test_members_that_no_contact_leads_to_are_found_by_digest(first_schema):
    """Sent before: contact 1, as it was made and then changed, and one that is gone."""
    go_to(first_schema, "0042")
    first_schema.execute(text("UPDATE contact SET created_at = updated_at WHERE id = 1"))
    columns = "id, client_id, audience_ref, database_id, filter_public_id, medium, sent_before"
    audience = "(id, public_id, client_id, destination, audience_id, account_reference, name)"
    first_schema.execute(
        text(f"INSERT INTO sent_audience {audience} VALUES (7, 'x', 1, 'meta', '9', '', 'VIP')")
    )
    first_schema.execute(text(f"INSERT INTO feed ({columns}) VALUES (7, 1, 7, 1, '', 'email', 0)"))
    for contact_id in (1, 99):
        first_schema.execute(
            text("INSERT INTO audience_member VALUES (7, :id, 0, zeroblob(32), 5)"), {"id": contact_id}
        )

    go_to(first_schema, "head")

    apart = text("SELECT contact_id FROM audience_member WHERE feed_id = 7 AND is_apart")
    assert list(first_schema.execute(apart).scalars()) == [99]
    first_schema.execute(text("UPDATE contact SET email_sha256 = zeroblob(32) WHERE id = 1"))
    assert sorted(first_schema.execute(apart).scalars()) == [1, 99]
