"""A contact typed by hand: what stands in the form, and the row its fields make, as an import would. PURE."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from webapp.contacts.answers import BY_HAND, Answer, answer_in
from webapp.contacts.cells import MAX_CELL_CHARS
from webapp.contacts.erasure.erased_keys import ErasedKeys
from webapp.contacts.fields import CONSENT, OWN, Field, FieldType
from webapp.contacts.models import Contact
from webapp.contacts.store.row_converter import RowConverter, Values
from webapp.values.formulas import escape, unescape

YES, NO = "sì", "no"
ANSWERS = {Answer.YES: YES, Answer.NO: NO, Answer.UNDECIDED: BY_HAND, Answer.NONE: ""}
NOBODY = "Scrivi almeno un codice, un’email, un cellulare o un nome."
CODE_TAKEN = "C’è già un contatto con questo codice."
WAS_ERASED = "Questa persona ha chiesto la cancellazione dei suoi dati: non si può reinserire."
TOO_LONG = f"Usa al massimo {MAX_CELL_CHARS} caratteri."
UNREADABLE = {
    FieldType.NUMBER: "Scrivi un numero, per esempio 150,00.",
    FieldType.DATE: "Scrivi una data che esiste, per esempio 31/12/2026.",
}
CHANGED_MEANWHILE = (
    "Nel frattempo il contatto è cambiato: guarda i valori di adesso, correggi di nuovo e salva."
)
CONSENT_LATER = "Scrivi una data che esiste e che non è nel futuro, per esempio 31/12/2025."
NOT_AMONG = "Scegli uno dei valori proposti."


@dataclass(frozen=True, slots=True)
class TypedRow:
    """Values for `columns` of a contact, as `contact_inserts` wants them; *own_keys* as there.

    *answers*: field of consent → one of ANSWERS' texts; written by themselves (`by_hand`).
    """

    columns: tuple[str, ...]
    own_keys: tuple[str, ...]
    values: Values
    answers: Mapping[str, str]


def control_id(field: Field) -> str:
    """Name and id of the control of *field*."""
    return "campo-" + field.name.replace(":", "-")


def read(form: Mapping[str, str], fields: Sequence[Field]) -> dict[str, str]:
    """Field name → what was typed."""
    return {field.name: form.get(control_id(field), "").replace("\0", "").strip() for field in fields}


def as_typed(contact: Contact, field: Field) -> str:
    """The value of *field* as somebody would type it; dates as date fields want them, ISO."""
    if field.type == CONSENT:
        return ANSWERS[answer_in(field.name, getattr(contact, field.name), contact.consent_unread)]
    value = value_of(contact, field)
    if value is None:
        return ""
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, date):
        return value.isoformat()
    return number_text(value) if isinstance(value, int | float) else str(value)


def value_of(contact: Contact, field: Field) -> Any:
    return (
        contact.own_fields.get(field.name.removeprefix(OWN)) if field.is_own else getattr(contact, field.name)
    )


def number_text(value: int | float) -> str:
    """1459.26 → 1459,26: without thousands and exponents, so that it is read as the same number."""
    return f"{Decimal(repr(value)):f}".replace(".", ",")


def row_of(
    typed: Mapping[str, str],
    fields: Sequence[Field],
    country: str,
    today: date,
    erased: ErasedKeys | None = None,
) -> tuple[TypedRow | None, dict[str, str]]:
    """(the row, {}) or (None, control id → what to correct). *erased*: whom not to take in again."""
    asked = [field for field in fields if field.type == CONSENT]
    fields = [field for field in fields if field.type != CONSENT]
    own_types = {field.name.removeprefix(OWN): field.type for field in fields if field.is_own}
    mapping = {str(index): field.name for index, field in enumerate(fields)}
    converter = RowConverter(mapping, own_types, country, today)
    values = converter.convert([_cell(typed[field.name]) for field in fields])
    errors = {control_id(fields[int(index)]): _wrong(fields[int(index)]) for index in converter.unreadable}
    for field in fields:
        if len(typed[field.name]) > MAX_CELL_CHARS:
            errors[control_id(field)] = TOO_LONG
    if values is None:
        errors = {control_id(fields[0]): NOBODY}
    elif erased is not None:
        converter.erased = erased
        if converter.is_erased(values):
            errors["campo-email"] = WAS_ERASED
    answered = {field.name: typed[field.name] for field in asked}
    wrong = [field for field in asked if answered[field.name] not in ANSWERS.values()]
    errors |= {control_id(field): NOT_AMONG for field in wrong}
    if errors or values is None:
        return None, errors
    return TypedRow(tuple(converter.columns), tuple(converter.own_keys), values, answered), {}


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Names of the fields whose text is another."""
    return [name for name, text in after.items() if text != before[name]]


def _cell(text: str) -> str:
    """So that reading it as the cell of a file leaves every character where it is."""
    return escape(text) if unescape(text) != text else text


def _wrong(field: Field) -> str:
    if field.name == "consent_date":
        return CONSENT_LATER
    return UNREADABLE.get(FieldType(field.type), NOT_AMONG) if field.type in set(FieldType) else NOT_AMONG
