"""Two rows of one file for one person with different answers about consent. PURE.

The later consent date rules, without dates the no; beside a word nobody can read a yes says nothing. A yes
that must not count is taken out of its row, so that it makes no difference in which block the rows are.
"""

from collections.abc import Sequence

from webapp.contacts.answers import FIELDS, field_of, unread_of
from webapp.contacts.store.merging import Values

_KEY_COLUMNS = {"code": ("code",), "email": ("email_sha256", "code"), "mobile": ("mobile_sha256", "code")}


class FileAnswers:
    """Follows the rows of a file, whose contacts are told apart by *key*, in their order.

    It remembers a number for each person who said no, or something nobody could read, and nothing of others.
    """

    def __init__(self, columns: Sequence[str], key: str) -> None:
        at = {name: place for place, name in enumerate(columns)}
        self._keys = [at[name] for name in _KEY_COLUMNS.get(key, ()) if name in at]
        self._fields = [(field, at[field]) for field in FIELDS if field in at]
        self._unread = at.get("consent_unread")
        self._date = at.get("consent_date")
        self._for_ever: set[int] = set()  # no later yes counts
        self._by_date: set[int] = (
            set()
        )  # a later yes with a date does: the dates are compared when it is written

    @property
    def remembers(self) -> bool:
        """Whether rows make any difference to later ones."""
        return self._unread is not None and bool(self._keys)

    def settle(self, rows: Sequence[Values]) -> list[Values]:
        """*rows*, in each of which no yes is left that a row before has taken the force of."""
        if not self.remembers:
            return list(rows)
        return [self._settle(row) for row in rows]

    def _settle(self, row: Values) -> Values:
        people = [row[place] for place in self._keys if row[place]]
        unread = {field_of(target) for target in unread_of(row[self._unread or 0])}
        day = row[self._date] if self._date is not None else None
        refused = []
        for field, place in self._fields:
            if row[place] is None and field not in unread:
                continue
            marks = {hash((field, who)) for who in people}
            if row[place] is False or field in unread:
                dated = day is not None and field not in unread
                (self._by_date if dated else self._for_ever).update(marks)
            elif row[place] and (
                not self._for_ever.isdisjoint(marks) or (day is None and not self._by_date.isdisjoint(marks))
            ):
                refused.append(place)
        if not refused:
            return row
        return tuple(None if place in refused else value for place, value in enumerate(row))
