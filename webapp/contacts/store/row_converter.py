"""Rows of a file → values of `contact` columns, along a mapping made once for the whole file. PURE."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache, partial
from typing import Any

import orjson

from webapp.contacts import cells as read
from webapp.contacts.answers import FIELDS, field_of
from webapp.contacts.erasure.erased_keys import ErasedKeys
from webapp.contacts.fields import OWN, SKIP, FieldType
from webapp.contacts.store import digests
from webapp.contacts.store.consent_cells import ConsentColumns, Meanings, count_refusals
from webapp.contacts.store.date_cells import date_reader
from webapp.contacts.store.digests import digest_email, digest_mobile
from webapp.contacts.store.file_answers import FileAnswers
from webapp.contacts.store.merging import CLEARED, EVIDENCE, Values
from webapp.contacts.store.row_countries import Country, countries

__all__ = ["RowChoices", "RowConverter", "Values", "digest_email", "digest_mobile"]

ERASED = "erased"  # the person asked for their data to be erased
NOT_A_CONTACT = "not_a_contact"  # no code, no e-mail, no mobile, no name
DIAL_CODE = "dial_code"  # a target that is not stored: it says how the number beside it is read

_IDENTITY = ("code", "email", "mobile", "first_name", "last_name")
_NEVER_CLEARED = {"code", *EVIDENCE}
_OWN_READERS: dict[str, Callable[[str], Any]] = {
    FieldType.TEXT: read.read_text,
    FieldType.NUMBER: read.read_number,
    FieldType.YES_NO: read.read_yes_no,
    FieldType.LIST: read.read_text,
}
MAX_CHOICES = 200  # of a list: whoever has more should have said text


@dataclass(frozen=True, slots=True)
class RowChoices:
    """How a file is read beside its mapping, as of `ContactImport`.

    *feeding*: field → the columns that feed it, in order: of e-mail and mobile the first valid value is
    taken, of an answer about consent the first column decides and any may say no. *clears*: empty
    cells empty the field. *date_orders*: column index as text → dmy, mdy or mixed.
    *meanings*: of words about consent. *refused*: the field that everybody in the file said no to.
    *unused*: columns that speak of consent and go elsewhere; what they refuse is counted.
    """

    feeding: Mapping[str, Sequence[int]] = field(default_factory=dict)
    clears: bool = False
    date_orders: Mapping[str, str] = field(default_factory=dict)
    meanings: Meanings = field(default_factory=dict)
    refused: str | None = None
    unused: Sequence[int] = ()


PLAIN = RowChoices()


class RowConverter:
    """Turns cells into values for `columns`, in that order; counts the cells it had to leave empty.

    *mapping*: column index as text → standard field, `own:<key>`, `consent_email:not`, `dial_code`, `skip`;
    *own_types*: key → FieldType; *country*: of phone numbers without prefix, when the row says none;
    *today*: nobody has consented later than that. `words`: (turned, word) about consent that nobody can
    read → cells. `notes`: what was said beside addresses and numbers that could be read → cells.
    """

    def __init__(
        self,
        mapping: Mapping[str, str],
        own_types: Mapping[str, str],
        country: str = "IT",
        today: date | None = None,
        choices: RowChoices = PLAIN,
    ) -> None:
        self.unreadable: Counter[str] = Counter()  # column index as text → cells left empty
        self.readable: Counter[str] = Counter()  # column index as text → cells that hold what they should
        self.notes: Counter[str] = Counter()
        self.unused: Counter[str] = Counter()  # no.<column index> … as of `count_refusals`
        self.erased: ErasedKeys | None = None  # whom to refuse; set by who knows the client
        self.answers: FileAnswers | None = None  # set for a whole file
        self.met: dict[str, set[str]] = {}  # own field that is a list → values met
        self.columns: list[str] = []
        self.own_keys: list[str] = []
        self._choices, self._country, self._today = choices, country, today
        self._plain: list[tuple[int, Callable[[str], Any], bool]] = []
        self._digested: list[tuple[str, list[int]]] = []
        self._own: list[tuple[int, str, Callable[[str], Any]]] = []
        targets: dict[str, list[int]] = {}
        for index, target in mapping.items():
            if target != SKIP:
                targets.setdefault(target, []).append(int(index))
        for medium, order in choices.feeding.items():
            if medium in targets:
                targets[medium] = sorted(targets[medium], key=[*order, *targets[medium]].index)
        self._identity = [index for name in _IDENTITY for index in targets.get(name, ())]
        self._country_at, self._dial_at = (targets.get(name, [None])[0] for name in ("country", DIAL_CODE))
        self._postcode_at = targets.get("postcode", [None])[0]
        answering = {
            index: target
            for target, found in targets.items()
            for index in found
            if field_of(target) in FIELDS
        }
        deciding = {field: order[0] for field, order in choices.feeding.items() if order}
        self._consent = ConsentColumns(answering, choices.meanings, choices.refused, deciding)
        self._add_plain(targets)
        self._add_own(targets, own_types)
        for medium in ("email", "mobile"):
            if medium in targets:
                self._digested.append((medium, targets[medium]))
                self.columns += [medium, f"{medium}_sha256", f"{medium}_reason"]
        self._lacks = [name for name in EVIDENCE if self._consent.fields and name not in targets]
        if self._consent.fields:
            self.columns += [*self._consent.fields, "consent_unread", *self._lacks]
        if self._own:
            self.columns.append("own_fields")
        self._digest_places = [n for n, name in enumerate(self.columns) if name.endswith("_sha256")]

    @property
    def words(self) -> Counter[tuple[bool, str]]:
        return self._consent.words

    def convert(self, cells: Sequence[str]) -> Values | None:
        """The values of one contact; dates are ISO text, own fields one JSON text. None for NOT_A_CONTACT."""
        return None if self.is_nobody(cells) else self.convert_all([cells])[0]

    def convert_all(self, rows: Sequence[Sequence[str]]) -> list[Values]:
        """`convert` for many at once, none of whom `is_nobody`: a column after the other, half the time."""
        places = countries(rows, self._country_at, self._dial_at, self._country)
        columns: list[Iterable[Any]] = [
            self._postcodes(rows, places)
            if places and index == self._postcode_at
            else self._read(rows, index, reader, clears)
            for index, reader, clears in self._plain
        ]
        for medium, indexes in self._digested:
            columns += self._digest(rows, medium, indexes, places)
        if self._consent.fields:
            columns += self._consent.read(rows)
            columns += [[None] * len(rows)] * len(self._lacks)
            self.unreadable.update(self._consent.unread)
            self._consent.unread.clear()
        for index in self._choices.unused:
            counted = count_refusals(row[index] for row in rows)
            self.unused.update({f"{kind}.{index}": count for kind, count in counted.items()})
        if self._own:
            columns.append(self._own_fields(rows))
        values = list(zip(*columns, strict=True)) if columns else [()] * len(rows)
        return self.answers.settle(values) if self.answers else values

    def is_nobody(self, cells: Sequence[str]) -> bool:
        """Whether a row has nothing that tells who it is."""
        return not any(cells[index] and read.read_text(cells[index]) for index in self._identity)

    def is_erased(self, values: Sequence[Any]) -> bool:
        """Whether *values*, of `convert`, are those of somebody who must not come back."""
        if self.erased is None or not self.erased.keys:
            return False
        return self.erased.any_of(values[place] for place in self._digest_places)

    def _add_plain(self, targets: Mapping[str, Sequence[int]]) -> None:
        readers = _standard_readers(self._country)
        for name, (index, *_) in targets.items():
            order = self._choices.date_orders.get(str(index))
            reader = readers.get(name)
            if name in ("birth_date", "consent_date"):
                reader = date_reader(order, self._today, is_birth=name == "birth_date")
            if reader:
                self._plain.append((index, reader, self._choices.clears and name not in _NEVER_CLEARED))
                self.columns.append(name)

    def _add_own(self, targets: Mapping[str, Sequence[int]], own_types: Mapping[str, str]) -> None:
        for target, (index, *_) in targets.items():
            if not target.startswith(OWN):
                continue
            key = target.removeprefix(OWN)
            kind = own_types[key]
            reader = (
                date_reader(self._choices.date_orders.get(str(index)), is_own=True)
                if kind == FieldType.DATE
                else _OWN_READERS[kind]
            )
            self.own_keys.append(key)
            self._own.append((index, key, reader))
            if kind == FieldType.LIST:
                self.met[key] = set()

    def _read(
        self, rows: Sequence[Sequence[str]], index: int, reader: Callable[[str], Any], clears: bool
    ) -> list[Any]:
        values = [reader(cells[index]) for cells in rows]
        unreadable = values.count(read.UNREADABLE)
        self.readable[str(index)] += len(values) - values.count(None) - unreadable
        if clears:
            values = [CLEARED if value is None else value for value in values]
        if unreadable:
            self.unreadable[str(index)] += unreadable
            return [None if value is read.UNREADABLE else value for value in values]
        return values

    def _postcodes(self, rows: Sequence[Sequence[str]], places: Sequence[Country]) -> list[Any]:
        """Only an Italian CAP gets back the zeros that Excel took."""
        at = self._postcode_at or 0
        found = [
            read.read_postcode(cells[at], country or "")
            for cells, (country, _) in zip(rows, places, strict=True)
        ]
        return [CLEARED if value is None else value for value in found] if self._choices.clears else found

    def _digest(
        self,
        rows: Sequence[Sequence[str]],
        medium: str,
        indexes: Sequence[int],
        places: Sequence[Country] | None,
    ) -> digests.DigestedColumn:
        notes: Counter[str] = Counter()
        found: digests.DigestedColumn | None = None
        for index in indexes:
            cells: Sequence[str] = [row[index] for row in rows]
            if medium == "email":
                one = digests.digest_emails(cells, notes)
            elif places is None:
                one = digests.digest_mobiles(cells, self._country, notes)
            else:
                one = digests.digest_mobiles(cells, places, notes)
            found = one if found is None else digests.first_valid(found, one)
        assert found is not None
        self.notes.update({f"{medium}.{note}": count for note, count in notes.items()})
        if self._choices.clears:
            cleared = [
                CLEARED if (reason or "").endswith("_empty") else typed
                for typed, reason in zip(found.typed, found.reason, strict=True)
            ]
            return found._replace(typed=cleared)  # type: ignore[arg-type]
        return found

    def _own_fields(self, rows: Sequence[Sequence[str]]) -> list[str]:
        keys = [key for _, key, _ in self._own]
        columns = [self._read(rows, index, reader, False) for index, _, reader in self._own]
        for key, values in zip(keys, columns, strict=True):
            if key in self.met:
                self._meet(key, values)
        if self._choices.clears:
            return self._cleared_fields(rows, columns)
        return [
            orjson.dumps(
                {key: value for key, value in zip(keys, values, strict=True) if value is not None}
            ).decode()
            for values in zip(*columns, strict=True)
        ]

    def _cleared_fields(self, rows: Sequence[Sequence[str]], columns: Sequence[Sequence[Any]]) -> list[str]:
        """The same with a null for each empty cell; one that could not be read says nothing."""
        found = []
        for cells, values in zip(rows, zip(*columns, strict=True), strict=True):
            row = {
                key: value
                for (index, key, _), value in zip(self._own, values, strict=True)
                if value is not None or read.read_text(cells[index]) is None
            }
            found.append(orjson.dumps(row).decode())
        return found

    def _meet(self, key: str, values: Sequence[str | None]) -> None:
        known = self.met[key]
        for value in dict.fromkeys(values):
            if value is not None and len(known) < MAX_CHOICES:
                known.add(value)


def _standard_readers(country: str) -> dict[str, Callable[[str], Any]]:
    return {
        "code": read.read_code,
        "first_name": _name,
        "last_name": _name,
        "gender": read.read_gender,
        "city": _name,
        "province": read.read_province,
        "postcode": partial(read.read_postcode, country=country),
        "country": read.read_country,
        "consent_source": _name,
    }


_name = lru_cache(maxsize=50_000)(read.read_text)  # few in a file, and the same again and again
