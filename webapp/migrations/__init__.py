"""The schema, step by step (Alembic). `upgrade()` brings any database to the newest step.

Alembic is imported when a step is made: every process asks whether the schema is current, few change it.

Two versions of the program work on one database while an upgrade goes through several hosts, and when
somebody goes back. So a version only adds (expand); what nobody uses any more is taken away by a later one
(contract), which says so in USABLE_FROM.
"""

import sqlite3
from collections.abc import Callable, Mapping
from enum import Enum, auto
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, inspect, text

from webapp.migrations import name_index

# The last step of the oldest program that works with the schema of this version. Raised when a step takes
# away or changes what a program of before uses; that one then refuses to start, and readiness says why.
USABLE_FROM = "0041"
_REACH = "schema_reach"

FOLDER = Path(__file__).parent
_ONE_AT_A_TIME = 7_261_993  # PostgreSQL advisory lock: several hosts may start at once


def upgrade(engine: Engine, tell: Callable[[str], None] = lambda step: None) -> str | None:
    """Bring the database to the newest schema; does nothing when it is there or beyond. Waits for whoever is
    at it. *tell* hears in Italian of each step once it is made, "passo 0041", and within those of large
    tables how far they are.

    What the server lacks to be quick, in Italian, None when nothing. Raises NewerSchema, and changes nothing.
    """
    found = state(engine)
    if found is State.NEWER:
        raise NewerSchema
    if found is State.BEYOND:
        return None
    lacks = None
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
        _go_to(connection, "head", tell)
        connection.execute(text(f"UPDATE {_REACH} SET usable_from = :step"), {"step": USABLE_FROM})
        if engine.dialect.name == "postgresql" and not name_index.make(connection):
            lacks = name_index.MISSING
        _commit(connection)
    return lacks


def go_to(connection: Connection, revision: str) -> None:
    """Bring the database of *connection*, in which no transaction is open, to that step, and commit."""
    _go_to(connection, revision)
    _commit(connection)


class State(Enum):
    """The schema of a database beside the one this version of the code needs."""

    OLDER = auto()  # or none at all: `upgrade` brings it to the newest step
    CURRENT = auto()
    BEYOND = auto()  # of a later version, and this one can work with it all the same
    NEWER = auto()  # of a later version, which alone can work with it

    @property
    def is_usable(self) -> bool:
        return self in (State.CURRENT, State.BEYOND)


class NewerSchema(Exception):
    """The database is of a later version of Platea than this one."""


def state(engine: Engine) -> State:
    """Raises SQLAlchemyError when the database does not answer."""
    with engine.connect().execution_options(ro=True) as connection:
        found = _revision(connection)
        newest = max(_steps())
        if found == newest:
            made = State.CURRENT
        elif found is None or knows(found):
            made = State.OLDER
        else:
            made = State.BEYOND if _usable_from(connection) <= newest else State.NEWER
        connection.rollback()
    return made


def is_current(engine: Engine) -> bool:
    """Whether the schema is the one this version of the code needs."""
    return state(engine) is State.CURRENT


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _usable_from(connection: Connection) -> str:
    """The step that a program must have to work with this schema; of an unknown schema, one that none has."""
    if not inspect(connection).has_table(_REACH):
        return "~"  # comes after every number
    return connection.execute(text(f"SELECT usable_from FROM {_REACH}")).scalar_one_or_none() or "~"


BY_HAND = (
    *(("contact", "words"), ("contact", name_index.NAME)),
    *(("audience_member", f"ix_audience_member_apart_{place}") for place in (1, 2)),
    *(("removal_due", f"ix_removal_due_cell_{place}") for place in (1, 2)),
)


def is_of_the_models(name: str | None, kind: str, parents: Mapping[Any, str | None]) -> bool:
    """Whether something in the database is to be compared with the models (Alembic's `include_name`).

    The words of contacts are an index: on SQLite tables, on PostgreSQL a column and its index. The ledger has
    indexes by a part of a column.
    """
    if kind == "table":
        return name != _REACH and not (name or "").startswith("contact_words")
    return (parents.get("table_name"), name) not in BY_HAND


def knows(revision: str) -> bool:
    """Whether the step is one of this version of the code: a newer database cannot be read by it."""
    return revision in _steps()


@cache
def _steps() -> frozenset[str]:
    """The number of every step: each file is called after its own, and each follows the one before."""
    return frozenset(path.name.partition("_")[0] for path in (FOLDER / "versions").glob("[0-9]*_*.py"))


def _go_to(connection: Connection, revision: str, tell: Callable[[str], None] | None = None) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"], config.attributes["tell"] = connection, tell
    _enforce_references(connection, False)
    command.upgrade(config, revision)


def _commit(connection: Connection) -> None:
    """Raises RuntimeError, and changes nothing, when a step has left a row that refers to none."""
    if connection.dialect.name == "sqlite":
        dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if dangling:
            tables = ", ".join(sorted({row[0] for row in dangling}))
            raise RuntimeError(f"the steps of the schema would leave broken references in {tables}")
    connection.commit()
    _enforce_references(connection, True)


def _enforce_references(connection: Connection, enforce: bool) -> None:
    """SQLite makes a changed table anew and drops the former one, which must take nothing else along.

    To be called outside a transaction, where alone it has an effect. A connection that fails in between is
    closed: a new one enforces them.
    """
    if connection.dialect.name == "sqlite":
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection) and not driver.in_transaction
        driver.execute(f"PRAGMA foreign_keys={'ON' if enforce else 'OFF'}")
