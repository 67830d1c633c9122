"""What a version of the program says to SQLite, recorded for the versions after it: a plugin of pytest.

    git worktree add /tmp/former <the release>, copy this file to its tests/hosts/, and there
    RECORD=0041.sql.json.gz python -m pytest -p tests.hosts.record_statements <the tests that do everything>

The file goes into tests/data/former; tests/test_side_by_side.py tells the rest. Each kind of statement is
kept once, with the values it had: they are those of tests, so of nobody.
"""

import gzip
import json
import os
import re
import sqlite3

from sqlalchemy import event
from sqlalchemy.engine import Engine

LONGEST = 20_000  # characters: blocks of thousands of rows say nothing more
_VALUES = re.compile(r"X'[0-9A-Fa-f]*'|'(?:[^']|'')*'|(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])")
_REPEATED = re.compile(r"\(\?(?:, ?\?)+\)(?:, ?\(\?(?:, ?\?)+\))*")
_WANTED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")

kinds: dict[str, str] = {}


@event.listens_for(Engine, "connect")
def _listen(connection: object, _record: object) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.set_trace_callback(_hear)


def _hear(statement: str) -> None:
    said = statement.strip()
    if not said.upper().startswith(_WANTED) or len(said) > LONGEST or "sqlite_" in said:
        return
    kinds.setdefault(_REPEATED.sub("(…)", _VALUES.sub("?", said)), said)


def pytest_sessionfinish() -> None:
    content = json.dumps([*kinds.values()], ensure_ascii=False, indent=0).encode()
    with gzip.GzipFile(os.environ["RECORD"], "wb", mtime=0) as file:
        file.write(content)
