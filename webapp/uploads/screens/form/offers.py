"""What the form of an upload offers: the source, the accounts, and how many would be sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import request
from sqlmodel import Session

from webapp import clock, db
from webapp.access.current import current_client, current_client_id
from webapp.contacts.filters.filter_rules import BrokenRule
from webapp.destinations import registry
from webapp.destinations.base import Account, Medium
from webapp.uploads import values
from webapp.uploads.screens import sources
from webapp.uploads.screens.form import forecast, forms, value_choice
from webapp.uploads.screens.form.forecast import Forecast, MediumCounts
from webapp.uploads.screens.form.forms import Draft
from webapp.uploads.screens.sources import Source
from webapp.values.texts import ROME


@dataclass(frozen=True, slots=True)
class Offer:
    """The choices of the form; *prospect* is None for a filter that cannot be evaluated.

    *counted*: the same of those who have the *value* asked for; *values*: name → label of what can be one.
    """

    source: Source
    accounts: list[Account]
    prospect: Forecast | None
    proposed: str
    counted: Forecast | None
    value: str
    values: Mapping[str, str]

    @property
    def client_id(self) -> int:
        return self.source.database.client_id

    def draft(self, given: Any) -> Draft:
        of = self.source.database
        prospect = self.prospect or NOBODY
        remembered = (of.identifiers, of.data_origin, self.value)
        return forms.read(given, prospect, self.accounts, self.proposed, *remembered)


NOBODY = Forecast(0, {medium: MediumCounts(0, 0) for medium in Medium}, ())


def offer(database_id: str, count: bool = True) -> Offer:
    on = today()
    with db.reading() as session:
        filtro = request.values.get("filtro") or None
        source = sources.find(session, current_client_id(), database_id, filtro)
        prospect = _prospect(session, source, on) if count else NOBODY
        fields = values.fields(session, db.saved_id(source.database))
        value = value_choice.asked(request.values, fields)
        is_counted = count and value in fields
        counted = _prospect(session, source, on, value) if is_counted else prospect
    filter_name = source.filter.name if source.filter else None
    proposed = forms.proposed_name(current_client().name, source.database.name, filter_name, on)
    accounts = registry.accounts(source.database.client_id)
    return Offer(source, accounts, prospect, proposed, counted, value, fields)


def today() -> date:
    return clock.now().astimezone(ROME).date()


def _prospect(session: Session, source: Source, on: date, value: str = "") -> Forecast | None:
    try:
        return forecast.forecast(session, source, on, value)
    except BrokenRule:
        return None
