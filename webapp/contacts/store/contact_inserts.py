"""A block of converted rows → the `contact` table: new ones inserted, present ones updated, counted apart.

Updates are `contact_updates`.
Plain SQL through the driver: SQLAlchemy's own executemany takes twice as long over a million rows.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import Connection

from webapp import db
from webapp.contacts.store import contact_updates
from webapp.contacts.store.contact_updates import Update
from webapp.contacts.store.merging import Values
from webapp.contacts.store.same_people import ContactMatcher
from webapp.contacts.store.upsert_plan import (
    KEY_COLUMNS,
    Plan,
    Target,
    Written,
    key_position,
    may_conflict,
    plan_block,
    plan_by_people,
    sendable,
)

VALUES_A_STATEMENT = 32_766  # all that SQLite takes: a thousand contacts and more

# What a contact has whose file has no such column.
_DEFAULTS = {"email_reason": "email_empty", "mobile_reason": "phone_empty", "own_fields": "{}"}


class CopyFailed(Exception):
    """PostgreSQL refused a block; the text is its code of five letters and no more."""


def write_block(
    connection: Connection,
    target: Target,
    rows: Sequence[Values],
    at: datetime,
    before_update: Callable[[list[int]], None] = lambda contact_ids: None,
) -> Written:
    """Write *rows* inside the caller's transaction. Of rows with the same key the later go over the former.

    Every contact written bears the moment *at*. One that has all values of its row already is passed over,
    though it counts as updated: nearly every contact of a file that comes each night, and writing it anew
    would write its place in every index anew too. *before_update* gets the ids of those about to be changed.
    """
    _take_memory(connection)
    if may_conflict(target):
        plan = plan_by_people(target, rows, people_of(connection, target, rows, ContactMatcher()))
    else:
        plan = plan_block(target, rows, present_keys(connection, target, rows))
    changes = contact_updates.changing(connection, target, plan.updates)
    before_update([one.contact_id for one in changes.updates])
    if may_conflict(target):
        _free_codes(connection, target, changes.updates)
    _insert(connection, target, plan.inserts, at)
    contact_updates.write(connection, target, changes.updates, at)
    return written_of(target, plan, changes)


def written_of(target: Target, plan: Plan, changes: contact_updates.Changes) -> Written:
    """The outcome of a block, done or tried."""
    return replace(
        plan.written,
        unchanged=changes.unchanged,
        kept=Counter(plan.written.kept) + changes.kept,
        lost=changes.lost,
        sendable=sendable(target, plan.inserts) + sendable(target, changes.present),
    )


def insert_one(connection: Connection, target: Target, row: Values, at: datetime) -> int:
    """Write one new contact inside the caller's transaction; its id."""
    columns, values = _insertion(connection, target, [row], at)
    sql = f"{_insert_sql(connection, columns, 1)} RETURNING id"
    return int(connection.exec_driver_sql(sql, values[0]).scalar_one())


def update_one(connection: Connection, target: Target, row: Values, contact_id: int, at: datetime) -> None:
    """Write over one contact inside the caller's transaction."""
    known = contact_updates.known(connection, target, [contact_id])
    contact_updates.write(connection, target, [Update(row, contact_id, known[contact_id])], at)


def _take_memory(connection: Connection) -> None:
    """Digests come in no order, so a block touches their whole index: 64 MB of it are kept at hand."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA cache_size=-64000")


def people_of(
    connection: Connection, target: Target, rows: Sequence[Values], people: ContactMatcher
) -> ContactMatcher:
    """*people*, with those of the database that have a key or a code of *rows*."""
    for name in (KEY_COLUMNS[target.key], "code"):
        position = target.columns.index(name)
        values = {row[position] for row in rows} - {None, ""}
        if values:
            found = _with_any(connection, target, ("id", KEY_COLUMNS[target.key], "code"), name, values)
            people.learn((one, None if key is None else bytes(key), code) for one, key, code in found)
    return people


def _free_codes(connection: Connection, target: Target, updates: Sequence[Update]) -> None:
    """Codes that go from one contact to another within a block are nobody's for a moment."""
    at, mark = target.columns.index("code"), db.placeholder(connection)
    moved = [(one,) for row, one, known in updates if known[at] and known[at] != row[at]]
    if moved:
        connection.exec_driver_sql(f"UPDATE contact SET code = NULL WHERE id = {mark}", moved)


def present_keys(connection: Connection, target: Target, rows: Sequence[Values]) -> dict[Any, int]:
    """Key → id of the contact that has it already; the oldest where several do."""
    position = key_position(target)
    keys = {row[position] for row in rows} - {None} if position is not None else set()
    if not keys:
        return {}
    column = KEY_COLUMNS[target.key]
    present: dict[Any, int] = {}
    for key, contact_id in _with_any(connection, target, (column, "id"), column, keys):
        key = bytes(key) if isinstance(key, memoryview) else key
        present[key] = min(contact_id, present.get(key, contact_id))
    return present


def _with_any(
    connection: Connection, target: Target, columns: Sequence[str], name: str, values: Collection[Any]
) -> Iterable[Any]:
    """*columns* of the contacts of the database that have one of *values* in the column *name*."""
    of = f"FROM contact WHERE database_id = {db.placeholder(connection)}"
    wanted = f"SELECT {', '.join(columns)} {of} AND {name}"
    if connection.dialect.name == "postgresql":
        # Each value is sought by itself: PostgreSQL, which learns only later how many contacts a database has
        # by now, would otherwise read all of them for every block. OFFSET 0 keeps it from thinking again.
        array = "text[]" if name == "code" else "bytea[]"
        sql = f"SELECT found.* FROM unnest(%s::{array}) AS one, LATERAL ({wanted} = one OFFSET 0) AS found"
        return connection.exec_driver_sql(sql, (list(values), target.database_id))
    # Without ORDER BY: with one, SQLite walks the whole database by id instead of seeking the values.
    marks = ", ".join(["?"] * len(values))
    return connection.exec_driver_sql(f"{wanted} IN ({marks})", (target.database_id, *values))


def _insert(connection: Connection, target: Target, rows: Sequence[Values], at: datetime) -> None:
    if not rows:
        return
    columns, values = _insertion(connection, target, rows, at)
    if connection.dialect.name == "postgresql":
        _copy(connection, columns, values)
        return
    # The index of names writes what it gathered at the end of every statement: many contacts with each.
    rows_each = VALUES_A_STATEMENT // len(columns)
    for first in range(0, len(values), rows_each):
        chunk = values[first : first + rows_each]
        statement = _insert_sql(connection, columns, len(chunk))
        connection.exec_driver_sql(statement, tuple(chain.from_iterable(chunk)))


def _copy(connection: Connection, columns: Sequence[str], values: Sequence[tuple[Any, ...]]) -> None:
    """Insert by COPY, a third of the work of INSERT. Raises CopyFailed."""
    driver: Any = connection.connection.driver_connection
    try:
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY contact ({', '.join(columns)}) FROM STDIN") as copy,
        ):
            for row in values:
                copy.write_row(row)
    except connection.dialect.loaded_dbapi.Error as error:
        raise CopyFailed(error.sqlstate) from None  # its text quotes the row


def _insert_sql(connection: Connection, columns: Sequence[str], rows: int) -> str:
    marks = f"({', '.join([db.placeholder(connection)] * len(columns))})"
    return f"INSERT INTO contact ({', '.join(columns)}) VALUES {', '.join([marks] * rows)}"


def _insertion(
    connection: Connection, target: Target, rows: Sequence[Values], at: datetime
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The columns and values of new contacts."""
    defaults = {name: value for name, value in _DEFAULTS.items() if name not in target.columns}
    columns = [*target.columns, *defaults, "database_id", "created_at", "updated_at"]
    now = db.as_stored(connection, at)
    tail = [*defaults.values(), target.database_id, now, now]
    return columns, [(*row, *tail) for row in rows]
