"""How many contacts stand behind each condition of a rule: one scan of the database finds all the numbers.

    each contact → each condition decided once, as a column → sums over the columns

A scan of millions does not fit into a request. It goes on where the one before stopped:

    begin → Scan ──┐
      Scan ─ go_on ┘ … until it is whole
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from time import monotonic
from typing import Any

from sqlalchemy import Boolean, Connection, Select, and_, case, column, func, select

from webapp import db
from webapp.contacts.filters import counting
from webapp.contacts.filters.counting import Counts
from webapp.contacts.filters.filter_rules import Condition
from webapp.contacts.filters.selection import Clause, condition_clause
from webapp.contacts.models import CONTACT

FIRST = 5_000  # contacts that tell how long all would take
MOST, FEWEST = 20_000, 500  # contacts a later statement reads …
STRETCH_MS = 250  # … so that it takes about so long, whatever is asked of them
_EMAIL, _MOBILE = column("has_email", Boolean), column("has_mobile", Boolean)


class Columns:
    """Conditions → columns of a scan: called with one, the column that says whether it holds."""

    def __init__(self, fields: Mapping[str, str], today: date) -> None:
        self.clauses: dict[str, Clause] = {}  # name of the column → what it holds
        self._fields, self._today = fields, today
        self._names: dict[Condition, str] = {}

    def __call__(self, condition: Condition) -> Clause:
        name = self._names.setdefault(condition, f"holds_{len(self._names)}")
        if name not in self.clauses:
            self.clauses[name] = condition_clause(condition, self._fields[condition.field], self._today)
        return column(name, Boolean)


@dataclass(frozen=True, slots=True)
class Parts:
    """The counts beside the total: name → contacts, said by *columns*, as is *chosen*, the whole."""

    database_id: int
    columns: Columns
    chosen: Clause
    each: Mapping[str, Clause]


@dataclass(frozen=True, slots=True)
class Scan:
    """How far a scan came.

    *contacts* were looked at, *upto* is the id of the last one, *sums* say how many of them are chosen,
    have a valid e-mail, a valid mobile, and belong to each part, in the order of `Parts.each`. *ms* it took.
    """

    upto: int = 0
    contacts: int = 0
    sums: tuple[int, ...] = ()
    ms: int = 0
    is_whole: bool = False

    def of_parts(self, parts: Parts) -> dict[str, int]:
        """Empty until the scan is whole: half a number is none."""
        return dict(zip(parts.each, self.sums[3:], strict=True)) if self.is_whole else {}


def begin(chosen: Clause, parts: Parts, patience_s: float) -> tuple[Counts | None, Scan]:
    """The counts of *chosen*, and a scan: whole if all fits into *patience_s*, else just begun.

    What is asked first is the total: None when not even that fits. All of one moment.
    """
    started = monotonic()
    with db.snapshot() as connection:
        if not parts.each and (counts := counting.count_on(connection, chosen, patience_s)):
            return counts, Scan(is_whole=True)
        scan = _stretch(connection, parts, Scan())
        if not scan.is_whole and _fits(connection, parts, scan, patience_s / 2):
            scan = _until(connection, parts, scan, started + patience_s / 2)
        if scan.is_whole:
            return _told(connection, chosen, scan, patience_s), scan
        left_s = patience_s - (monotonic() - started)
        return (counting.count_on(connection, chosen, left_s) if parts.each else None), scan


def go_on(
    chosen: Clause, parts: Parts, counts: Counts | None, scan: Scan, step_s: float
) -> tuple[Counts | None, Scan]:
    """The scan after another *step_s*; *counts* as they were, until the whole scan tells them anew.

    Contacts that change meanwhile are counted as they are when the scan comes by.
    """
    with db.snapshot() as connection:
        scan = _until(connection, parts, scan, monotonic() + step_s)
        if scan.is_whole:
            return _told(connection, chosen, scan, step_s, counts), scan
    return counts, scan


def _fits(connection: Connection, parts: Parts, scan: Scan, seconds: float) -> bool:
    contacts = counting.answer(
        connection, select(func.count()).where(CONTACT.c.database_id == parts.database_id), seconds
    )
    return contacts is not None and contacts[0] / _per_ms(scan) < seconds * 1000


def _per_ms(scan: Scan) -> float:
    return scan.contacts / max(1, scan.ms)


def _until(connection: Connection, parts: Parts, scan: Scan, until: float) -> Scan:
    """At least one stretch: whoever asks again and again comes to the end."""
    while True:
        scan = _stretch(connection, parts, scan)
        if scan.is_whole or monotonic() >= until:
            return scan


def _stretch(connection: Connection, parts: Parts, scan: Scan) -> Scan:
    started = monotonic()
    rows = max(FEWEST, min(MOST, int(STRETCH_MS * _per_ms(scan)))) if scan.contacts else FIRST
    upto, contacts, *sums = connection.execute(_query(parts, scan.upto, rows)).one()
    before = scan.sums or (0,) * len(sums)
    return replace(
        scan,
        upto=upto or scan.upto,
        contacts=scan.contacts + contacts,
        sums=tuple(one + more for one, more in zip(before, sums, strict=True)),
        ms=scan.ms + round((monotonic() - started) * 1000),
        is_whole=contacts < rows,
    )


def _told(
    connection: Connection, chosen: Clause, scan: Scan, seconds: float, before: Counts | None = None
) -> Counts:
    """The counts of the rule after the whole scan; e-mails of several contacts need a look of their own."""
    total, email, mobile = scan.sums[:3]
    same = before.same_email if before else None
    if same is None:
        same = counting.same_email(connection, chosen, seconds / 2)
    return Counts(total, email, mobile, same, scan.ms)


def _query(parts: Parts, after: int, rows: int) -> Select[Any]:
    decided = [clause.label(name) for name, clause in parts.columns.clauses.items()]
    # The LIMIT also keeps the database from merging this with what is around it: it would then decide a
    # condition as often as it is named.
    contacts = (
        select(
            CONTACT.c.id,
            CONTACT.c.email_sha256.is_not(None).label("has_email"),
            CONTACT.c.mobile_sha256.is_not(None).label("has_mobile"),
            *decided,
        )
        .where(CONTACT.c.database_id == parts.database_id, CONTACT.c.id > after)
        .order_by(CONTACT.c.id)
        .limit(rows)
        .subquery()
    )
    whole = (parts.chosen, and_(parts.chosen, _EMAIL), and_(parts.chosen, _MOBILE))
    sums: Iterator[Any] = (func.count(case((one, 1))) for one in (*whole, *parts.each.values()))
    return select(func.max(contacts.c.id), func.count(), *sums).select_from(contacts)
