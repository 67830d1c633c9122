"""Destinations that send more keys than the product offers today, over all of its machinery.

The product sends one medium at a time; these show what the engine and Meta's keys cost with two and ten.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import select

from tests.bench.schemas import TEN_KEYS
from webapp import db
from webapp.contacts.models import CONTACT
from webapp.destinations.base import UNKNOWN, EncodedRows, Medium, Person
from webapp.destinations.meta.destination import MetaDestination
from webapp.destinations.meta.keys import normalise, sha256
from webapp.destinations.registry import DESTINATIONS

DETAILS = {key: CONTACT.c[field] for key, field in TEN_KEYS.items() if key not in ("EMAIL", "PHONE")}


class TwoKeys(MetaDestination):
    kind = "due-chiavi"

    def encode(self, medium: Medium, people: Sequence[Person]) -> EncodedRows:
        cells = [cell or UNKNOWN for _, *both in people for cell in both]
        return EncodedRows(("EMAIL", "PHONE"), b"".join(cells))


class TenKeys(MetaDestination):
    kind = "dieci-chiavi"

    def encode(self, medium: Medium, people: Sequence[Person]) -> EncodedRows:
        """The other eight details are read, normalised and hashed here: only two are stored as digests."""
        details = self._details([contact_id for contact_id, _email, _mobile in people])
        cells: list[bytes] = []
        for contact_id, email, mobile in people:
            cells += (email or UNKNOWN, mobile or UNKNOWN)
            for key, value in zip(DETAILS, details[contact_id], strict=True):
                cells.append(_digest(key, str(value)) if value else UNKNOWN)
        return EncodedRows(("EMAIL", "PHONE", *DETAILS), b"".join(cells))

    def _details(self, ids: Sequence[int]) -> dict[int, tuple[Any, ...]]:
        wanted = select(CONTACT.c.id, *DETAILS.values()).where(CONTACT.c.id.in_(ids))
        with db.reading() as session:
            return {contact_id: tuple(details) for contact_id, *details in session.execute(wanted)}


@lru_cache(maxsize=200_000)  # names, places and dates come again and again
def _digest(key: str, raw: str) -> bytes:
    value, _reason = normalise(key, raw, "IT")
    return bytes.fromhex(sha256(key, value) or "") if value else UNKNOWN


def register() -> None:
    DESTINATIONS["due-chiavi"] = f"{__name__}:TwoKeys"
    DESTINATIONS["dieci-chiavi"] = f"{__name__}:TenKeys"
