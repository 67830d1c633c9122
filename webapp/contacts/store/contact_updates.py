"""Rows over contacts that are there: which of them change something, and the statements for those.

Plain SQL through the driver, as in `contact_writes`.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Date

from webapp import db
from webapp.contacts.models import CONTACT
from webapp.contacts.store.merging import Merger, Values
from webapp.contacts.store.upsert_plan import Target

# SQLite takes a contact out of an index and puts it in again whenever a statement sets one of these, changed
# or not: an update names them only where they change, which is seldom.
INDEXED = (
    *("code", "email_sha256", "mobile_sha256"),
    *("consent", "consent_email", "consent_sms", "consent_phone", "consent_unread"),
)


class Update(NamedTuple):
    """A row to write over a contact; *known*: what this has now, of `known`."""

    row: Values
    contact_id: int
    known: Values


class Changes(NamedTuple):
    """The outcome of rows written over contacts that are there.

    *updates*: whole new values of those that change, once each. *present*: all of them as they are then.
    *kept* and *lost* as of `Written`.
    """

    updates: list[Update]
    present: list[Values]
    kept: Counter[str]
    lost: Counter[str]

    @property
    def unchanged(self) -> int:
        return len(self.present) - len(self.updates)


def changing(connection: Connection, target: Target, updates: Sequence[tuple[Values, int]]) -> Changes:
    """The contacts of *updates* that are not yet what their rows say: an empty cell leaves what there is."""
    former = known(connection, target, list({contact_id: None for _, contact_id in updates}))
    merger = Merger(target.columns)
    place = target.columns.index("own_fields") if target.own_keys else None
    after = dict(former)
    for row, contact_id in updates:
        wanted = row if place is None else (*row[:place], orjson.loads(row[place]), *row[place + 1 :])
        if wanted != after[contact_id]:
            after[contact_id] = merger.over(row, after[contact_id])
    those = [
        Update(merger.stored(row), contact_id, former[contact_id])
        for contact_id, row in after.items()
        if row != former[contact_id]
    ]
    return Changes(those, list(after.values()), merger.kept, merger.lost)


def known(connection: Connection, target: Target, contact_ids: Sequence[int]) -> dict[int, Values]:
    """Contact id → what it has in the columns of the file, as a row of the file says it.

    Own fields as a dictionary, and only those of the file.
    """
    if not contact_ids:
        return {}
    marks = ", ".join([db.placeholder(connection)] * len(contact_ids))
    sql = f"SELECT {', '.join(['id', *target.columns])} FROM contact WHERE id IN ({marks})"
    found = connection.exec_driver_sql(sql, tuple(contact_ids))
    readers = [(place, read) for place, name in enumerate(target.columns) if (read := _reader(target, name))]
    there = {}
    for contact_id, *values in found:
        for place, read in readers:
            values[place] = read(values[place])
        there[contact_id] = tuple(values)
    return there


def _reader(target: Target, name: str) -> Callable[[Any], Any] | None:
    """The converter from a driver's value to a row's, for each column; None where these are the same."""
    if name == "own_fields":
        keys = frozenset(target.own_keys)

        def own(value: Any) -> dict[str, Any]:
            fields = orjson.loads(value) if isinstance(value, str) else value
            return {key: one for key, one in fields.items() if key in keys}

        return own
    if isinstance(CONTACT.c[name].type, Date):
        return lambda value: value.isoformat() if isinstance(value, date) else value
    return None


def write(connection: Connection, target: Target, updates: Sequence[Update], at: datetime) -> None:
    """The columns of the file replace those of the contact, all others stay as they are."""
    if not updates:
        return
    if connection.dialect.name == "postgresql":
        _write_at_once(connection, target, updates, at)
    else:
        _write_each(connection, target, updates, at)


def _write_each(connection: Connection, target: Target, updates: Sequence[Update], at: datetime) -> None:
    """On SQLite: contacts whose indexed values stay, then those where one changes, with all columns."""
    places = [place for place, name in enumerate(target.columns) if name not in INDEXED]
    indexed = [place for place, name in enumerate(target.columns) if name in INDEXED]
    now, moved, kept = db.as_stored(connection, at), [], []
    for row, contact_id, former in updates:
        if any(row[place] != former[place] for place in indexed):
            moved.append((*row, now, contact_id))
        else:
            kept.append((*(row[place] for place in places), now, contact_id))
    for columns, values in (([target.columns[place] for place in places], kept), (target.columns, moved)):
        if values:
            # Own fields of the file take the place of the former ones.
            paths = ", ".join(f"'$.{key}'" for key in target.own_keys)
            merged = f"json_patch(json_remove(own_fields, {paths}), ?)"
            sets = [f"{name} = {merged if name == 'own_fields' else '?'}" for name in columns]
            sql = f"UPDATE contact SET {', '.join([*sets, 'updated_at = ?'])} WHERE id = ?"
            connection.exec_driver_sql(sql, values)


def _write_at_once(connection: Connection, target: Target, updates: Sequence[Update], at: datetime) -> None:
    """On PostgreSQL: an array of each column. A statement for each contact takes twice as long.

    Keys of own fields are made by `columns.key_of`: letters, digits and underscores only.
    """
    keys = ", ".join(f"'{key}'" for key in target.own_keys)
    merged = f"(contact.own_fields - ARRAY[{keys}]) || new.own_fields"
    sets = [f"{name} = {merged if name == 'own_fields' else f'new.{name}'}" for name in target.columns]
    arrays = [f"%s::{CONTACT.c[name].type.compile(connection.dialect)}[]" for name in ("id", *target.columns)]
    sql = f"""UPDATE contact SET {", ".join([*sets, "updated_at = %s"])}
        FROM unnest({", ".join(arrays)}) AS new ({", ".join(["id", *target.columns])})
        WHERE contact.id = new.id"""
    values = zip(*((one.contact_id, *one.row) for one in updates), strict=True)
    connection.exec_driver_sql(sql, (db.as_stored(connection, at), *map(list, values)))
