"""The least that an import can be: a bare script with the same libraries, no checks, no reasons, no progress.

CSV → normalise and hash e-mail and mobile → own fields as JSON → executemany, or COPY on PostgreSQL.
"""

import csv
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path

import orjson
import psycopg

from webapp.db import SQLITE_PRAGMAS
from webapp.values.emails import read_email
from webapp.values.phones import read_mobile

ROWS = 10_000
COLUMNS = (
    "database_id", "code", "email", "email_sha256", "mobile", "mobile_sha256", "first_name", "last_name",
    "city", "province", "postcode", "birth_date", "consent", "own_fields", "created_at", "updated_at",
)  # fmt: skip

BARE_TABLE = """
    CREATE TABLE bare_contact (LIKE contact INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES);
    ALTER TABLE bare_contact DROP COLUMN words, ADD FOREIGN KEY (database_id) REFERENCES user_database (id)"""


def into_sqlite(file: str, path: str, database_id: int) -> int:
    """Insert *file* into the contacts of the migrated database at *path*; how many."""
    marks = ", ".join("?" * len(COLUMNS))
    sql = f"INSERT INTO contact ({', '.join(COLUMNS)}) VALUES ({marks})"
    with sqlite3.connect(path, isolation_level=None) as connection:
        for pragma in SQLITE_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("PRAGMA cache_size=-64000")  # as an import of ours takes
        # No index of names: a bare script keeps none.
        kept = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'contact_words_new'").fetchone()
        connection.execute("DROP TRIGGER contact_words_new")
        people, count = _people(file, database_id, datetime.now().isoformat(" ")), 0
        while block := list(islice(people, ROWS)):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(sql, block)
            connection.execute("COMMIT")
            count += len(block)
        connection.execute(kept[0])
    return count


def into_postgresql(file: str, url: str, database_id: int) -> int:
    """The same by COPY, one transaction a block as for us; its table is ours but for the index of names."""
    sql = f"COPY bare_contact ({', '.join(COLUMNS)}) FROM STDIN"
    people, count = _people(file, database_id, datetime.now(UTC)), 0
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.execute("SELECT to_regclass('bare_contact')").fetchone() == (None,):
            connection.execute(BARE_TABLE)
        while block := list(islice(people, ROWS)):
            with connection.transaction(), connection.cursor() as cursor, cursor.copy(sql) as copy:
                for row in block:
                    copy.write_row(row)
            count += len(block)
    return count


def _people(file: str, database_id: int, now: object) -> Iterator[tuple[object, ...]]:
    with Path(file).open(encoding="cp1252", newline="") as opened:
        rows = csv.reader(opened, delimiter=";")
        next(rows)
        for (
            code,
            email,
            mobile,
            first,
            last,
            city,
            province,
            postcode,
            birth,
            card,
            spent,
            bought,
            yes,
        ) in rows:
            own = {
                "tessera_fedelta": card, "totale_speso": float(spent.replace(",", ".")),
                "ultimo_acquisto": _iso(bought),
            }  # fmt: skip
            yield (
                database_id, code, email, _digest(read_email(email).value), mobile,
                _digest(read_mobile(mobile).value), first, last, city, province, postcode, _iso(birth),
                yes == "sì", orjson.dumps(own).decode(), now, now,
            )  # fmt: skip


def _digest(value: str | None) -> bytes | None:
    return sha256(value.encode()).digest() if value else None


def _iso(italian: str) -> str:
    return f"{italian[6:]}-{italian[3:5]}-{italian[:2]}"
