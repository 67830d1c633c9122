"""How many contacts a rule chooses, within the time somebody at a screen is ready to wait.

Beside each condition and group of the builder stands a number too. One scan of the contacts finds them all:

    each contact → each condition decided once, as a column → sums over the columns
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from time import monotonic
from typing import Any

from sqlalchemy import Boolean, Connection, Select, and_, case, column, func, select, text
from sqlalchemy.exc import DBAPIError

from webapp import db
from webapp.contacts.filters.filter_rules import Condition
from webapp.contacts.filters.selection import Clause, deciding
from webapp.contacts.models import CONTACT

PATIENCE_S = 2.0
CHECK_EVERY = 20_000  # SQLite virtual machine steps
FIRST = 20_000  # contacts that tell how long all would take
_EMAIL, _MOBILE = column("has_email", Boolean), column("has_mobile", Boolean)


@dataclass(frozen=True, slots=True)
class Counts:
    """*email* and *mobile*: contacts with a valid one; *same_email*: those whose email another has too.

    *same_email* is None when there was no time left to count them. *parts*: the contacts of each part asked
    for, empty when there was no time for them.
    """

    total: int
    email: int
    mobile: int
    same_email: int | None
    ms: int
    parts: dict[str, int] = field(default_factory=dict)


class Columns:
    """Conditions → columns of a scan: called with one, the column that says whether it holds."""

    def __init__(self, fields: Mapping[str, str], today: date) -> None:
        self.clauses: dict[str, Clause] = {}  # name of the column → what it holds
        self._fields, self._today = fields, today
        self._names: dict[Condition, str] = {}

    def __call__(self, condition: Condition) -> Clause:
        name = self._names.setdefault(condition, f"holds_{len(self._names)}")
        if name not in self.clauses:
            self.clauses[name] = deciding(condition, self._fields[condition.field], self._today)
        return column(name, Boolean)


@dataclass(frozen=True, slots=True)
class Parts:
    """What to count beside the total: name → contacts, said by *columns*, as is *chosen*, the whole."""

    database_id: int
    columns: Columns
    chosen: Clause
    each: Mapping[str, Clause]


def count(chosen: Clause, parts: Parts | None = None, patience_s: float = PATIENCE_S) -> Counts | None:
    """The counts of *chosen*, None when they take longer than *patience_s*; all of one moment.

    *parts* are left out when counting them too would take longer: what is asked first is the total.
    """
    started = monotonic()
    with db.snapshot() as connection:
        found = _with_parts(connection, parts, patience_s) if parts and parts.each else None
        each = dict(zip(parts.each, found[4:], strict=True)) if parts and found else {}
        total = found[1:4] if found else _answer(connection, _alone(chosen), patience_s)
        if total is None:
            return None
        seconds = monotonic() - started
        same = None
        if seconds < patience_s / 2:
            same = _answer(connection, _same_email(connection, chosen), patience_s - seconds)
    chosen_ones, emails, mobiles = total
    return Counts(chosen_ones, emails, mobiles, same[0] if same else None, int(seconds * 1000), each)


def _with_parts(connection: Connection, parts: Parts, seconds: float) -> tuple[Any, ...] | None:
    """How many were looked at, the three counts of the whole, those of each part; None: no time for all."""
    started = monotonic()
    found = _answer(connection, _in_one_scan(parts, FIRST), seconds)
    if found is None or found[0] < FIRST:
        return found
    contacts = select(func.count()).where(CONTACT.c.database_id == parts.database_id)
    took = monotonic() - started
    all_of_them = _answer(connection, contacts, seconds)
    if all_of_them is None or took * all_of_them[0] / FIRST > seconds:
        return None
    return _answer(connection, _in_one_scan(parts), seconds)


def _alone(chosen: Clause) -> Select[Any]:
    counted: tuple[Any, ...] = (
        func.count(),
        func.count(CONTACT.c.email_sha256),
        func.count(CONTACT.c.mobile_sha256),
    )
    return select(*counted).where(chosen)


def _in_one_scan(parts: Parts, first: int | None = None) -> Select[Any]:
    decided = [clause.label(name) for name, clause in parts.columns.clauses.items()]
    contacts = (
        select(
            CONTACT.c.email_sha256.is_not(None).label("has_email"),
            CONTACT.c.mobile_sha256.is_not(None).label("has_mobile"),
            *decided,
        )
        .where(CONTACT.c.database_id == parts.database_id)
        .limit(first)
        .offset(0)  # or it is merged with what is around it, and a condition decided as often as it is named
        .subquery()
    )
    whole = (parts.chosen, and_(parts.chosen, _EMAIL), and_(parts.chosen, _MOBILE))
    sums: Iterator[Any] = (func.count(case((one, 1))) for one in (*whole, *parts.each.values()))
    return select(func.count(), *sums).select_from(contacts)


def _same_email(connection: Connection, chosen: Clause) -> Select[Any]:
    """Of the contacts of *chosen* with an e-mail, how many more they are than their e-mails."""
    email = CONTACT.c.email_sha256
    more = select(func.count(email) - func.count(email.distinct())).where(chosen)
    if connection.dialect.name == "postgresql":
        return more
    # Only e-mails that several contacts have are looked at: the index alone tells which.
    several = CONTACT.alias("several")
    shared = (
        select(several.c.email_sha256)
        .where(several.c.database_id.in_(select(CONTACT.c.database_id).where(chosen).limit(1)))
        .group_by(several.c.email_sha256)
        .having(func.count() > 1)
    )
    return more.where(email.in_(shared))


def _answer(connection: Connection, query: Select[Any], seconds: float) -> tuple[Any, ...] | None:
    """The only row of *query*, None when it takes longer than *seconds*."""
    try:
        with connection.begin_nested(), _at_most(connection, seconds):
            return tuple(connection.execute(query).one())
    except DBAPIError as error:
        said = str(error.orig)
        if "interrupted" not in said and "statement timeout" not in said:
            raise
        return None


@contextmanager
def _at_most(connection: Connection, seconds: float) -> Iterator[None]:
    """Interrupt what *connection* executes when the time is over."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL statement_timeout = {max(1, int(seconds * 1000))}"))
        yield
        return
    until = monotonic() + seconds
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.set_progress_handler(lambda: monotonic() > until, CHECK_EVERY)
    try:
        yield
    finally:
        driver.set_progress_handler(None, 0)
