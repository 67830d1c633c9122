"""Rows of a file → values of `contact` columns, along a mapping made once for the whole file. PURE."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache, partial
from typing import Any, NamedTuple

import orjson

from webapp.contacts import cells as read
from webapp.contacts.erasure.erased_keys import ErasedKeys
from webapp.contacts.fields import OWN, SKIP, FieldType
from webapp.values.emails import read_email
from webapp.values.formulas import unescape
from webapp.values.phones import read_mobile
from webapp.values.readings import Reading

ERASED = "erased"  # the person asked for their data to be erased
NOT_A_CONTACT = "not_a_contact"  # no code, no e-mail, no mobile, no name

_IDENTITY = ("code", "email", "mobile", "first_name", "last_name")
_OWN_READERS: dict[str, Callable[[str], Any]] = {
    FieldType.TEXT: read.read_text,
    FieldType.NUMBER: read.read_number,
    FieldType.DATE: read.read_date,
    FieldType.YES_NO: read.read_yes_no,
    FieldType.LIST: read.read_text,
}
MAX_CHOICES = 200  # of a list: whoever has more should have said text


Values = tuple[Any, ...]  # of a contact, in the order of `RowConverter.columns`


class Digested(NamedTuple):
    """An e-mail or mobile as stored: as typed, its SHA-256 digest (32 bytes) or the reason there is none."""

    typed: str | None
    sha256: bytes | None
    reason: str | None


# The same of many, each part a list of its own: a tuple for every cell costs as much as reading it.
DigestedColumn = tuple[list[str | None], list[bytes | None], list[str | None]]


class RowConverter:
    """Turns cells into values for `columns`, in that order; counts the cells it had to leave empty.

    *mapping*: column index as text → standard field, `own:<key>` or `skip`; *own_types*: key → FieldType;
    *country*: of phone numbers without prefix; *today*: nobody has consented later than that.
    """

    def __init__(
        self,
        mapping: Mapping[str, str],
        own_types: Mapping[str, str],
        country: str = "IT",
        today: date | None = None,
    ) -> None:
        self.unreadable: Counter[str] = Counter()  # column index as text → cells left empty
        self.erased: ErasedKeys | None = None  # whom to refuse; set by who knows the client
        self.met: dict[str, set[str]] = {}  # own field that is a list → values met
        self.columns: list[str] = []
        self.own_keys: list[str] = []
        self._plain: list[tuple[int, Callable[[str], Any]]] = []
        self._digested: list[tuple[int, Callable[[Sequence[str]], DigestedColumn]]] = []
        self._own: list[tuple[int, str, Callable[[str], Any]]] = []
        readers = _standard_readers(country, today)
        targets = {target: int(index) for index, target in mapping.items() if target != SKIP}
        self._identity = [targets[field] for field in _IDENTITY if field in targets]
        for field, index in targets.items():
            if field in readers:
                self._plain.append((index, readers[field]))
                self.columns.append(field)
            elif field.startswith(OWN):
                key = field.removeprefix(OWN)
                self.own_keys.append(key)
                self._own.append((index, key, _OWN_READERS[own_types[key]]))
                if own_types[key] == FieldType.LIST:
                    self.met[key] = set()
        for field, reader in _digesters(country).items():
            if field in targets:
                self._digested.append((targets[field], reader))
                self.columns += [field, f"{field}_sha256", f"{field}_reason"]
        if self._own:
            self.columns.append("own_fields")
        self._digest_places = [n for n, name in enumerate(self.columns) if name.endswith("_sha256")]

    def convert(self, cells: Sequence[str]) -> Values | None:
        """The values of one contact; dates are ISO text, own fields one JSON text. None for NOT_A_CONTACT."""
        return None if self.is_nobody(cells) else self.convert_all([cells])[0]

    def convert_all(self, rows: Sequence[Sequence[str]]) -> list[Values]:
        """`convert` for many at once, none of whom `is_nobody`: a column after the other, half the time."""
        columns: list[Iterable[Any]] = [self._read(rows, index, reader) for index, reader in self._plain]
        for index, digest in self._digested:
            columns += digest([cells[index] for cells in rows])
        if self._own:
            columns.append(self._own_fields(rows))
        return list(zip(*columns, strict=True)) if columns else [()] * len(rows)

    def is_nobody(self, cells: Sequence[str]) -> bool:
        """Whether a row has nothing that tells who it is."""
        return not any(cells[index] and read.read_text(cells[index]) for index in self._identity)

    def is_erased(self, values: Sequence[Any]) -> bool:
        """Whether *values*, of `convert`, are those of somebody who must not come back."""
        if self.erased is None or not self.erased.keys:
            return False
        return self.erased.any_of(values[place] for place in self._digest_places)

    def _read(self, rows: Sequence[Sequence[str]], index: int, reader: Callable[[str], Any]) -> list[Any]:
        values = [reader(cells[index]) for cells in rows]
        if unreadable := values.count(read.UNREADABLE):
            self.unreadable[str(index)] += unreadable
            return [None if value is read.UNREADABLE else value for value in values]
        return values

    def _own_fields(self, rows: Sequence[Sequence[str]]) -> list[str]:
        keys = [key for _, key, _ in self._own]
        columns = [self._read(rows, index, reader) for index, _, reader in self._own]
        for key, values in zip(keys, columns, strict=True):
            if key in self.met:
                self._meet(key, values)
        return [
            orjson.dumps(
                {key: value for key, value in zip(keys, values, strict=True) if value is not None}
            ).decode()
            for values in zip(*columns, strict=True)
        ]

    def _meet(self, key: str, values: Sequence[str | None]) -> None:
        known = self.met[key]
        for value in dict.fromkeys(values):
            if value is not None and len(known) < MAX_CHOICES:
                known.add(value)


def digest_email(cell: str) -> Digested:
    return _only(_digest_emails([cell]))


def digest_mobile(cell: str, country: str = "IT") -> Digested:
    return _only(_digest_mobiles([cell], country))


def _digest_emails(cells: Sequence[str]) -> DigestedColumn:
    # An export puts an apostrophe before an address that begins as a formula does.
    plain = [unescape(cell) if cell.startswith("'") else cell for cell in cells]
    return _digest(plain, [read_email(cell) for cell in plain])


def _digest_mobiles(cells: Sequence[str], country: str) -> DigestedColumn:
    return _digest(cells, [read_mobile(cell, country) for cell in cells])


def _digest(cells: Sequence[str], readings: Sequence[Reading]) -> DigestedColumn:
    return (
        [read.read_text(cell) for cell in cells],
        [None if value is None else hashlib.sha256(value.encode()).digest() for value, _, _ in readings],
        [reason for _, reason, _ in readings],
    )


def _only(column: DigestedColumn) -> Digested:
    typed, sha256, reason = column
    return Digested(typed[0], sha256[0], reason[0])


def _standard_readers(country: str, today: date | None) -> dict[str, Callable[[str], Any]]:
    return {
        "code": read.read_code,
        "first_name": _name,
        "last_name": _name,
        "gender": read.read_gender,
        "city": _name,
        "province": read.read_province,
        "postcode": partial(read.read_postcode, country=country),
        "country": read.read_country,
        "birth_date": partial(_iso_birth, today=today),
        "consent": read.read_consent,
        "consent_date": partial(_date_until, today=today),
        "consent_source": _name,
    }


_name = lru_cache(maxsize=50_000)(read.read_text)  # few in a file, and the same again and again


def _digesters(country: str) -> dict[str, Callable[[Sequence[str]], DigestedColumn]]:
    return {"email": _digest_emails, "mobile": partial(_digest_mobiles, country=country)}


def _date_until(cell: str, today: date | None) -> Any:
    value = _iso_date(cell)
    is_later = isinstance(value, str) and today is not None and value > today.isoformat()
    return read.UNREADABLE if is_later else value


@lru_cache(maxsize=50_000)
def _iso_date(cell: str) -> Any:
    return _iso(read.read_date(cell, serial=True))


@lru_cache(maxsize=50_000)
def _iso_birth(cell: str, today: date | None) -> Any:
    return _iso(read.read_birth_date(cell, today=today))


def _iso(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
