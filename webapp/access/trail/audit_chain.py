"""Is the audit trail as it was written? Each entry's link is made again and compared with the kept one."""

import hmac
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy
from sqlalchemy import Connection, MappingResult, Table
from sqlmodel import col, select

from webapp import db
from webapp.access.models import AuditEntry
from webapp.access.trail.audit import START, chain_key, link

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


def verify(newest: int | None = None, noted: tuple[int, str] | None = None) -> Chain:
    """Go along the chain from the first entry, or along its *newest* entries only.

    Whoever removes the last entries leaves a whole chain: *noted*, the number and head of an earlier
    look, is found broken when that entry is gone.
    """
    key = chain_key()
    first, before = _beginning(newest)
    found = Chain(0, first - 1, None, before.hex())
    with db.snapshot() as connection, closing(_rows(connection, first)) as rows:
        for row in rows:
            entry = dict(row)
            kept = bytes(entry.pop("link"))
            expected = found.last + 1
            whole = entry["seq"] == expected and hmac.compare_digest(kept, link(key, before, entry))
            if not whole or (noted and noted[0] == expected and noted[1] != kept.hex()):
                return replace(found, broken_at=expected)
            found, before = Chain(found.checked + 1, expected, entry["at"], kept.hex()), kept
    is_cut_off = noted is not None and noted[0] > found.last
    return replace(found, broken_at=found.last + 1) if is_cut_off else found


def _beginning(newest: int | None) -> tuple[int, bytes]:
    """The number to begin with and the link it is chained to."""
    if newest is None:
        return 1, START
    with db.reading() as session:
        query = select(AuditEntry.seq, AuditEntry.link).order_by(col(AuditEntry.seq).desc())
        row = session.exec(query.offset(newest).limit(1)).first()
    return ((row[0] or 0) + 1, row[1]) if row else (1, START)


def _rows(connection: Connection, first: int) -> MappingResult:
    query = sqlalchemy.select(_TABLE).where(_TABLE.c.seq >= first).order_by(_TABLE.c.seq)
    return connection.execute(query, execution_options={"yield_per": _AT_ONCE}).mappings()
