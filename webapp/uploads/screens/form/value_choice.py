""" "Valore": the own field that says what each person is worth, for audiences that are made by value."""

from collections.abc import Mapping

from webapp.uploads import problems as reasons
from webapp.uploads import values
from webapp.uploads.operations import Operation
from webapp.uploads.screens.form import forms
from webapp.uploads.screens.form.audience_list import Listing
from webapp.uploads.screens.form.forecast import Forecast
from webapp.uploads.screens.form.forms import Draft

NONE = ("", "Nessun valore")
HINT_NEW = (
    "La custom audience nasce basata sul valore, e per sempre: serve a chi ne fa un pubblico simile per "
    "valore. Chi non ha un numero da zero in su resta fuori, tra gli scarti."
)
HINT_EXISTING = "Solo se la custom audience è nata basata sul valore: le altre non lo accettano."


def options(fields: Mapping[str, str]) -> list[tuple[str, str]]:
    """Of the select; *fields*: name → label of the numbers among the database's own fields."""
    return [NONE, *fields.items()]


def asked(form: Mapping[str, str], fields: Mapping[str, str]) -> str:
    """The field that *form* names, "" for none and where nobody is sent; it may be one that nobody knows."""
    if form.get("come") == Operation.REMOVE or not fields and not form.get("valore"):
        return ""
    return form.get("valore", "")[:200]


def problems(draft: Draft, fields: Mapping[str, str], listing: Listing | None) -> dict[str, str]:
    """Field of the form → what is wrong with the value. *listing*: a new reading of the audiences."""
    if draft.takes_out:
        return {}
    if draft.value and draft.value not in fields:
        return {"valore": values.NO_FIELD}
    chosen = None if draft.is_new or listing is None else listing.find(draft.audience)
    if chosen is None or chosen.unsuitable:
        return {}
    wrong = values.mismatch(draft.operation, chosen.by_value, bool(draft.value))
    return {"valore" if fields else "audience": wrong} if wrong else {}


def who(draft: Draft, fields: Mapping[str, str]) -> str:
    """After “Verranno inviati 3.000 utenti.”: which ones, when a value goes with them."""
    return f"Solo chi ha un numero in “{fields[draft.value]}”." if draft.value in fields else ""


def nobody(
    draft: Draft, fields: Mapping[str, str], prospect: Forecast | None, counted: Forecast | None
) -> str:
    """Why there is nobody to send. *prospect*: with and without a value, *counted*: of who has it."""
    if prospect is None or counted is None:
        return ""
    if draft.value in fields and forms.users(draft, prospect):
        return reasons.nobody_with_value(fields[draft.value]).what
    return forms.no_contact(draft.medium, counted, draft.policy)
