"""The country in which the telephone numbers of a row are read, for a whole block. PURE.

`cells.phone_countries` is the rule.
"""

from collections.abc import Sequence
from functools import lru_cache

from webapp.contacts import cells as read

# (of the row or the database, of its dialling code): ISO codes, None when nobody knows, or there is none
Country = tuple[str | None, str | None]


def countries(
    rows: Sequence[Sequence[str]], country_at: int | None, dial_at: int | None, home: str
) -> list[Country] | None:
    """One for each row; None when the file has neither column, so that all are of *home*."""
    if country_at is None and dial_at is None:
        return None
    return [
        _country(
            "" if country_at is None else cells[country_at], "" if dial_at is None else cells[dial_at], home
        )
        for cells in rows
    ]


_country = lru_cache(maxsize=20_000)(read.phone_countries)
