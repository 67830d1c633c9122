"""The list of contacts: which columns it has, for whom, and its rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from webapp.contacts import contact_ids
from webapp.contacts.fields import ADDRESS, Field
from webapp.contacts.models import ChosenColumns, Contact
from webapp.contacts.people.presenting import ShownDetail, email_of, field_text, mobile_of, present

USUAL = ("email", "mobile", "city", "consent")
ALWAYS = ("code", "first_name", "last_name")  # they make the first column
MOST = 12  # columns, so that a page stays a page


@dataclass(frozen=True, slots=True)
class Cell:
    """The cell of a column: *detail* for e-mails and mobiles, else *text*."""

    field: Field
    text: str = ""
    detail: ShownDetail | None = None


@dataclass(frozen=True, slots=True)
class ListedContact:
    public_id: str
    name: str
    code: str
    cells: list[Cell]


def may_be_chosen(fields: Sequence[Field]) -> list[Field]:
    return [field for field in fields if field.name not in ALWAYS]


def columns(
    session: Session, operator_id: int, database_id: int, fields: Sequence[Field], whole: bool
) -> list[Field]:
    """Those the operator chose, else the usual ones; who sees contacts masked has no others."""
    chosen = session.get(ChosenColumns, (operator_id, database_id)) if whole else None
    by_name = {field.name: field for field in may_be_chosen(fields)}
    names = [name for name in chosen.fields if name in by_name] if chosen else []
    return [by_name[name] for name in names or USUAL]


def choose(
    session: Session, operator_id: int, database_id: int, fields: Sequence[Field], names: Sequence[str]
) -> None:
    """Keep the choice, in the order fields have; none at all brings the usual ones back."""
    wanted = [field.name for field in may_be_chosen(fields) if field.name in set(names)][:MOST]
    kept = session.get(ChosenColumns, (operator_id, database_id))
    if kept is None:
        kept = ChosenColumns(operator_id=operator_id, database_id=database_id)
    kept.fields = wanted
    session.add(kept)


def listed(contact: Contact, fields: Sequence[Field], whole: bool) -> ListedContact:
    row = present(contact, whole)
    cells = [_cell(contact, field, whole) for field in fields]
    return ListedContact(contact_ids.public_id(row.id), row.name, row.code, cells)


def _cell(contact: Contact, field: Field, whole: bool) -> Cell:
    if field.type == ADDRESS:
        return Cell(field, detail=(email_of if field.name == "email" else mobile_of)(contact, whole))
    return Cell(field, field_text(contact, field))
