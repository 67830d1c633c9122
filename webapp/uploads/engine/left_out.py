"""Contacts that a preparation leaves out, stored by reason while it is still ours."""

from array import array
from collections import Counter
from collections.abc import Sequence
from typing import Any

from webapp import db
from webapp.contacts.consent import EXCLUDING
from webapp.destinations.base import Medium
from webapp.uploads.engine.preparation_lease import PreparationLease, still_ours
from webapp.uploads.models import DiscardedContacts
from webapp.uploads.packed_ids import pack
from webapp.values.readings import group

PACKED_IDS = 50_000

# id, both digests, why there is none, why the consent leaves the contact out, whether it said no and goes all
# the same, and the values of the fields that the encoder asks for
Row = tuple[int, bytes | None, bytes | None, str | None, str | None, bool, *tuple[Any, ...]]


class LeftOut:
    """Contacts kept here by their consent or their value for *medium*: counted by reason, ids in packs."""

    def __init__(self, claim: PreparationLease, medium: Medium) -> None:
        self.excluded: Counter[str] = Counter()
        self.discarded: Counter[str] = Counter()
        self._claim = claim
        self._no_reason = "email_empty" if medium == Medium.EMAIL else "phone_empty"
        self._ids: dict[str, array[int]] = {}

    def add(self, rows: Sequence[Row]) -> None:
        for contact_id, _, _, reason, excluded, *_ in rows:
            self._ids.setdefault(excluded or reason or self._no_reason, array("q")).append(contact_id)
        self.store(at_least=PACKED_IDS)

    def store(self, at_least: int = 1) -> None:
        """Store and count every reason that has so many contacts."""
        for reason, ids in list(self._ids.items()):
            if len(ids) >= at_least:
                counts = self.excluded if reason in EXCLUDING else self.discarded
                counts[group(reason)] += len(ids)
                self._keep(reason, self._ids.pop(reason))

    def _keep(self, reason: str, ids: "array[int]") -> None:
        store_discarded(self._claim, reason, ids)


class OnlyCounted(LeftOut):
    """The same, stored nowhere. *reasons*: contacts by the whole reason; *first*: ids of a few of each."""

    def __init__(self, medium: Medium, examples: int) -> None:
        super().__init__(PreparationLease(0, 0), medium)
        self.reasons: Counter[str] = Counter()
        self.first: dict[str, list[int]] = {}
        self._examples = examples

    def _keep(self, reason: str, ids: "array[int]") -> None:
        self.reasons[reason] += len(ids)
        known = self.first.setdefault(reason, [])
        known += ids[: self._examples - len(known)]


def store_discarded(claim: PreparationLease, reason: str, ids: "array[int]") -> None:
    with db.writing() as session:
        still_ours(session, claim)
        session.add(
            DiscardedContacts(
                upload_id=claim.upload_id, reason=reason, n_contacts=len(ids), contact_ids=pack(ids)
            )
        )
