"""Everything sealed, sealed again with the newest key, block by block, while web and workers run.

The order that loses nothing: put the new key in front in PLATEA_TOKEN_KEYS (or PLATEA_SECRET_KEYS) and start
web and workers again (they open both), `platea chiavi ruota`, take the old key away. What an earlier version
sealed in another way gets today's form too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Table, select, update
from sqlmodel import SQLModel

from webapp import db
from webapp.crypto import CannotOpen, Seal

AT_ONCE = 500  # rows a transaction: others write in between
Seals = Mapping[str, Seal]  # by the keys they have: `crypto.TOKENS`, `crypto.SECRETS`


@dataclass(frozen=True)
class Resealed:
    """How many texts got the newest key, had it already, or open with none of the keys."""

    renewed: int = 0
    newest: int = 0
    lost: int = 0

    def __add__(self, other: "Resealed") -> "Resealed":
        return Resealed(self.renewed + other.renewed, self.newest + other.newest, self.lost + other.lost)


def sealed_columns(ring: str | None = None) -> list[tuple[Table, Column[Any]]]:
    """Every column that holds sealed texts, of every room's tables; *ring*: sealed with those keys only."""
    return [
        (table, column)
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if "sealed" in column.info and ring in (None, column.info["ring"])
    ]


def reseal(seals: Seals, at_once: int = AT_ONCE) -> Resealed:
    """Seal every text with the newest key of its seal; may be run again, and by two at once."""
    done = Resealed()
    for ring, seal in seals.items():
        for place in sealed_columns(ring):
            done += _reseal_column(seal, *place, at_once)
    return done


def opened(seal: Seal, column: Column[Any], row: Mapping[str, Any]) -> str | None:
    """The text in *column* of *row* (every column by name); None when there is none. Raises CannotOpen."""
    text = bytes(row[column.name] or b"")
    return seal.open(text, column.info["sealed"](row), column.info["formerly"]) if text else None


def _reseal_column(seal: Seal, table: Table, column: Column[Any], at_once: int) -> Resealed:
    (key,) = table.primary_key.columns
    found, after = Resealed(), None
    while True:
        with db.writing() as session:
            # An empty text is of an e-mail that was given up.
            block = select(table).where(column.is_not(None), column != b"").order_by(key).limit(at_once)
            rows = session.execute(block if after is None else block.where(key > after)).mappings().all()
            for row in rows:
                outcome, renewed = _renewed(seal, column, {**row})
                if renewed is not None:
                    # Somebody who saved a new token meanwhile keeps it.
                    same = (key == row[key.name]) & (column == row[column.name])
                    session.execute(update(table).where(same).values({column.name: renewed}))
                found += outcome
        if len(rows) < at_once:
            return found
        after = rows[-1][key.name]


def _renewed(seal: Seal, column: Column[Any], row: Mapping[str, Any]) -> tuple[Resealed, bytes | None]:
    try:
        text = opened(seal, column, row)
    except CannotOpen:
        return Resealed(lost=1), None
    if text is None or seal.is_newest(bytes(row[column.name])):
        return Resealed(newest=1), None
    return Resealed(renewed=1), seal.close(text, column.info["sealed"](row))
