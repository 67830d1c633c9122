"""How the list of contacts is narrowed and put in order; it stands in the URL, for Back and for sharing."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlmodel import Session

from webapp.contacts.filters import counting
from webapp.contacts.folding import folded_text
from webapp.contacts.models import CONTACT, Contact
from webapp.contacts.people.contact_pages import PAGE_ROWS

COUNT_S = 0.3  # the total of what is narrowed; not said when it takes longer
MOST_BY_NAME = 20_000  # no index holds names in their order: so many are put in order at once


class Order(StrEnum):
    ARRIVED = "arrivo"
    NEWEST = "recenti"
    NAME = "nome"


class Data(StrEnum):
    """Which contacts, by whether what they are recognised by can be used."""

    ALL = "tutti"
    INVALID = "non-validi"
    VALID = "validi"
    UNDECIDED = "da-decidere"


ORDERS = {
    Order.ARRIVED: "In ordine di arrivo",
    Order.NEWEST: "Prima i più recenti",
    Order.NAME: "Per cognome e nome",
}
DATA = {
    Data.ALL: "Tutti",
    Data.INVALID: "Solo con dati non validi",
    Data.VALID: "Solo con email o cellulare validi",
    Data.UNDECIDED: "Solo con consenso da decidere",
}


@dataclass(frozen=True, slots=True)
class ListChoice:
    order: Order = Order.ARRIVED
    data: Data = Data.ALL
    page: int = 1  # of the order by name; the others go on from a contact

    @property
    def args(self) -> dict[str, str]:
        """Its query string; what is as usual is left out."""
        usual = {"ordine": Order.ARRIVED, "dati": Data.ALL}
        return {name: value for name, value in self.shown.items() if value != usual[name]}

    @property
    def shown(self) -> dict[str, str]:
        return {"ordine": self.order.value, "dati": self.data.value}


def read(args: Mapping[str, str]) -> ListChoice:
    """From a query string or form; what is not understood is as usual."""
    order, data, page = args.get("ordine"), args.get("dati"), args.get("pagina", "")
    return ListChoice(
        Order(order) if order in set(Order) else Order.ARRIVED,
        Data(data) if data in set(Data) else Data.ALL,
        max(1, int(page)) if page.isdecimal() and len(page) < 6 else 1,
    )


TOO_MANY_BY_NAME = (
    "Per cognome e nome si mettono in ordine fino a 20.000 contatti: questi sono in ordine di arrivo. "
    "Per trovare qualcuno usa la ricerca."
)


def orders(contacts: int) -> dict[Order, str]:
    """Those a database of so many *contacts* can be shown in, with their Italian words."""
    return {one: words for one, words in ORDERS.items() if one != Order.NAME or contacts <= MOST_BY_NAME}


def condition(data: Data) -> ColumnElement[bool]:
    email, mobile = CONTACT.c.email_sha256, CONTACT.c.mobile_sha256
    match data:
        case Data.INVALID:  # something is written there, and it cannot be used
            return or_(
                and_(CONTACT.c.email.is_not(None), email.is_(None)),
                and_(CONTACT.c.mobile.is_not(None), mobile.is_(None)),
            )
        case Data.VALID:
            return or_(email.is_not(None), mobile.is_not(None))
        case Data.UNDECIDED:
            return CONTACT.c.consent_unread.is_not(None)
    return true()


def count(session: Session, chosen: ColumnElement[bool]) -> int | None:
    """How many contacts are *chosen*; None when that takes longer than somebody waits for it."""
    found = counting.answer(session.connection(), select(func.count()).where(chosen), COUNT_S)
    return found[0] if found else None


def page_by_name(session: Session, chosen: ColumnElement[bool], number: int) -> list[Contact]:
    """Page *number* (from 1) by last and first name, whatever case and accents; who has none comes last."""
    names = [func.nullif(folded_text(CONTACT.c[one]), "") for one in ("last_name", "first_name")]
    order = [part for name in names for part in (name.is_(None), name)]
    wanted = select(Contact).where(chosen).order_by(*order, CONTACT.c.id)
    wanted = wanted.limit(PAGE_ROWS + 1).offset((number - 1) * PAGE_ROWS)
    return list(session.execute(wanted).scalars())
