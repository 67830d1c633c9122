"""The contacts of a database or of a filter as a file: one that this same program imports again as it is."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, select

from webapp import db
from webapp.contacts.answers import BY_HAND, is_turned, words_for
from webapp.contacts.fields import CONSENT, OWN, Field, FieldType
from webapp.contacts.models import CONTACT
from webapp.contacts.people.contact_form import NO, YES, number_text

READ_ROWS = 5_000


def rows(chosen: ColumnElement[bool], fields: Sequence[Field]) -> Iterator[list[str]]:
    """The labels of *fields*, then the contacts of *chosen* in the order they came, read as they are sent."""
    standard = [field for field in fields if not field.is_own]
    own = [field for field in fields if field.is_own]
    columns = [CONTACT.c[field.name] for field in standard]
    yield [field.label for field in (*standard, *own)]
    asked = [place for place, field in enumerate(standard) if field.type == CONSENT]
    query = (
        select(*columns, CONTACT.c.consent_unread, CONTACT.c.own_fields).where(chosen).order_by(CONTACT.c.id)
    )
    writers = [_writer(field) for field in (*standard, *own)]
    keys = [field.name.removeprefix(OWN) for field in own]
    with db.snapshot() as connection:
        result = connection.execute(query, execution_options={"yield_per": READ_ROWS})
        for part in result.partitions():
            for *values, unread, own_values in part:
                if unread is not None:
                    for place in asked:
                        values[place] = _unread(standard[place].name, values[place], unread)
                cells = (*values, *map(own_values.get, keys))
                yield [
                    "" if value is None else write(value) for write, value in zip(writers, cells, strict=True)
                ]


def _unread(field: str, stored: bool | None, unread: str) -> bool | str | None:
    """An answer, or the word nobody could read in its place, so that it comes back as such.

    A no stays one. A word of a column that says who is out would be read the other way round: it is not told.
    """
    words = words_for(field, unread)
    if stored is False or not words:
        return stored
    return BY_HAND if any(map(is_turned, words)) else next(iter(words.values()))


def _writer(field: Field) -> Callable[[Any], str]:
    if field.type == FieldType.NUMBER:
        return number_text
    if field.type == CONSENT:
        return lambda value: value if isinstance(value, str) else YES if value else NO
    if field.type == FieldType.YES_NO:
        return lambda value: YES if value else NO
    return _day if field.type == FieldType.DATE else str


def _day(value: date | str) -> str:
    """As Italian spreadsheets show it: 31/12/2026."""
    iso = str(value)
    return f"{iso[8:10]}/{iso[5:7]}/{iso[:4]}"
