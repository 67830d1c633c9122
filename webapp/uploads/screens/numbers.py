"""The numbers of an upload, and the sums that must hold between them. PURE.

    selected  = Σ excluded + Σ discarded + duplicates + already_there + to_send
    to_send   = sent + unconfirmed + waiting + set_aside
    sent      = received by the destination's own word, of which rejected
    to_remove = removed + removal_unconfirmed + removing + not_removed + postponed

Of an upload that takes its selection out, the first is

    selected  = Σ excluded + Σ discarded + duplicates + never_there + to_remove

What a page shows is taken from here and from nowhere else, so a number cannot mean two things.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Term(NamedTuple):
    """One addend of a sum: the key its words are chosen by, and how many contacts."""

    key: str
    contacts: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """Contacts of one upload, counted; *selected* is None until its preparation has ended.

    *already_there*: chosen, and in the audience as they are. *to_remove*: rows that take somebody out, of
    which *postponed* are refused for now and owed. *never_there*: chosen to be taken out and never sent
    there; None of other uploads.

    *sent* are rows that the destination says it received; *unconfirmed* those it answered for without saying
    so; *waiting* are rows not yet sent, *on_its_way* those of them that are being sent and that nothing can
    call back, and *leaving_now* the same of *removing*; *set_aside* are rows of batches given up or stopped.
    *rejected* are part of *sent*.
    """

    selected: int | None = None
    excluded: Mapping[str, int] = field(default_factory=dict)
    discarded: Mapping[str, int] = field(default_factory=dict)
    duplicates: int = 0
    to_send: int = 0
    sent: int = 0
    unconfirmed: int = 0
    rejected: int = 0
    waiting: int = 0
    on_its_way: int = 0
    set_aside: int = 0
    already_there: int = 0
    never_there: int | None = None
    to_remove: int = 0
    removed: int = 0
    removal_unconfirmed: int = 0
    removing: int = 0
    leaving_now: int = 0
    not_removed: int = 0
    postponed: int = 0

    @property
    def is_known(self) -> bool:
        return self.selected is not None

    @property
    def n_excluded(self) -> int:
        return sum(self.excluded.values())

    @property
    def n_discarded(self) -> int:
        return sum(self.discarded.values())

    @property
    def invalid(self) -> int:
        """The number called "Dati non validi" on screen: stopped by us, or rejected by the destination."""
        return self.n_discarded + self.rejected

    @property
    def accepted(self) -> int:
        return self.sent - self.rejected

    def left_out(self) -> list[Term]:
        """Contacts selected and not sent, by reason, largest group first; then the duplicates."""
        groups = [*self.excluded.items(), *self.discarded.items()]
        terms = [Term(key, count) for key, count in sorted(groups, key=lambda one: -one[1])]
        last = (("duplicate", self.duplicates), ("already_there", self.already_there))
        never = [Term("never_there", self.never_there or 0)]
        return [term for term in [*terms, *(Term(*one) for one in last), *never] if term.contacts]

    def adds_up(self) -> bool:
        """Whether both sums hold. Before the preparation has ended there is nothing to add."""
        if self.selected is None:
            return True
        left_out = self.n_excluded + self.n_discarded + self.duplicates
        if self.never_there is None:
            chosen = left_out + self.already_there + self.to_send
        else:
            chosen = left_out + self.never_there + self.to_remove
        added = self.sent + self.unconfirmed + self.waiting + self.set_aside
        taken_out = (
            self.removed + self.removal_unconfirmed + self.removing + self.not_removed + self.postponed
        )
        return (self.selected, self.to_send, self.to_remove) == (chosen, added, taken_out)

    def share(self, part: int, whole: int | None) -> float:
        """*part* of *whole* between 0 and 1; 0 when there is nothing to divide by."""
        return part / whole if whole else 0.0

    @property
    def progress(self) -> float:
        return self.share(self.done, self.to_do)

    @property
    def to_do(self) -> int:
        return self.to_send + self.to_remove

    @property
    def done(self) -> int:
        """Rows that were added or taken out."""
        return self.sent + self.removed

    @property
    def left_to_do(self) -> int:
        return self.waiting + self.removing

    @property
    def invalid_share(self) -> float:
        return self.share(self.invalid, self.selected)
