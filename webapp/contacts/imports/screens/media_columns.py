"""Which columns hold e-mails and mobiles, those that are matched and those that could be. PURE.

Offered is a column that goes nowhere yet, whose name says so or that mostly holds valid values, and only when
it would give something: a value to a row that has none, or any when the field has none at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from webapp.contacts.fields import SKIP
from webapp.contacts.imports.column_names import SYNONYMS
from webapp.contacts.imports.columns import NEW
from webapp.contacts.imports.matching.contents import MOSTLY
from webapp.contacts.imports.matching.names import name_of
from webapp.contacts.imports.screens.cell_readings import Frame, digested
from webapp.contacts.imports.tallies import MEDIA
from webapp.contacts.store.digests import DigestedColumn

PROBED = 200  # cells
_FEWEST_DIGITS = 7  # of anything that may be a mobile


@dataclass(frozen=True, slots=True)
class Counted:
    filled: int
    valid: int


@dataclass(frozen=True, slots=True)
class Found:
    """A column that could feed *medium*: *valid* values, *more* of them for rows that have none yet."""

    index: int
    medium: str
    valid: int
    more: int
    is_reserve: bool


class MediaColumns:
    """*offered*: column index → what it could be. *counts*: of the columns that are matched, and of these."""

    def __init__(
        self,
        header: Sequence[str],
        mapping: Mapping[str, str],
        feeding: Mapping[str, Sequence[int]],
        columns: Sequence[Sequence[str]],
        frame: Frame,
    ) -> None:
        self.counts: dict[int, Counted] = {}
        self.offered: dict[int, Found] = {}
        self._header, self._columns, self._frame = header, columns, frame
        self._digested: dict[tuple[int, str], DigestedColumn] = {}
        self._fed = {medium: _in_order(mapping, medium, feeding.get(medium, ())) for medium in MEDIA}
        for medium in MEDIA:
            for index in self._fed[medium]:
                self.counts[index] = self._count(index, medium)
        free = [int(index) for index, target in mapping.items() if target == SKIP or target.startswith(NEW)]
        for medium in MEDIA:
            for index in free:
                if index not in self.offered and (found := self._could_be(index, medium)):
                    self.offered[index] = found

    def fed(self, medium: str) -> list[int]:
        """The columns that are matched with *medium*, in the order they feed it."""
        return self._fed[medium]

    def column(self, index: int, medium: str) -> DigestedColumn:
        key = (index, medium)
        if key not in self._digested:
            self._digested[key] = digested(medium, self._columns[index], self._frame)
        return self._digested[key]

    def valid(self, medium: str) -> int:
        """Valid values of all columns that feed *medium*."""
        return sum(self.counts[index].valid for index in self._fed[medium])

    def is_wrong(self, medium: str) -> bool:
        """Whether columns are matched, hold something, and nothing of it is valid."""
        return any(self.counts[index].filled for index in self._fed[medium]) and not self.valid(medium)

    def best(self, medium: str) -> Found | None:
        fitting = [one for one in self.offered.values() if one.medium == medium]
        return max(fitting, key=lambda one: (one.valid, -one.index), default=None)

    def what_is_there(self, index: int, medium: str) -> str:
        """What a column holds none of whose values is an e-mail, or a mobile."""
        reasons = {one for one in self.column(index, medium).reason if not (one or "").endswith("_empty")}
        if reasons == {"email_invalid.no_at"}:
            return "Qui manca sempre la chiocciola: non sono email."
        if reasons == {"phone_landline"}:
            return "Qui ci sono solo numeri fissi, che non ricevono SMS."
        return (
            "Qui non c’è nessuna email valida."
            if medium == "email"
            else "Qui non c’è nessun cellulare valido."
        )

    def _count(self, index: int, medium: str) -> Counted:
        column = self.column(index, medium)
        filled = sum(not (reason or "").endswith("_empty") for reason in column.reason)
        return Counted(filled, sum(one is not None for one in column.sha256))

    def _could_be(self, index: int, medium: str) -> Found | None:
        is_named = name_of(self._header[index]) in SYNONYMS[medium]
        if not _may_hold(medium, self._columns[index]) or not (is_named or self._seems(index, medium)):
            return None
        counted = self._count(index, medium)
        if not counted.valid or not (is_named or counted.valid > MOSTLY * counted.filled):
            return None
        is_reserve = bool(self.valid(medium))
        more = self._more(index, medium) if is_reserve else counted.valid
        self.counts.setdefault(index, counted)
        return Found(index, medium, counted.valid, more, is_reserve) if more else None

    def _seems(self, index: int, medium: str) -> bool:
        """Whether the first cells of the column are mostly valid: reading all of them takes its time."""
        first = [cell for cell in self._columns[index] if cell.strip()][:PROBED]
        found = digested(medium, first, replace(self._frame, places=None))
        filled = sum(not (reason or "").endswith("_empty") for reason in found.reason)
        return sum(one is not None for one in found.sha256) > MOSTLY * filled

    def _more(self, index: int, medium: str) -> int:
        """Rows that have a valid value here, and none in the columns that are matched."""
        matched = [self.column(one, medium).sha256 for one in self._fed[medium]]
        return sum(
            digest is not None and all(one[row] is None for one in matched)
            for row, digest in enumerate(self.column(index, medium).sha256)
        )


def _in_order(mapping: Mapping[str, str], medium: str, order: Sequence[int]) -> list[int]:
    fed = [int(index) for index, target in mapping.items() if target == medium]
    return sorted(fed, key=lambda index: (order.index(index) if index in order else len(order), index))


def _may_hold(medium: str, cells: Sequence[str]) -> bool:
    """Whether reading the column is worth its time."""
    if medium == "email":
        return any("@" in cell for cell in cells)
    return any(sum(character.isdigit() for character in cell) >= _FEWEST_DIGITS for cell in cells)
