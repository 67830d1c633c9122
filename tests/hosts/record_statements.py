"""What a version of the program says to SQLite, recorded for the versions after it: a plugin of pytest.

    git worktree add /tmp/former <the release>, copy this file to its tests/hosts/, and there
    RECORD=0041.sql.json.gz python -m pytest -p tests.hosts.record_statements <the tests that do everything>
    python -m tests.hosts.record_statements 0041.sql.json.gz 0041

The second takes out what only the steps of the schema say, which find no such table on the finished one. The
file goes into tests/data/former; tests/test_side_by_side.py tells the rest. Each kind of statement is kept
once, with the values it had: they are those of tests, so of nobody.
"""

import gzip
import json
import os
import re
import sqlite3
import sys
import tempfile
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.engine import Engine

LONGEST = 20_000  # characters: blocks of thousands of rows say nothing more
_VALUES = re.compile(r"X'[0-9A-Fa-f]*'|'(?:[^']|'')*'|(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])")
_REPEATED = re.compile(r"\(\?(?:, ?\?)+\)(?:, ?\(\?(?:, ?\?)+\))*")
_WANTED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")

kinds: dict[str, str] = {}


def _listen(connection: object, _record: object) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.set_trace_callback(_hear)


def pytest_configure() -> None:
    """Listen as a plugin alone: who imports this module to read a recording waits for no statement."""
    event.listen(Engine, "connect", _listen)


def _hear(statement: str) -> None:
    said = statement.strip()
    if not said.upper().startswith(_WANTED) or len(said) > LONGEST or "sqlite_" in said:
        return
    kinds.setdefault(_REPEATED.sub("(…)", _VALUES.sub("?", said)), said)


def pytest_sessionfinish() -> None:
    if "RECORD" in os.environ:
        write(os.environ["RECORD"], [*kinds.values()])


def write(path: str, statements: list[str]) -> None:
    with gzip.GzipFile(path, "wb", mtime=0) as file:
        file.write(json.dumps(statements, ensure_ascii=False, indent=0).encode())


def refused(driver: sqlite3.Connection, statements: list[str]) -> list[tuple[str, str]]:
    """(why, statement) of those that the schema does not take, each tried by itself.

    A recording holds one statement of each kind: rows that others would have made are not there.
    """
    found = []
    driver.execute("PRAGMA foreign_keys=OFF")
    driver.execute("BEGIN")
    for statement in statements:
        driver.execute("SAVEPOINT one")
        try:
            driver.execute(statement).fetchall()
        except sqlite3.Error as error:
            if not str(error).startswith(("UNIQUE constraint", "FOREIGN KEY constraint")):
                found.append((str(error), statement[:300]))
        driver.execute("ROLLBACK TO one")  # each by itself
        driver.execute("RELEASE one")
    driver.execute("ROLLBACK")
    return found


def main(path: str, step: str) -> None:
    from webapp import db, migrations

    with tempfile.TemporaryDirectory() as folder:
        engine = db.make_engine(f"sqlite:///{folder}/platea.db")
        with engine.connect() as connection:
            migrations.go_to(connection, step)
        said = json.loads(gzip.decompress(Path(path).read_bytes()))
        driver = engine.raw_connection().driver_connection
        assert isinstance(driver, sqlite3.Connection)
        write(path, [one for one in said if not refused(driver, [one])])


if __name__ == "__main__":
    main(*sys.argv[1:])
