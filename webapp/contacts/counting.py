"""How many contacts a condition chooses, within the time somebody at a screen is ready to wait."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Connection, func, select, text
from sqlalchemy.exc import DBAPIError

from webapp import db
from webapp.contacts.models import CONTACT

PATIENCE_S = 2.0
CHECK_EVERY = 20_000  # SQLite virtual machine steps


@dataclass(frozen=True, slots=True)
class Counts:
    """*email* and *mobile*: contacts with a valid one; *same_email*: those whose email another has too.

    *same_email* is None when there was no time left to count them. *parts*: the contacts of each part asked
    for, of which those that there was no time for are missing.
    """

    total: int
    email: int
    mobile: int
    same_email: int | None
    ms: int
    parts: dict[str, int] = field(default_factory=dict)


def count(
    chosen: ColumnElement[bool],
    parts: Mapping[str, ColumnElement[bool]] | None = None,
    patience_s: float = PATIENCE_S,
) -> Counts | None:
    """The counts of *chosen*, None when they take longer than *patience_s*; all of one moment.

    *parts* are counted in what is left of the time: name → contacts that belong to it.
    """
    started = time.monotonic()
    columns = (func.count(), func.count(CONTACT.c.email_sha256), func.count(CONTACT.c.mobile_sha256))
    distinct = func.count(CONTACT.c.email_sha256.distinct())
    with db.snapshot() as connection, _at_most(connection, patience_s):
        try:
            total, email, mobile = connection.execute(select(*columns).where(chosen)).one()
            same = None
            if time.monotonic() - started < patience_s / 3:  # else counting once more takes too long
                same = email - connection.execute(select(distinct).where(chosen)).scalar_one()
        except DBAPIError as error:
            _raise_unless_too_slow(error)
            return None
        ms = int((time.monotonic() - started) * 1000)
        counted = dict(_each(connection, parts or {}, started + patience_s))
    return Counts(total, email, mobile, same, ms, counted)


def _each(
    connection: Connection, parts: Mapping[str, ColumnElement[bool]], until: float
) -> Iterator[tuple[str, int]]:
    for name, part in parts.items():
        left = until - time.monotonic()
        if left <= 0:
            return
        try:
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"SET LOCAL statement_timeout = {max(1, int(left * 1000))}"))
            yield name, connection.execute(select(func.count()).select_from(CONTACT).where(part)).scalar_one()
        except DBAPIError as error:
            _raise_unless_too_slow(error)
            return


@contextmanager
def _at_most(connection: Connection, seconds: float) -> Iterator[None]:
    """Interrupt what *connection* executes when the time is over."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL statement_timeout = {int(seconds * 1000)}"))
        yield
        return
    until = time.monotonic() + seconds
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.set_progress_handler(lambda: time.monotonic() > until, CHECK_EVERY)
    try:
        yield
    finally:
        driver.set_progress_handler(None, 0)


def _raise_unless_too_slow(error: DBAPIError) -> None:
    said = str(error.orig)
    if "interrupted" not in said and "statement timeout" not in said:
        raise error
