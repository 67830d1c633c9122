"""The ways that an upload fills its audience, and the numbers that its preparation comes to."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select

from webapp.destinations.base import ContactRow
from webapp.uploads.engine.duplicates import Duplicates
from webapp.uploads.operations import Operation


@dataclass(slots=True)
class Prepared:
    """The counts of a preparation.

    `selected = Σ excluded + Σ discarded + duplicates + already_there + to_send`, always; of an upload that
    takes its selection out, `never_there + to_remove` in place of the last two. *leaving*: members who are no
    longer chosen, of *members_before*. *refused*: how many of *to_send* said no and are sent because somebody
    said so. *missing*: identifier → how many of *to_send* are sent without it.
    """

    excluded: Counter[str]
    discarded: Counter[str]
    duplicates: int
    selected: int = 0
    to_send: int = 0
    refused: int = 0
    batches: int = 0
    already_there: int = 0
    never_there: int = 0
    to_remove: int = 0
    leaving: int = 0
    members_before: int | None = None
    missing: dict[str, int] = field(default_factory=dict)

    def adds_up(self, takes_out: bool) -> bool:
        left_out = sum(self.excluded.values()) + sum(self.discarded.values()) + self.duplicates
        sent = self.never_there + self.to_remove if takes_out else self.already_there + self.to_send
        return self.selected == left_out + sent


class Way:
    """The way that an upload fills its audience: this one sends whoever may be sent, by that *operation*."""

    def __init__(self, operation: Operation = Operation.ADD) -> None:
        self.operation = operation

    def look(self, connection: Connection, sendable: Select[Any], duplicates: Duplicates) -> None:
        """In the moment that is prepared. *sendable*: id and digests of who may be sent, in order of id."""

    def to_add(self, people: Iterator[ContactRow]) -> Iterator[ContactRow]:
        """Those of *people* that are to be added."""
        return people

    def settle(self, prepared: Prepared) -> None:
        """The additions are stored; afterwards the numbers of *prepared* are written down."""
