"""Values that contacts have, offered while a condition is typed: a misspelt town chooses nobody."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select
from sqlmodel import Session

from webapp.contacts.cells import fold
from webapp.contacts.filters import counting
from webapp.contacts.models import CONTACT

# Where someone lives, where a consent comes from. Never what names one person, nor a customer's own texts.
OFFERED = frozenset({"city", "province", "postcode", "country", "consent_source"})
LOOKED_AT = 20_000  # the newest contacts: read within some 20 ms, however many there are
MOST = 100
PATIENCE_S = 0.3


class Suggestion(NamedTuple):
    """*contacts* have it; None where not all contacts were looked at."""

    value: str
    contacts: int | None


def suggested(session: Session, database_id: int, fields: Iterable[str]) -> dict[str, list[Suggestion]]:
    """Field → its values, the most frequent first; nothing for a field that takes too long to read."""
    return {name: _values(session, database_id, name) for name in sorted(OFFERED & set(fields))}


def _values(session: Session, database_id: int, field: str) -> list[Suggestion]:
    newest = (
        select(CONTACT.c[field].label("value"))
        .where(CONTACT.c.database_id == database_id)
        .order_by(CONTACT.c.id.desc())
        .limit(LOOKED_AT)
        .subquery()
    )
    counts: Select[Any] = select(newest.c.value, func.count()).group_by(newest.c.value)
    found: Sequence[Any] = counting.within(session.connection(), counts, PATIENCE_S) or ()
    whole = sum(row[1] for row in found) < LOOKED_AT
    contacts: Counter[str] = Counter()
    spelt: dict[str, str] = {}  # a filter looks at neither case nor accents: one of a kind is enough
    for value, count in sorted(found, key=lambda one: (-one[1], one[0] or "")):
        if value:
            contacts[spelt.setdefault(fold(value), value)] += count
    return [Suggestion(value, count if whole else None) for value, count in contacts.most_common(MOST)]
