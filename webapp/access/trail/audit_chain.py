"""Is the audit trail as it was written? Each entry's link is made again and compared with the kept one.

    entries under the old secret │ closing entry, under the new one │ entries under the new one
                                   names the entry before and its link

Before the closing entry every secret that is still accepted counts; after it none that is older. When the old
secret is gone nobody can make the links before it again: they are `sealed_off`, and only the link that the
closing entry names is compared.
"""

import hmac
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, MappingResult, Table
from sqlmodel import col, select

from webapp import db
from webapp.access.models import AuditEntry
from webapp.access.trail.audit import START, Action, chain_keys, link

_TABLE: Table = AuditEntry.__table__  # type: ignore[attr-defined]
_AT_ONCE = 2_000


@dataclass(frozen=True)
class Chain:
    """The result of checking the chain. *broken_at*: number of the first entry that is not as written."""

    checked: int
    last: int  # number of the last good entry, 0 for none
    last_at: datetime | None
    head: str  # hex of its link: note it elsewhere, and entries cut off the end show too
    broken_at: int | None = None
    sealed_off: int = 0  # entries before a closing one, under a secret that is gone


def verify(newest: int | None = None, noted: tuple[int, str] | None = None) -> Chain:
    """Go along the chain from the first entry, or along its *newest* entries only.

    Whoever removes the last entries leaves a whole chain: *noted*, the number and head of an earlier
    look, is found broken when that entry is gone.
    """
    first, before = _beginning(newest)
    with db.snapshot() as connection:
        keys = _accepted_from(connection, first)
        sealed_off = 0
        if first == 1 and (anchor := _anchor(connection, keys)):
            first, before = anchor
            sealed_off = first - 1
        found = Chain(0, first - 1, None, before.hex(), sealed_off=sealed_off)
        with closing(_rows(connection, first)) as rows:
            for row in rows:
                entry = dict(row)
                kept, expected = bytes(entry.pop("link")), found.last + 1
                made_with = _made_with(keys, before, entry, kept) if entry["seq"] == expected else None
                if made_with is None or (noted and noted[0] == expected and noted[1] != kept.hex()):
                    return replace(found, broken_at=expected)
                if entry["action"] == Action.CHAIN_CLOSED:
                    keys = keys[: made_with + 1]
                found = replace(
                    found, checked=found.checked + 1, last=expected, last_at=entry["at"], head=kept.hex()
                )
                before = kept
    is_cut_off = noted is not None and noted[0] > found.last
    return replace(found, broken_at=found.last + 1) if is_cut_off else found


def is_closed() -> bool:
    """Whether an entry under the newest secret has closed the chain of the older ones."""
    keys = chain_keys()
    with db.snapshot() as connection:
        return any(_key_of(connection, seq, keys) == 0 for seq in _closings(connection))


def _beginning(newest: int | None) -> tuple[int, bytes]:
    """The number to begin with and the link it is chained to."""
    if newest is None:
        return 1, START
    with db.reading() as session:
        query = select(AuditEntry.seq, AuditEntry.link).order_by(col(AuditEntry.seq).desc())
        row = session.exec(query.offset(newest).limit(1)).first()
    return ((row[0] or 0) + 1, row[1]) if row else (1, START)


def _accepted_from(connection: Connection, first: int) -> list[bytes]:
    """The keys that entries from *first* on may be linked with: closing entries before it end older ones."""
    keys = chain_keys()
    for seq in _closings(connection):
        if seq < first and (made_with := _key_of(connection, seq, keys)) is not None:
            keys = keys[: made_with + 1]
    return keys


def _anchor(connection: Connection, keys: list[bytes]) -> tuple[int, bytes] | None:
    """Where to begin when the first entry is under none of *keys*: the first closing entry that is.

    The link it is chained to is the one it names, and the one that stands in the entry before. None: the
    first entry opens, or none closes it.
    """
    first = _entry(connection, 1)
    if first is None or _made_with(keys, START, first, bytes(first.pop("link"))) is not None:
        return None
    for seq in _closings(connection):
        before, entry = _entry(connection, seq - 1), _entry(connection, seq)
        if before is None or entry is None or _key_of(connection, seq, keys) is None:
            continue
        named = (entry["detail"].get("voce"), entry["detail"].get("impronta"))
        if named == (seq - 1, bytes(before["link"]).hex()):
            return seq, bytes(before["link"])
    return None


def _closings(connection: Connection) -> list[int]:
    query = sqlalchemy.select(_TABLE.c.seq).where(_TABLE.c.action == str(Action.CHAIN_CLOSED))
    return list(connection.execute(query.order_by(_TABLE.c.seq)).scalars())


def _key_of(connection: Connection, seq: int, keys: list[bytes]) -> int | None:
    before, entry = _entry(connection, seq - 1), _entry(connection, seq)
    if before is None or entry is None:
        return None
    kept = bytes(entry.pop("link"))
    return _made_with(keys, bytes(before["link"]), entry, kept)


def _made_with(keys: list[bytes], before: bytes, entry: dict[str, Any], kept: bytes) -> int | None:
    """The place among *keys* of the one that *entry* (without its link) was linked with."""
    fit = (place for place, key in enumerate(keys) if hmac.compare_digest(kept, link(key, before, entry)))
    return next(fit, None)


def _entry(connection: Connection, seq: int) -> dict[str, Any] | None:
    row = connection.execute(sqlalchemy.select(_TABLE).where(_TABLE.c.seq == seq)).mappings().first()
    return dict(row) if row else None


def _rows(connection: Connection, first: int) -> MappingResult:
    query = sqlalchemy.select(_TABLE).where(_TABLE.c.seq >= first).order_by(_TABLE.c.seq)
    return connection.execute(query, execution_options={"yield_per": _AT_ONCE}).mappings()
