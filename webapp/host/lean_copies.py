"""What a copy of the database is better without: files that wait to be imported, for a day at most.

In hourly copies each would lie for weeks, and many times over. After a restore they are to be brought again.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

LEFT_OUT = ("stored_piece", "stored_file")
FOR_PG_DUMP = tuple(f"--exclude-table-data={table}" for table in LEFT_OUT)


def empty(copy: Path) -> None:
    """Take their rows out of a SQLite copy, and their bytes out of its file. Raises sqlite3.Error."""
    with closing(sqlite3.connect(copy)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
        # A copy of a former version has not all of them.
        if filled := [table for table in LEFT_OUT if table in tables and _is_filled(connection, table)]:
            connection.executescript("".join(f"DELETE FROM {table};" for table in filled) + "VACUUM;")


def _is_filled(connection: sqlite3.Connection, table: str) -> bool:
    return connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None
