"""From a SQLite installation to an empty PostgreSQL: all tables with their counts checked, or nothing.

The models must have been imported: what is copied are their tables.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import (
    Connection,
    Engine,
    Integer,
    Row,
    Select,
    Table,
    Text,
    cast,
    exists,
    func,
    inspect,
    literal,
    select,
    text,
)
from sqlalchemy.types import JSON
from sqlmodel import Session, SQLModel

from webapp import db, life, migrations, workers
from webapp.host import backup, database_words

ROWS_AT_ONCE = 2_000


class CannotMove(Exception):
    """Nothing was copied; `str()` is the Italian sentence."""


def move(file: Path, target: Engine, tell: Callable[[str, int], None]) -> dict[str, int]:
    """Copy the installation in *file* (SQLite) to *target*; *tell* hears of each table that has arrived.

    The answer is the rows of each table. Raises CannotMove and BackupError (somebody has the file open), and
    then *target* holds no row. The file stays as it is; nobody can write to it meanwhile.
    """
    if target.dialect.name != "postgresql":
        raise CannotMove("DATABASE_URL deve essere l’indirizzo di un PostgreSQL vuoto: postgresql://…")
    if not file.is_file():
        raise CannotMove(f"Il file “{file}” non c’è: con --da di’ dove sta il database SQLite.")
    backup.check(file)
    backup.close_to_everybody(file)
    source = db.make_engine(f"sqlite:///{file}", pooled=False)
    _refuse_source(source)
    _refuse_target(target)
    with source.connect() as old, target.begin() as new:
        _refuse_unknown_tables(old)
        made: dict[str, int] = {}
        for table in SQLModel.metadata.sorted_tables:
            made[str(table.name)] = rows = _copy(old, new, table)
            tell(str(table.name), rows)
        old.rollback()
    return made


def _refuse_source(source: Engine) -> None:
    state = migrations.state(source)
    if state is migrations.State.NEWER:
        raise CannotMove(database_words.NEWER_SCHEMA)
    if state is migrations.State.OLDER:
        raise CannotMove(
            "Il database SQLite è di una versione precedente: senza DATABASE_URL esegui “platea migra”, "
            "poi ripeti il comando."
        )
    with Session(source) as session:
        alive = [worker.name for worker in workers.alive(session) if not life.is_gone(worker.name)]
    if alive:
        raise CannotMove("C’è un worker al lavoro: ferma prima web e worker, poi ripeti il comando.")


def _refuse_unknown_tables(old: Connection) -> None:
    """What nobody knows would stay behind unseen."""
    there = {
        name for name in inspect(old).get_table_names() if migrations.is_of_the_models(name, "table", {})
    }
    if odd := (there - {"alembic_version"}) ^ SQLModel.metadata.tables.keys():
        raise CannotMove(
            f"Nel database SQLite ci sono tabelle che Platea non conosce: {', '.join(sorted(odd))}."
        )


def _refuse_target(target: Engine) -> None:
    """Bring an empty database to the schema, and refuse one that is in use."""
    if migrations.state(target) is not migrations.State.CURRENT:
        with target.connect() as connection:
            if inspect(connection).get_table_names():
                raise CannotMove("Il database di DATABASE_URL non è vuoto: creane uno nuovo e usa quello.")
        migrations.upgrade(target)
    with target.connect() as connection:
        for table in SQLModel.metadata.sorted_tables:
            if connection.scalar(select(exists(select(literal(1)).select_from(table)))):
                raise CannotMove(
                    f"Il database di DATABASE_URL non è vuoto (tabella {table.name}): "
                    "creane uno nuovo e usa quello."
                )


def _copy(old: Connection, new: Connection, table: Table) -> int:
    """The rows of one table, which are the same on both sides at the end. Raises CannotMove."""
    at_once = table.info.get("rows_at_once", ROWS_AT_ONCE)
    rows = old.execute(_select(table), execution_options={"yield_per": at_once})
    try:
        _write(new, table, rows.partitions())
    except (psycopg.DataError, psycopg.IntegrityError):
        raise CannotMove(
            f"Nella tabella {table.name} c’è un valore che PostgreSQL non accetta: "
            "non è stato copiato nulla. Segnala il problema a chi sviluppa Platea."
        ) from None
    except psycopg.Error as error:
        raise CannotMove(f"Non è stato copiato nulla. {database_words.why_not(error)}") from None
    count = select(func.count()).select_from(table)
    before, after = old.execute(count).scalar_one(), new.execute(count).scalar_one()
    if before != after:
        raise CannotMove(
            f"Nella tabella {table.name} ci sono {before} righe e ne sono arrivate {after}: "
            "non è stato copiato nulla. Ripeti il comando con web e worker fermi."
        )
    _go_on_counting(old, new, table)
    return int(after)


def _select(table: Table) -> Select[Any]:
    """In the order of the key, as an upload may refer to an earlier one. JSON as it is written."""
    columns = [
        cast(column, Text).label(column.name) if isinstance(column.type, JSON) else column
        for column in table.columns
    ]
    return select(*columns).order_by(*table.primary_key.columns)


def _write(new: Connection, table: Table, pages: Iterable[Sequence[Row[Any]]]) -> None:
    """By COPY: 27,000 contacts a second, where INSERT wrote 2,000. Raises psycopg.Error."""
    driver = new.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), names)
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for page in pages:
            for row in page:
                copy.write_row(row)


def _go_on_counting(old: Connection, new: Connection, table: Table) -> None:
    """The next id is one that was never used, also by a row that is deleted (SQLite keeps count of those)."""
    for column in table.primary_key.columns:
        if not isinstance(column.type, Integer):
            continue
        sequence = new.scalar(select(func.pg_get_serial_sequence(f'"{table.name}"', column.name)))
        used = [new.scalar(select(func.max(column)))]
        if inspect(old).has_table("sqlite_sequence"):
            seen = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
            used.append(old.scalar(seen, {"name": table.name}))
        newest = max((number for number in used if number is not None), default=0)
        if sequence and newest:
            new.execute(select(func.setval(sequence, newest)))
