"""Destinations that send more keys than the product offers today, over all of its machinery.

The product sends one medium at a time; these show what the engine and Meta's keys cost with two and ten.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import select

from tests.bench.schemas import TEN_KEYS
from webapp import db
from webapp.contacts.models import CONTACT
from webapp.destinations.base import UNKNOWN, ContactRow, EncodedRows, Medium
from webapp.destinations.meta.destination import MetaDestination
from webapp.destinations.meta.keys import normalise, sha256
from webapp.destinations.registry import DESTINATIONS

DETAILS = {key: CONTACT.c[field] for key, field in TEN_KEYS.items() if key not in ("EMAIL", "PHONE")}


class TwoKeys(MetaDestination):
    kind = "due-chiavi"

    def encode(self, medium: Medium, people: Sequence[ContactRow]) -> EncodedRows:
        cells = [cell or UNKNOWN for _, *both in people for cell in both]
        return EncodedRows(("EMAIL", "PHONE"), b"".join(cells))


class TenKeys(MetaDestination):
    kind = "dieci-chiavi"

    def encode(self, medium: Medium, people: Sequence[ContactRow]) -> EncodedRows:
        """The other eight details are read, normalised and hashed here: only two are stored as digests."""
        columns = [
            [email or UNKNOWN for _, email, _ in people],
            [mobile or UNKNOWN for _, _, mobile in people],
        ]
        for key, values in zip(DETAILS, zip(*_details(people), strict=True), strict=True):
            columns.append([_digest(key, value) for value in values])
        cells = chain.from_iterable(zip(*columns, strict=True))
        return EncodedRows(("EMAIL", "PHONE", *DETAILS), b"".join(cells))


def _details(people: Sequence[ContactRow]) -> Iterator[Sequence[Any]]:
    """Those of *people*, who come in the order of their ids."""
    ids = {contact_id for contact_id, _, _ in people}
    wanted = select(CONTACT.c.id, *DETAILS.values()).where(CONTACT.c.id.between(people[0][0], people[-1][0]))
    with db.snapshot() as connection:
        for page in db.pages(connection, wanted.order_by(CONTACT.c.id), len(people)):
            yield from (row[1:] for row in page if row[0] in ids)


@lru_cache(maxsize=200_000)  # names, places and dates come again and again
def _digest(key: str, raw: Any) -> bytes:
    value = normalise(key, str(raw), "IT").value if raw else None
    return bytes.fromhex(sha256(key, value) or "") if value else UNKNOWN


def register() -> None:
    DESTINATIONS["due-chiavi"] = f"{__name__}:TwoKeys"
    DESTINATIONS["dieci-chiavi"] = f"{__name__}:TenKeys"
