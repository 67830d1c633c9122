"""What a person is worth: a number of the customer's own, sent to audiences that are made to take it.

An audience takes a value with every row or with none, which is settled when it is created (Meta sheet §3.1).
Who has no number that is not negative cannot be sent there, and is left out with that reason.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, case, literal
from sqlmodel import Session

from webapp.contacts import queries as contact_queries
from webapp.contacts.fields import FieldType
from webapp.contacts.own_numbers import number_of
from webapp.uploads.operations import Operation

MISSING, NEGATIVE = "no_value", "no_value.negative"  # reasons of `values.reasons`

ON_VALUE = (
    "È una custom audience basata sul valore, e questo caricamento non ne invia: "
    "scegli il campo del valore, oppure un’altra custom audience."
)
WITHOUT_VALUE = (
    "È nata senza il valore, e Facebook non le permette di riceverlo: "
    "togli il campo del valore, oppure crea una custom audience nuova."
)
NOT_REPLACED = (
    "Facebook non lascia sostituire un pubblico per valore: scegli Allinea, che aggiunge chi manca "
    "e toglie chi non c’è più."
)
NO_FIELD = "Il campo del valore non c’è più, o non è più un numero: sceglilo di nuovo."


def mismatch(operation: Operation, by_value: bool, sends_value: bool) -> str | None:
    """Why an upload does not fit an audience that is *by_value* or not, in Italian; None when it does."""
    if operation == Operation.REMOVE:
        return None
    if by_value != sends_value:
        return ON_VALUE if by_value else WITHOUT_VALUE
    return NOT_REPLACED if by_value and operation == Operation.REPLACE else None


def fields(session: Session, database_id: int) -> Mapping[str, str]:
    """Name → label of the fields that can be a value: the numbers among the database's own."""
    found = contact_queries.fields_of(session, database_id)
    return {one.name: one.label for one in found if one.is_own and one.type == FieldType.NUMBER}


def value_of(field: str) -> ColumnElement[Any]:
    return number_of(field)


def has_value(field: str) -> ColumnElement[bool]:
    """Whether a contact has a number in *field* that the destination can take. Never NULL."""
    return case((number_of(field) >= 0, literal(True)), else_=literal(False))


def why_no_value(field: str) -> ColumnElement[Any]:
    return case((number_of(field) < 0, NEGATIVE), else_=MISSING)
