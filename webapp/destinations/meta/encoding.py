"""Contacts → rows of Meta's keys, each value normalised and hashed once. PURE.

Places and dates come again and again: a million contacts hold some thousand of them. So what a few columns
become is looked up together, all their cells at once, and only values never met before are normalised.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import orjson

from webapp.destinations.base import (
    OF_MEDIUM,
    PLAIN_BYTES,
    PLAIN_KEYS,
    UNKNOWN,
    VALUE,
    VALUE_KEY,
    ContactRow,
    EncodedRows,
    Identifier,
    Medium,
    in_order,
)
from webapp.destinations.meta.keys import normalise, sha256

# Meta's keys for each datum. Source: Meta sheet §4.2. A birthday is three of them.
KEYS: Mapping[Identifier, tuple[str, ...]] = {
    Identifier.EMAIL: ("EMAIL",),
    Identifier.MOBILE: ("PHONE",),
    Identifier.FIRST_NAME: ("FN",),
    Identifier.LAST_NAME: ("LN",),
    Identifier.GENDER: ("GEN",),
    Identifier.BIRTH_DATE: ("DOBY", "DOBM", "DOBD"),
    Identifier.CITY: ("CT",),
    Identifier.PROVINCE: ("ST",),
    Identifier.POSTCODE: ("ZIP",),
    Identifier.COUNTRY: ("COUNTRY",),
    Identifier.CODE: ("EXTERN_ID",),
}
# Read otherwise in one country than in another (`keys.normalise`).
_BY_COUNTRY = {Identifier.GENDER, Identifier.PROVINCE, Identifier.POSTCODE}
# Looked up together: they stand side by side in `Identifier`, and who shares one often shares the others.
_PLACE = (Identifier.CITY, Identifier.PROVINCE, Identifier.POSTCODE, Identifier.COUNTRY)

# "rows in schema order, ≤ 10 000 per request". Source: Meta sheet §4.2, reference/custom-audience/users.
MAX_ROWS = 10_000
# Ours: larger bodies take a slow line longer than the time that a call has.
MAX_BODY_BYTES = 4_000_000
_CELL_BYTES = 64 + len('"",')
_PLAIN_CELL_BYTES = 2 * PLAIN_BYTES + len('"",')  # every quote in it has a backslash before it

REMEMBERED = 50_000  # values of one kind, some 10 MB

_Values = tuple[Any, ...]


class _Memory(dict[Any, bytes]):
    """The cells of values met before; emptied when it is full, so that memory stays flat."""

    def __init__(self, make: Callable[[Any], bytes]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, value: Any) -> bytes:
        if len(self) >= REMEMBERED:
            self.clear()
        made = self[value] = self._make(value)
        return made


@dataclass(frozen=True, slots=True)
class _Part:
    """Data that become cells side by side: *cells* of the values of *fields*, for each of *identifiers*."""

    identifiers: tuple[Identifier, ...]
    fields: tuple[str, ...]
    cells: Callable[[Any], bytes]

    def column(self, columns: Mapping[str, Sequence[Any]]) -> list[bytes]:
        if len(self.fields) == 1:
            return list(map(self.cells, columns[self.fields[0]]))
        return list(map(self.cells, zip(*(columns[field] for field in self.fields), strict=True)))

    def missing(self, column: Sequence[bytes]) -> dict[Identifier, int]:
        """How often each datum has no value. A date is known whole or not at all: its first cell tells."""
        if len(self.identifiers) == 1:
            return {
                self.identifiers[0]: sum(count for cell, count in _counted(column) if not cell.strip(b"\0"))
            }
        return {
            identifier: sum(count for cells, count in _counted(column) if cells[at : at + 32] == UNKNOWN)
            for at, identifier in zip(range(0, 32 * len(self.identifiers), 32), self.identifiers, strict=True)
        }


def _counted(column: Sequence[bytes]) -> Iterable[tuple[bytes, int]]:
    return Counter(column).items()


class MetaEncoder:
    """`base.Encoder` for Meta. What a value cannot be read as stays empty and never discards its row.

    *home*: ISO code of the country in which provinces, postcodes and genders of contacts are read that name
    no country; a country nobody can read makes it unknown: it is not Italy because it is odd.
    """

    def __init__(
        self,
        medium: Medium,
        identifiers: Collection[str] = (),
        home: str | None = None,
        by_value: bool = False,
    ) -> None:
        others = in_order(identifiers, medium)
        self._medium = medium
        self._home = home
        self._countries = _Memory(self._country_bytes)
        self._digests = _Memory(lambda known: _digest(*known))
        self._parts = self._made_parts(others)
        self.schema = tuple(chain(KEYS[OF_MEDIUM[medium]], *(KEYS[one] for one in others)))
        if by_value:
            self._parts.append(_Part((), (VALUE,), _value))
            self.schema += (VALUE_KEY,)
        wanted = dict.fromkeys(chain(*(part.fields for part in self._parts)))
        self.fields = tuple(field for field in wanted if field not in ("email", "mobile"))
        self.max_rows = max_rows(self.schema)
        self.missing: Counter[Identifier] = Counter()

    def encode(self, people: Sequence[ContactRow]) -> EncodedRows:
        """The rows of *people*, in their order. Raises TypeError for one without the digest of the medium."""
        at = 1 if self._medium == Medium.EMAIL else 2
        keys = [person[at] for person in people]
        if not self._parts or not people:
            return EncodedRows(self.schema, b"".join(keys))  # type: ignore[arg-type]
        names = ("id", "email", "mobile", *self.fields)
        columns = dict(zip(names, zip(*people, strict=True), strict=True))
        made: list[Sequence[Any]] = [keys]
        for part in self._parts:
            column = part.column(columns)
            self.missing.update(part.missing(column))
            made.append(column)
        return EncodedRows(self.schema, b"".join(chain.from_iterable(zip(*made, strict=True))))

    def _made_parts(self, identifiers: Sequence[Identifier]) -> list[_Part]:
        parts: list[_Part] = []
        place = tuple(one for one in identifiers if one in _PLACE)
        for one in identifiers:
            if one in OF_MEDIUM.values():
                parts.append(_Part((one,), (one.value,), lambda digest: digest or UNKNOWN))
            elif one == Identifier.CODE:
                parts.append(_Part((one,), (one.value,), _plain))
            elif one not in place:
                parts.append(self._looked_up((one,)))
            elif one == place[0]:
                parts.append(self._looked_up(place))
        return parts

    def _looked_up(self, identifiers: tuple[Identifier, ...]) -> _Part:
        fields = tuple(one.value for one in identifiers)
        needs_country = not _BY_COUNTRY.isdisjoint(identifiers) and Identifier.COUNTRY not in identifiers
        fields += (Identifier.COUNTRY.value,) if needs_country else ()

        def cells(values: Any) -> bytes:
            return self._cells(identifiers, dict(zip(fields, _several(values, fields), strict=True)))

        return _Part(identifiers, fields, _Memory(cells).__getitem__)

    def _cells(self, identifiers: Sequence[Identifier], values: Mapping[str, Any]) -> bytes:
        country = None
        if not _BY_COUNTRY.isdisjoint(identifiers):
            country = self._countries[values["country"]].decode() or None
        return b"".join(
            self._digests[key, values[one], country if one in _BY_COUNTRY else None]
            for one in identifiers
            for key in KEYS[one]
        )

    def _country_bytes(self, raw: Any) -> bytes:
        """The ISO code in which values beside the country *raw* are read; empty when nobody knows."""
        if raw is None or not str(raw).strip():
            return (self._home or "").encode()
        return (normalise("COUNTRY", str(raw)).value or "").upper().encode()


def max_rows(schema: Sequence[str]) -> int:
    """How many rows of *schema* one request may hold, by Meta's count and by the size of their JSON."""
    plain = len(PLAIN_KEYS.intersection(schema))
    row = len("[],") + plain * _PLAIN_CELL_BYTES + (len(schema) - plain) * _CELL_BYTES
    return min(MAX_ROWS, MAX_BODY_BYTES // row)


def _several(values: Any, fields: Sequence[str]) -> _Values:
    return (values,) if len(fields) == 1 else tuple(values)


def _digest(key: str, raw: Any, country: str | None) -> bytes:
    """32 bytes, zero when *raw* cannot be read for certain. Dates are ISO text, or a `date`."""
    value = None if raw is None else normalise(key, str(raw), country).value
    return bytes.fromhex(sha256(key, value) or "") if value else UNKNOWN


def _value(raw: Any) -> bytes:
    """The number *raw* as JSON, zero bytes for none. Source: Meta sheet §4.2, not negative."""
    if raw is None:
        return UNKNOWN
    number = float(raw)
    return orjson.dumps(int(number) if number.is_integer() else number).ljust(len(UNKNOWN), b"\0")


def _plain(raw: Any) -> bytes:
    """A customer's code in clear; one that is too long for its cell is no code, and its cell stays empty."""
    value = None if raw is None else normalise("EXTERN_ID", str(raw)).value
    cell = (value or "").encode()
    return (cell if len(cell) <= PLAIN_BYTES else b"").ljust(PLAIN_BYTES, b"\0")
