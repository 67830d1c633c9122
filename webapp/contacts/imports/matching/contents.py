"""The kind of values in a column, found from some of its cells. PURE."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property

from phonenumbers import SUPPORTED_REGIONS

from webapp.contacts import cells as read
from webapp.contacts.imports.column_names import PROVINCES
from webapp.contacts.store.consent_cells import read_answer
from webapp.contacts.store.digests import digest_emails, digest_mobiles

MOSTLY = 0.5
SURELY = 0.9


class Contents:
    """The filled cells of a column; counts are of cells, shares of the filled ones, 0 when there is none."""

    def __init__(self, cells: Sequence[str], country: str) -> None:
        self.values = [cell for cell in cells if read.read_text(cell) is not None]
        self._country = country

    @property
    def is_empty(self) -> bool:
        return not self.values

    @cached_property
    def emails(self) -> int:
        return sum(one is not None for one in digest_emails(self.values, Counter()).sha256)

    @cached_property
    def mobiles(self) -> int:
        numbers = [value for value in self.values if len(value) > 7]
        return sum(one is not None for one in digest_mobiles(numbers, self._country, Counter()).sha256)

    def valid(self, medium: str) -> int:
        return self.emails if medium == "email" else self.mobiles

    @cached_property
    def answers(self) -> float:
        """The share that is read as an answer about consent."""
        return self._share(lambda cell: read_answer(cell, False, {}).word is None)

    @cached_property
    def refusals(self) -> float:
        """The share that is read in a column that says who is out: a day is one too."""
        return self._share(lambda cell: read_answer(cell, True, {}).word is None)

    @cached_property
    def countries(self) -> float:
        return self._share(_is_country)

    @cached_property
    def dialling_codes(self) -> float:
        return self._share(_is_dialling_code)

    @cached_property
    def provinces(self) -> float:
        return self._share(lambda cell: cell.strip().upper() in PROVINCES)

    def _share(self, holds: Callable[[str], bool]) -> float:
        return sum(map(holds, self.values)) / len(self.values) if self.values else 0.0


def _is_country(cell: str) -> bool:
    code = read.read_country(cell) or ""
    return code in SUPPORTED_REGIONS


def _is_dialling_code(cell: str) -> bool:
    return any(one.isdigit() for one in cell) and read.dialling_country(cell) is not None
