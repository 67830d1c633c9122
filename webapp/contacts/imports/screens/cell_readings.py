"""Each cell of a column, read as the field it goes to: good, empty, or why it cannot be used. PURE.

The reasons are those of the readers of an import, in as few words as fit beside an example.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from phonenumbers import SUPPORTED_REGIONS

from webapp.contacts import cells as read
from webapp.contacts.answers import FIELDS, field_of, is_turned
from webapp.contacts.cells import DateOrder
from webapp.contacts.fields import OWN, STANDARD_BY_NAME, FieldType
from webapp.contacts.store.consent_cells import Meanings, read_answer
from webapp.contacts.store.date_cells import date_reader
from webapp.contacts.store.digests import DigestedColumn, digest_emails, digest_mobiles
from webapp.contacts.store.row_countries import Country
from webapp.values.masking import mask
from webapp.values.reasons import explain

GOOD = ""
UNDECIDED = "da decidere"
NO_COUNTRY = "paese non riconosciuto"
EXAMPLE_CHARS = 40

_TWO_NUMBERS = re.compile(r"([0-9]{1,4})[/.-]([0-9]{1,2})[/.-]([0-9]{1,4})").fullmatch
_HINT = re.compile(r" \(per esempio .*\)$")
_WRONG = {
    FieldType.NUMBER: "non è un numero",
    FieldType.YES_NO: "non è un sì o un no",
    "gender": "non si capisce se è F o M",
    "province": "non è una provincia",
    "postcode": "non è un CAP",
}


@dataclass(frozen=True, slots=True)
class Frame:
    """What the cells of a file are read with, beside their field.

    *latest*: the last day a date may have. *types*: own field → its type. *orders*: column index as text →
    of its dates. *places*: of the phone numbers of each row, None when all are of *country*.
    """

    latest: date
    country: str = "IT"
    types: Mapping[str, str] = field(default_factory=dict)
    orders: Mapping[str, str] = field(default_factory=dict)
    meanings: Meanings = field(default_factory=dict)
    places: Sequence[Country] | None = None


def digested(medium: str, cells: Sequence[str], frame: Frame) -> DigestedColumn:
    """The cells of a column as e-mails, or as mobiles. *medium*: email or mobile."""
    if medium == "email":
        return digest_emails(cells, Counter())
    return digest_mobiles(cells, frame.places or frame.country, Counter())


def media_readings(column: DigestedColumn) -> list[str | None]:
    """The same as `readings`, of e-mails or mobiles."""
    return [
        GOOD if digest is not None else None if (reason or "").endswith("_empty") else short(reason or "")
        for digest, reason in zip(column.sha256, column.reason, strict=True)
    ]


def readings(target: str, index: str, cells: Sequence[str], frame: Frame) -> list[str | None]:
    """For each cell GOOD, None when it is empty, else why it is not used, in Italian.

    *target* as of `ContactImport.mapping`, but neither email nor mobile; *index*: of the column, as text.
    """
    if field_of(target) in FIELDS:
        return [_consent(cell, is_turned(target), frame.meanings) for cell in cells]
    if target == "country":
        return [_known(cell, _is_country, NO_COUNTRY) for cell in cells]
    if target == "dial_code":
        return [_known(cell, _is_dial_code, "prefisso non riconosciuto") for cell in cells]
    kind = kind_of(target, frame.types)
    if kind == FieldType.DATE:
        return _dates(target, cells, frame.orders.get(index), frame.latest)
    reader = _reader(target, kind, frame.country)
    wrong = _WRONG.get(target) or _WRONG.get(kind, "")
    return [
        None if value is None else wrong if value is read.UNREADABLE else GOOD
        for value in (reader(cell) for cell in cells)
    ]


def kind_of(target: str, types: Mapping[str, str]) -> str:
    """A FieldType, or what else a field is; text for a column that is left out."""
    if target.startswith("new:"):
        return target.removeprefix("new:")
    if target.startswith(OWN):
        return types.get(target.removeprefix(OWN), FieldType.TEXT)
    named = STANDARD_BY_NAME.get(field_of(target))
    return named.type if named else FieldType.TEXT


def short(reason: str) -> str:
    """`email_invalid.no_at` → manca la chiocciola; without the example, for one stands beside it."""
    if reason.endswith("_empty"):
        return "cella vuota"
    said = explain(reason)
    head, colon, detail = said.partition(": ")
    if reason == "phone_landline" or not colon:
        return head
    return _HINT.sub("", detail)


def example(target: str, cell: str, kind: str = FieldType.TEXT) -> str:
    """A cell as it is shown: nothing that tells who somebody is, and not longer than 40 characters.

    *kind*: of the field, as of `kind_of`; eight digits may be anybody's number, except in a date or a code.
    """
    text = " ".join(cell.split())
    digits = sum(character.isdigit() for character in text)
    is_person = target in ("email", "mobile", "first_name", "last_name")
    may_be_person = digits > 7 and target != "code" and kind != FieldType.DATE
    if is_person or "@" in text or may_be_person:
        text = mask(text)
    return text if len(text) <= EXAMPLE_CHARS else text[: EXAMPLE_CHARS - 1] + "…"


def _consent(cell: str, turned: bool, meanings: Meanings) -> str | None:
    said = read_answer(cell, turned, meanings)
    if said.word is not None:
        return UNDECIDED
    return None if said.answer is None and read.read_text(cell) is None else GOOD


def _known(cell: str, is_known: Callable[[str], bool], wrong: str) -> str | None:
    return None if read.read_text(cell) is None else GOOD if is_known(cell) else wrong


def _is_country(cell: str) -> bool:
    return (read.read_country(cell) or "") in SUPPORTED_REGIONS


def _is_dial_code(cell: str) -> bool:
    return read.dialling_country(cell) is not None


def _dates(target: str, cells: Sequence[str], order: str | None, latest: date) -> list[str | None]:
    is_own = target not in ("birth_date", "consent_date")
    reader = date_reader(order, None if is_own else latest, is_birth=target == "birth_date", is_own=is_own)
    return [
        None if value is None else _why_no_date(cell, order, latest) if value is read.UNREADABLE else GOOD
        for cell, value in ((cell, reader(cell)) for cell in cells)
    ]


def _why_no_date(cell: str, order: str | None, latest: date) -> str:
    in_order = DateOrder(order or DateOrder.DAY_FIRST)
    found = read.read_date(cell, in_order, serial=True)
    if isinstance(found, date):
        return "è nel futuro" if found > latest else "non è una data"
    if in_order is DateOrder.MIXED and read.read_date(cell) is not read.UNREADABLE:
        return "si legge in due modi"
    return "giorno che non esiste" if _TWO_NUMBERS(cell.strip()) else "non è una data"


def _reader(target: str, kind: str, country: str) -> Callable[[str], object]:
    if target == "postcode":
        return lambda cell: read.read_postcode(cell, country)
    named: Mapping[str, Callable[[str], object]] = {
        "code": read.read_code,
        "gender": read.read_gender,
        "province": read.read_province,
    }
    by_kind: Mapping[str, Callable[[str], object]] = {
        FieldType.NUMBER: read.read_number,
        FieldType.YES_NO: read.read_yes_no,
    }
    return named.get(target) or by_kind.get(kind) or read.read_text
