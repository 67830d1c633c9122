"""The schema, step by step (Alembic). `upgrade()` brings any database to the newest step."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

FOLDER = Path(__file__).parent
_ONE_AT_A_TIME = 7_261_993  # PostgreSQL advisory lock: several hosts may start at once


def upgrade(engine: Engine) -> None:
    """Bring the database to the newest schema; does nothing when it is there. Waits for whoever is at it."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()


def is_current(engine: Engine) -> bool:
    """Whether the schema is the one this version of the code needs."""
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
        connection.rollback()
    return found == ScriptDirectory.from_config(_config()).get_current_head()


def is_of_the_models(name: str | None, kind: str, _parents: object) -> bool:
    """Whether something in the database is to be compared with the models (Alembic's `include_name`).

    The words of contacts are an index; SQLite shows it as tables.
    """
    return not (kind == "table" and (name or "").startswith("contact_words"))


def knows(revision: str) -> bool:
    """Whether the step is one of this version of the code: a newer database cannot be read by it."""
    return any(step.revision == revision for step in ScriptDirectory.from_config(_config()).walk_revisions())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config
