"""Whom an alignment finds on both sides, or on one alone: the values that it compares."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from webapp.contacts.ledger import due, idents
from webapp.contacts.ledger.models import RemovalDue
from webapp.uploads.engine.ways.removals import Person


class Held(NamedTuple):
    contact_id: int
    ident: bytes
    print: int
    batch_id: int


class Moved(NamedTuple):
    former: int
    contact_id: int
    ident: bytes


class Going(NamedTuple):
    """Whom to take out: *people* by what nobody who stays is known by, *unsaid* are known by nothing else.

    *staying*: the cells, of theirs and of *owed*, by which somebody who stays is known.
    """

    people: list[Person]
    unsaid: list[int]
    staying: set[bytes]
    owed: list[RemovalDue]

    def others(self) -> list[tuple[RemovalDue, bytes]]:
        """Whoever is owed beside *people*, and what is left of the ident."""
        known = {ident for _, ident in self.people}
        left = ((row, due.still_missing(row, self.staying)) for row in self.owed)
        return [(row, ident) for row, ident in left if ident is not None and ident not in known]


def what_is_left(gone: Mapping[int, bytes], staying: set[bytes]) -> tuple[list[Person], list[int]]:
    """Whom to take out, by what nobody who stays is known by; contacts of whom nothing is left."""
    people, unsaid = [], []
    for contact_id, ident in sorted(gone.items()):
        left = idents.without(ident, staying)
        if left is None:
            unsaid.append(contact_id)
        else:
            people.append((contact_id, left))
    return people, unsaid


def not_among(people: Sequence[Person], others: Sequence[Person]) -> list[Person]:
    known = {ident for _, ident in people}
    return [(contact_id, ident) for contact_id, ident in others if ident not in known]


def is_among(ordered: Sequence[int], wanted: int) -> bool:
    place = bisect_left(ordered, wanted)
    return place < len(ordered) and ordered[place] == wanted
