"""Large tables in pieces: a step that goes through all rows of one says how far it is."""

from collections.abc import Iterator

from alembic import context, op
from sqlalchemy import text


def ranges(table: str, called: str, ids: int) -> Iterator[tuple[int, int]]:
    """(after, up to) for every *ids* ids of *table*, from 0 to the last there is.

    Who brings the schema up hears of each but the last: "contatti: 50.000 di 1.000.000". *called* is
    the Italian word for the rows.
    """
    last = op.get_bind().execute(text(f"SELECT coalesce(max(id), 0) FROM {table}")).scalar_one()
    tell = context.config.attributes.get("tell")
    for after in range(0, last, ids):
        up_to = min(after + ids, last)
        yield after, up_to
        if tell and up_to < last:
            tell(f"{called}: {_grouped(up_to)} di {_grouped(last)}")


def _grouped(count: int) -> str:
    return f"{count:,}".replace(",", ".")
