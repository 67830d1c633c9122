"""The schema, step by step (Alembic). `upgrade()` brings any database to the newest step."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from webapp.migrations import name_index

FOLDER = Path(__file__).parent
_ONE_AT_A_TIME = 7_261_993  # PostgreSQL advisory lock: several hosts may start at once


def upgrade(engine: Engine) -> str | None:
    """Bring the database to the newest schema; does nothing when it is there. Waits for whoever is at it.

    What the server lacks to be quick, in Italian, None when nothing.
    """
    lacks = None
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        if engine.dialect.name == "postgresql" and not name_index.make(connection):
            lacks = name_index.MISSING
        connection.commit()
    return lacks


def is_current(engine: Engine) -> bool:
    """Whether the schema is the one this version of the code needs."""
    with engine.connect().execution_options(ro=True) as connection:
        found = MigrationContext.configure(connection).get_current_revision()
        connection.rollback()
    return found == ScriptDirectory.from_config(_config()).get_current_head()


def is_of_the_models(name: str | None, kind: str, parents: Mapping[Any, str | None]) -> bool:
    """Whether something in the database is to be compared with the models (Alembic's `include_name`).

    The words of contacts are an index: on SQLite tables, on PostgreSQL a column and its index.
    """
    if kind == "table":
        return not (name or "").startswith("contact_words")
    return (parents.get("table_name"), name) not in (("contact", "words"), ("contact", name_index.NAME))


def knows(revision: str) -> bool:
    """Whether the step is one of this version of the code: a newer database cannot be read by it."""
    return any(step.revision == revision for step in ScriptDirectory.from_config(_config()).walk_revisions())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config
