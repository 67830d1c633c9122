"""What an upload sends of a contact: by which data, and the rows it becomes. PURE."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

DIGEST_BYTES = 32
UNKNOWN = bytes(DIGEST_BYTES)  # a row's cell that has no value: sent as the empty string, never hashed
# A cell of a key that is sent in clear: UTF-8, filled up with zero bytes. UUIDs and the codes of shops fit.
PLAIN_BYTES = 128
PLAIN_KEYS = frozenset({"EXTERN_ID"})
# What a person is worth, in clear too: the JSON of a number, in a cell as wide as a digest. Always last.
VALUE_KEY = "LOOKALIKE_VALUE"
VALUE = "value"  # the field of a contact by which an `Encoder` asks for it


class Medium(StrEnum):
    """Which contact detail an upload matches people by."""

    EMAIL = "email"
    SMS = "sms"


class Identifier(StrEnum):
    """A datum of a contact by which a destination can recognise the person: the name of the contact's field.

    In the order in which they are offered and sent.
    """

    EMAIL = "email"
    MOBILE = "mobile"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    GENDER = "gender"
    BIRTH_DATE = "birth_date"
    CITY = "city"
    PROVINCE = "province"
    POSTCODE = "postcode"
    COUNTRY = "country"
    CODE = "code"


OF_MEDIUM = {Medium.EMAIL: Identifier.EMAIL, Medium.SMS: Identifier.MOBILE}
OTHER_MEDIUM = {Medium.EMAIL: Medium.SMS, Medium.SMS: Medium.EMAIL}

# One contact as an upload reads it: its id, the SHA-256 digests of its normalised e-mail and mobile, 32
# bytes each, and the values of the fields that the `Encoder` asks for. No class: to make a million of its
# objects would take as long as to read them.
ContactRow = tuple[int, bytes | None, bytes | None, *tuple[Any, ...]]


def in_order(identifiers: Collection[str], medium: Medium) -> list[Identifier]:
    """*identifiers* as an upload by *medium* sends them beside its key: the other medium first."""
    return [one for one in Identifier if one in identifiers and one != OF_MEDIUM[medium]]


@dataclass(frozen=True, slots=True)
class EncodedRows:
    """Rows as they will be sent: the same bytes however often they are repeated.

    *schema* names the destination's keys in column order: the key of the medium first, which no row lacks,
    and the other medium's second where it is sent too. *digests* holds the rows one after the other,
    `DIGEST_BYTES` per cell, `PLAIN_BYTES` per cell of `PLAIN_KEYS`; zero bytes where there is no value. In
    the column of `VALUE_KEY` it is no digest that stands there but a number.
    """

    schema: tuple[str, ...]
    digests: bytes

    def __len__(self) -> int:
        return len(self.digests) // self.row_bytes

    @property
    def row_bytes(self) -> int:
        return self._place(len(self.schema))

    def part(self, start: int, stop: int) -> "EncodedRows":
        """Rows *start* to *stop* (exclusive, counted from 0), for halving a batch that is too large."""
        width = self.row_bytes
        return EncodedRows(self.schema, self.digests[start * width : stop * width])

    def rows(self) -> list[bytes]:
        width = self.row_bytes
        return [self.digests[at : at + width] for at in range(0, len(self.digests), width)]

    def column(self, number: int) -> list[bytes]:
        """The cells of the column *number* (from 0), one a row."""
        width, start, stop = self.row_bytes, self._place(number), self._place(number + 1)
        return [self.digests[at + start : at + stop] for at in range(0, len(self.digests), width)]

    def blanked(self, row: bytes, numbers: Collection[int]) -> bytes:
        """*row*, one of `rows`, without its values in the columns *numbers*."""
        cells = bytearray(row)
        for number in numbers:
            start, stop = self._place(number), self._place(number + 1)
            cells[start:stop] = bytes(stop - start)
        return bytes(cells)

    def _place(self, number: int) -> int:
        """Where the cell *number* begins within a row."""
        plain = len(PLAIN_KEYS.intersection(self.schema[:number]))
        return DIGEST_BYTES * number + (PLAIN_BYTES - DIGEST_BYTES) * plain
