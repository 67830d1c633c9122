"""Everything sealed, sealed again with the newest key, block by block, while web and workers run.

The order that loses nothing: put the new key in front in PLATEA_TOKEN_KEYS and start web and workers again
(they open both), `platea chiavi ruota`, take the old key away.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Table, select, update
from sqlmodel import SQLModel

from webapp import db
from webapp.crypto import CannotOpen, Seal

AT_ONCE = 500  # rows a transaction: others write in between


@dataclass(frozen=True)
class Resealed:
    """How many texts got the newest key, had it already, or open with none of the keys."""

    renewed: int = 0
    newest: int = 0
    lost: int = 0

    def __add__(self, other: "Resealed") -> "Resealed":
        return Resealed(self.renewed + other.renewed, self.newest + other.newest, self.lost + other.lost)


def sealed_columns() -> list[tuple[Table, Column[Any]]]:
    """Every column that holds sealed texts, of every room's tables."""
    return [
        (table, column)
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if column.info.get("sealed")
    ]


def reseal(seal: Seal, at_once: int = AT_ONCE) -> Resealed:
    """Seal every text with the newest key of *seal*; may be run again, and by two at once."""
    return sum((_reseal_column(seal, *place, at_once) for place in sealed_columns()), Resealed())


def _reseal_column(seal: Seal, table: Table, column: Column[Any], at_once: int) -> Resealed:
    (key,) = table.primary_key.columns
    found, after = Resealed(), None
    while True:
        with db.writing() as session:
            block = select(key, column).where(column.is_not(None)).order_by(key).limit(at_once)
            rows = session.execute(block if after is None else block.where(key > after)).all()
            for row_id, sealed in rows:
                outcome, renewed = _renewed(seal, bytes(sealed))
                if renewed is not None:
                    # Somebody who saved a new token meanwhile keeps it.
                    same = (key == row_id) & (column == sealed)
                    session.execute(update(table).where(same).values({column.name: renewed}))
                found += outcome
        if len(rows) < at_once:
            return found
        after = rows[-1][0]


def _renewed(seal: Seal, sealed: bytes) -> tuple[Resealed, bytes | None]:
    if seal.is_newest(sealed):
        return Resealed(newest=1), None
    try:
        return Resealed(renewed=1), seal.renew(sealed)
    except CannotOpen:
        return Resealed(lost=1), None
