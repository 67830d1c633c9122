"""The changes of each block of an import, kept to undo the last one: for a week, or until the next.

Contacts a block made are known by their ids and the moment they were written; contacts it changed are kept as
they were, packed: a row of SQL for each would cost the import more than the contacts themselves.
"""

import zlib
from array import array
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from struct import Struct
from typing import Any

import orjson
from sqlalchemy import Connection, delete, func, select
from sqlmodel import Session, col

from webapp import clock, db
from webapp.contacts.models import CONTACT
from webapp.contacts.models_imports import ContactImport, ImportBlock, ImportStatus

UNDO_LIVES = timedelta(days=7)
MAX_BYTES = 256_000_000  # packed; a million changed contacts weigh about 100 MB
_COUNT = Struct("<I")
_HEX = "="  # no own field has such a key
_NAMES = tuple(column.name for column in CONTACT.columns if column.name != "id")


class Recorder:
    """Watches one block being written, in its transaction: begin, `keep` before contacts change, `end`."""

    def __init__(self, session: Session, made: ContactImport, written_at: datetime) -> None:
        self._session = session
        self._made = made
        self._written_at = written_at
        self._first_id = _last_contact_id(session)
        self._before: bytes | None = None

    @property
    def is_wanted(self) -> bool:
        return self._made.undo_bytes <= MAX_BYTES

    def keep(self, contact_ids: Sequence[int]) -> None:
        if self.is_wanted and contact_ids:
            self._before = pack(self._session.connection(), contact_ids)

    def end(self, rows: int) -> None:
        """Store what was kept; an import that grew too heavy to be undone gives up all of it."""
        if not self.is_wanted:
            return
        self._made.undo_bytes += len(self._before or b"")
        if not self.is_wanted:
            forget(self._session, db.saved_id(self._made))
            return
        last_id = _last_contact_id(self._session)
        self._session.add(
            ImportBlock(
                import_id=db.saved_id(self._made),
                written_at=self._written_at,
                first_id=self._first_id,
                last_id=last_id,
                rows=rows,
                before=self._before,
            )
        )


def pack(connection: Connection, contact_ids: Sequence[int]) -> bytes:
    """The contacts as the driver gives them, to be written back so.

    How many (4 bytes), their ids (8 bytes each, so that one is found without unpacking), then deflated
    JSON: {"columns": […], "rows": […]}.
    """
    marks = ", ".join([db.placeholder(connection)] * len(contact_ids))
    sql = f"SELECT id, {', '.join(_NAMES)} FROM contact WHERE id IN ({marks})"
    rows = [tuple(row) for row in connection.exec_driver_sql(sql, tuple(contact_ids))]
    kept = orjson.dumps({"columns": _NAMES, "rows": rows}, default=_as_json)
    ids = array("q", (row[0] for row in rows)).tobytes()
    return _COUNT.pack(len(rows)) + ids + zlib.compress(kept, 1)


def unpack(packed: bytes) -> tuple[list[str], list[list[Any]]]:
    """(names of the columns, rows of id and their values). Bytes stand as {"=": hex}."""
    (count,) = _COUNT.unpack_from(packed)
    kept = orjson.loads(zlib.decompress(packed[_COUNT.size + 8 * count :]))
    return kept["columns"], kept["rows"]


def packed_ids(packed: bytes) -> "array[int]":
    """Which contacts are in it."""
    (count,) = _COUNT.unpack_from(packed)
    ids = array("q")
    ids.frombytes(packed[_COUNT.size : _COUNT.size + 8 * count])
    return ids


def write_back(connection: Connection, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Give contacts the values they had. *rows*: id, then the values of *names*."""
    if not rows:
        return
    mark = db.placeholder(connection)
    places = [place for place, name in enumerate(names, 1) if name in _NAMES]
    sets = ", ".join(f"{names[place - 1]} = {mark}" for place in places)
    sql = f"UPDATE contact SET {sets} WHERE id = {mark}"
    connection.exec_driver_sql(sql, [(*(_as_value(row[place]) for place in places), row[0]) for row in rows])


def newest(session: Session, import_id: int) -> ImportBlock | None:
    blocks = select(ImportBlock).where(col(ImportBlock.import_id) == import_id)
    return session.execute(blocks.order_by(col(ImportBlock.id).desc()).limit(1)).scalar_one_or_none()


def exist(session: Session, import_id: int) -> bool:
    some = select(col(ImportBlock.id)).where(col(ImportBlock.import_id) == import_id).limit(1)
    return session.execute(some).first() is not None


def forget(session: Session, import_id: int) -> None:
    session.execute(delete(ImportBlock).where(col(ImportBlock.import_id) == import_id))


def forget_all_of(session: Session, database_id: int) -> None:
    """No import of the database can be undone any more."""
    theirs = select(col(ContactImport.id)).where(col(ContactImport.database_id) == database_id)
    session.execute(delete(ImportBlock).where(col(ImportBlock.import_id).in_(theirs)))


def forget_contacts(session: Session, database_id: int, contact_ids: Collection[int]) -> None:
    """Contacts are being deleted: nothing of what they were may stay, so what holds them is not kept."""
    wanted = set(contact_ids)
    mine = col(ContactImport.database_id) == database_id
    blocks = select(col(ImportBlock.before)).join(
        ContactImport, col(ContactImport.id) == ImportBlock.import_id
    )
    found = session.execute(blocks.where(mine, col(ImportBlock.before).is_not(None))).scalars().yield_per(10)
    if any(not wanted.isdisjoint(packed_ids(before)) for before in found):
        forget_all_of(session, database_id)


def forget_old(session: Session) -> None:
    """Forget blocks that nobody undid within a week: they hold contacts as they were."""
    old = select(col(ContactImport.id)).where(
        col(ContactImport.finished_at) < clock.now() - UNDO_LIVES,
        col(ContactImport.status) != ImportStatus.UNDOING,
    )
    session.execute(delete(ImportBlock).where(col(ImportBlock.import_id).in_(old)))


def _last_contact_id(session: Session) -> int:
    return session.execute(select(func.max(CONTACT.c.id))).scalar() or 0


def _as_json(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return {_HEX: bytes(value).hex()}
    raise TypeError(type(value).__name__)


def _as_value(value: Any) -> Any:
    """As the driver takes it: JSON columns as text, whichever database."""
    if isinstance(value, dict):
        is_bytes = value.keys() == {_HEX}
        return bytes.fromhex(value[_HEX]) if is_bytes else orjson.dumps(value).decode()
    return value
