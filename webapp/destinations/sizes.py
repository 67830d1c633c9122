"""How large an audience is, as its vendor estimates it. PURE."""

from datetime import datetime, timedelta
from typing import NamedTuple

SIZES_KEPT = timedelta(days=400)  # a year's history, and the month it is compared with


class Size(NamedTuple):
    """An audience's size as the vendor estimated it: anything from *least* to *most*, read at *at*."""

    least: int
    most: int
    at: datetime | None  # None: nobody noted the hour
