"""How many contacts a rule chooses, within the time somebody at a screen is ready to wait."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, text
from sqlalchemy.exc import DBAPIError

from webapp import db
from webapp.contacts.filters.selection import Clause
from webapp.contacts.models import CONTACT

CHECK_EVERY = 20_000  # SQLite virtual machine steps


@dataclass(frozen=True, slots=True)
class Counts:
    """*email* and *mobile*: contacts with a valid one; *same_email*: those whose email another has too.

    *same_email* is None when there was no time left to count them.
    """

    total: int
    email: int
    mobile: int
    same_email: int | None
    ms: int


def count(chosen: Clause, patience_s: float) -> Counts | None:
    """The counts of *chosen*, None when they take longer than *patience_s*; all of one moment."""
    with db.snapshot() as connection:
        return count_on(connection, chosen, patience_s)


def count_on(connection: Connection, chosen: Clause, patience_s: float) -> Counts | None:
    started = monotonic()
    counted: tuple[Any, ...] = (
        func.count(),
        func.count(CONTACT.c.email_sha256),
        func.count(CONTACT.c.mobile_sha256),
    )
    found = answer(connection, select(*counted).where(chosen), patience_s)
    if found is None:
        return None
    seconds = monotonic() - started
    same = same_email(connection, chosen, patience_s - seconds) if seconds < patience_s / 2 else None
    total, email, mobile = found
    return Counts(total, email, mobile, same, int(seconds * 1000))


def same_email(connection: Connection, chosen: Clause, seconds: float) -> int | None:
    """How many more the contacts of *chosen* with an e-mail are than their e-mails; None: no time."""
    email = CONTACT.c.email_sha256
    more = select(func.count(email) - func.count(email.distinct())).where(chosen)
    if connection.dialect.name != "postgresql":
        # Only e-mails that several contacts have are looked at: the index alone tells which.
        several = CONTACT.alias("several")
        shared = (
            select(several.c.email_sha256)
            .where(several.c.database_id.in_(select(CONTACT.c.database_id).where(chosen).limit(1)))
            .group_by(several.c.email_sha256)
            .having(func.count() > 1)
        )
        more = more.where(email.in_(shared))
    found = answer(connection, more, seconds)
    return found[0] if found else None


def answer(connection: Connection, query: Select[Any], seconds: float) -> tuple[Any, ...] | None:
    """The only row of *query*, None when it takes longer than *seconds*."""
    found = within(connection, query, seconds)
    return tuple(found[0]) if found else None


def within(connection: Connection, query: Select[Any], seconds: float) -> Sequence[Row[Any]] | None:
    """The rows of *query*, None when it takes longer than *seconds*."""
    try:
        with connection.begin_nested(), _at_most(connection, seconds):
            return connection.execute(query).all()
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
