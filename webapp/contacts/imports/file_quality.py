"""Counts of the e-mails and mobiles that a file brings, and of the reasons why some cannot be used. PURE."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from webapp.contacts.answers import FIELDS, answer_in
from webapp.contacts.imports.tallies import MEDIA
from webapp.contacts.models_imports import ImportMode
from webapp.contacts.store.merging import CLEARED, Values
from webapp.contacts.store.upsert_plan import Plan, Target

SHOWN_EXAMPLES = 5


def becoming(target: Target, contacts: Sequence[Values], plan: Plan) -> list[Values]:
    """The *contacts* of a block that are written; others are left alone, or have the code of another."""
    if target.mode == ImportMode.CREATE_AND_UPDATE:
        conflicts = set(plan.written.conflicts)
        return [row for place, row in enumerate(contacts) if place not in conflicts]
    return [*plan.inserts, *(row for row, _ in plan.updates)]


@dataclass(slots=True)
class Quality:
    """`email + mobile - both + neither == rows`, of the rows that were added.

    *reasons*: medium → code of `values.reasons` → rows; they are those without a valid one. *examples*:
    (medium, code) → some cells as typed. *answers*: field of a consent → `Answer` → rows.
    """

    rows: int = 0
    email: int = 0
    mobile: int = 0
    both: int = 0
    neither: int = 0
    reasons: dict[str, Counter[str]] = field(default_factory=dict)
    examples: dict[tuple[str, str], dict[str, None]] = field(default_factory=dict)
    answers: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, columns: Sequence[str], rows: Sequence[Values]) -> None:
        """*columns*: of the values of each row."""
        at = {name: place for place, name in enumerate(columns)}
        has = {medium: self._add_medium(medium, at, rows) for medium in MEDIA}
        self.rows += len(rows)
        self.email += sum(has["email"])
        self.mobile += sum(has["mobile"])
        pairs = Counter(zip(has["email"], has["mobile"], strict=True))
        self.both += pairs[True, True]
        self.neither += pairs[False, False]
        for one in FIELDS:
            if one in at:
                unread = at["consent_unread"]
                counted = Counter(answer_in(one, row[at[one]], row[unread]).value for row in rows)
                self.answers[one] = self.answers.get(one, Counter()) + counted

    def without(self, medium: str) -> int:
        """Rows that have no valid one."""
        return sum(self.reasons.get(medium, Counter()).values())

    def _add_medium(self, medium: str, at: Mapping[str, int], rows: Sequence[Values]) -> list[bool]:
        if medium not in at:
            return [False] * len(rows)
        typed_at, digest_at, reason_at = (at[medium + part] for part in ("", "_sha256", "_reason"))
        counted = self.reasons.setdefault(medium, Counter())
        found = []
        for row in rows:
            reason = row[reason_at]
            found.append(row[digest_at] is not None)
            if reason is None:
                continue
            counted[reason] += 1
            some = self.examples.setdefault((medium, reason), {})
            if len(some) < SHOWN_EXAMPLES and row[typed_at] and row[typed_at] is not CLEARED:
                some[row[typed_at]] = None
        return found
