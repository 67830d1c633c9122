"""Contacts whose digest an older one of the same selection has: counted, left out, remembered with it."""

from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, select

from webapp import db
from webapp.contacts.models import CONTACT

READ_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Ids of duplicates, in order; *originals* in order, and in *of_originals* the duplicate of each."""

    ids: "array[int]"
    originals: "array[int]"
    of_originals: "array[int]"

    def __len__(self) -> int:
        return len(self.ids)

    def between(self, first: int, last: int) -> set[int]:
        """The duplicates among the contacts from id *first* to *last*."""
        return set(self.ids[bisect_left(self.ids, first) : bisect_right(self.ids, last)])

    def pairs(self, first: int, last: int) -> "array[int]":
        """Original, duplicate, original, duplicate…, of the originals from id *first* to *last*."""
        start, end = bisect_left(self.originals, first), bisect_right(self.originals, last)
        paired = array("q", bytes(16 * (end - start)))
        paired[0::2], paired[1::2] = self.originals[start:end], self.of_originals[start:end]
        return paired


def find_duplicates(
    connection: Connection, chosen: ColumnElement[bool], digest: ColumnElement[bytes], reads_contacts: bool
) -> Duplicates:
    """Among the contacts of *chosen*, those whose *digest* several of them have.

    *reads_contacts*: whether *chosen* asks for more than the index of the digests knows.
    """
    # Else that index holds all there is to read, in this order. A filter has to read the contacts, and in
    # that order each would lie somewhere else on the disk: by an expression, which no index knows, the
    # database reads them as they lie and sorts those it found.
    order = func.coalesce(digest, digest) if reads_contacts else digest
    # Which digests those are is counted in the database: to hand over all of them to find a few takes longer.
    several = select(order).where(chosen, digest.is_not(None)).group_by(order).having(func.count() > 1)
    query = (
        select(CONTACT.c.id, digest)
        .where(chosen, digest.in_(several.correlate(None)))
        .order_by(digest, CONTACT.c.id)
    )
    originals, found = array("q"), array("q")
    original, last = 0, None
    for page in db.pages(connection, query, READ_ROWS):
        for contact_id, value in page:
            if value == last:
                originals.append(original)
                found.append(contact_id)
            else:
                original, last = contact_id, value
    by_original = sorted(range(len(found)), key=originals.__getitem__)
    return Duplicates(
        array("q", sorted(found)),
        array("q", map(originals.__getitem__, by_original)),
        array("q", map(found.__getitem__, by_original)),
    )
