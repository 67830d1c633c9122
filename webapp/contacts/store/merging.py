"""A row of a file over what a contact has: what it takes away, what it leaves. PURE.

    an empty or unreadable cell          leaves what there was; emptied only by choice (CLEARED)
    an invalid e-mail or mobile          never takes the place of a valid one
    an answer about consent              see `_consents`

Two rows of one file for one person go one over the other by the same rules.
"""

from collections import Counter
from collections.abc import Sequence
from enum import Enum
from typing import Any, Final

import orjson

from webapp.contacts.answers import FIELDS, field_of, pack_unread, unread_of

Values = tuple[Any, ...]  # of a contact, in the order of `RowConverter.columns`


class Cleared(Enum):
    """The one value that stands for an empty cell that is to empty the field."""

    CLEARED = "cleared"


CLEARED: Final = Cleared.CLEARED
EVIDENCE = ("consent_date", "consent_source")


class Merger:
    """Puts rows with *columns* one over the other.

    `kept`: medium → valid values that an invalid one would have taken the place of; `lost`: field → values
    that CLEARED emptied.
    """

    def __init__(self, columns: Sequence[str]) -> None:
        self.kept: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()
        self._columns = columns
        at = {name: place for place, name in enumerate(columns)}
        self._media: list[tuple[str, int, int, int]] = [
            (name, at[name], at[f"{name}_sha256"], at[f"{name}_reason"])
            for name in ("email", "mobile")
            if f"{name}_reason" in at
        ]
        self._answers = (
            [(field, at[field]) for field in FIELDS if field in at] if "consent_unread" in at else []
        )
        self._unread = at.get("consent_unread")
        self._date, self._source = (at.get(name) if self._answers else None for name in EVIDENCE)
        self._own = at.get("own_fields")
        taken: set[int | None] = {place for _, *places in self._media for place in places}
        taken |= {place for _, place in self._answers} | {self._unread, self._date, self._source, self._own}
        self._plain = [place for place in range(len(columns)) if place not in taken]

    def over(self, row: Values, former: Values) -> Values:
        """*row* over *former*; own fields come out as a dictionary."""
        merged = list(former)
        for place in self._plain:
            if row[place] is CLEARED:
                self.lost[self._columns[place]] += former[place] is not None
                merged[place] = None
            elif row[place] is not None:
                merged[place] = row[place]
        for medium, typed, digest, reason in self._media:
            if row[digest] is not None or (former[digest] is None and not row[reason].endswith("_empty")):
                merged[typed], merged[digest], merged[reason] = row[typed], row[digest], row[reason]
            elif row[typed] is CLEARED:
                self.lost[medium] += former[digest] is not None
                merged[typed], merged[digest], merged[reason] = None, None, row[reason]
            elif not row[reason].endswith("_empty"):
                self.kept[medium] += 1
        if self._answers:
            self._consents(row, former, merged)
        if self._own is not None:
            merged[self._own] = self._own_fields(_loaded(row[self._own]), _loaded(former[self._own]))
        return tuple(merged)

    def _consents(self, row: Values, former: Values, merged: list[Any]) -> None:
        """The answers of *row*: an explicit one replaces the former, the older of two with a date never does.

        Of two with the same date the no stands. An answer that changes takes the date and the source of the
        former with it; a date without an answer is of nobody who has answered.
        """
        day, former_day = row[self._date or 0], former[self._date or 0]
        is_older = bool(day and former_day and day < former_day)
        is_same_day = bool(day and former_day and day == former_day)
        taken: set[str] = set()
        changed = lost = False
        for field, place in self._answers:
            said, stood = row[place], former[place]
            if said is None:
                continue
            differs = stood is not None and bool(said) != bool(stood)
            if differs and (is_older or (said and is_same_day)):
                lost = True
                continue
            merged[place] = said
            taken.add(field)
            changed |= differs
        self._unread_words(row, former, merged, taken, is_older)
        has_answered = any(former[place] is not None for _, place in self._answers)
        if lost or (not taken and has_answered):
            return
        if changed:
            merged[self._date or 0], merged[self._source or 0] = day, row[self._source or 0]
        else:
            merged[self._date or 0] = max(filter(None, (day, former_day)), default=None)
            merged[self._source or 0] = row[self._source or 0] or former[self._source or 0]

    def _unread_words(
        self, row: Values, former: Values, merged: list[Any], taken: set[str], is_older: bool
    ) -> None:
        place = self._unread or 0
        if row[place] is None and (former[place] is None or not taken):
            return
        answered = {field for field, at in self._answers if former[at] is not None}
        words = {
            target: word for target, word in unread_of(former[place]).items() if field_of(target) not in taken
        }
        for target, word in unread_of(row[place]).items():
            if not (is_older and field_of(target) in answered):
                words[target] = word
        merged[place] = pack_unread(words)

    def _own_fields(self, row: dict[str, Any], former: dict[str, Any]) -> dict[str, Any]:
        """A key with None empties the field."""
        for key, value in row.items():
            self.lost[key] += value is None and key in former
        return {key: value for key, value in {**former, **row}.items() if value is not None}

    def stored(self, row: Values) -> Values:
        """*row* as the database takes it: nothing CLEARED, own fields as text."""
        plain = tuple(None if value is CLEARED else value for value in row)
        if self._own is None:
            return plain
        own = {key: value for key, value in _loaded(row[self._own]).items() if value is not None}
        return (*plain[: self._own], orjson.dumps(own).decode(), *plain[self._own + 1 :])


def _loaded(own: Any) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(own) if isinstance(own, str) else own
    return found
