"""What was deleted is overwritten in the file, which by itself keeps it for a while. On SQLite only.

    contacts are deleted → a row of `overwrite_due`, in the same transaction (`hooks.forget`)
    every ten minutes, when there is such a row →
      the index of words is merged into one piece: until then it says of each word taken out that it is
      taken out
      a file that is soon rewritten is rewritten: where a page was split, an old copy of a row may lie between
      the two
    every ten minutes → the write-ahead log is emptied: it holds pages as they were

`secure_delete` (`webapp.db`) overwrites what a statement deletes; these are the places it does not reach.
Sources: SQLite, PRAGMA secure_delete; FTS5, “The merge command”.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import delete, func, select
from sqlmodel import Session, col

from webapp import db, patience
from webapp.contacts.models import OverwriteDue
from webapp.rounds import Partly

PAGES_AT_ONCE = 500  # of the index: what one transaction holds the lock for
REWRITTEN_BYTES = 300_000_000  # of the file: 4 s, while which everybody else waits to write
WAIT_FOR_READERS_MS = 200
NOT_NOW = (
    "Il file del database non si può riscrivere adesso: è occupato, o il disco è pieno. Riprovo da solo."
)


def due(session: Session) -> None:
    """Contacts are being deleted in this transaction."""
    session.add(OverwriteDue())


def overwrite() -> None:
    """Overwrite what the file still holds; what a long read keeps us from is done the next time.

    Raises Partly when the file is locked or cannot grow: the monitor says so, and the next time comes.
    """
    with db.reading() as session:
        last = session.execute(select(func.max(col(OverwriteDue.id)))).scalar_one()
    if not _is_overwritten(is_due=last is not None) or last is None:
        return
    with db.writing() as session:
        session.execute(delete(OverwriteDue).where(col(OverwriteDue.id) <= last))


def _is_overwritten(is_due: bool) -> bool:
    if db.engine().dialect.name != "sqlite":
        return True
    with closing(db.engine().raw_connection()) as connection:
        driver = connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        try:
            if is_due:
                _merge_words(driver)
                if Path(str(db.engine().url.database)).stat().st_size <= REWRITTEN_BYTES:
                    _rewrite(driver)
            return _is_log_emptied(driver)
        except sqlite3.OperationalError:
            raise Partly(NOT_NOW) from None


def _merge_words(driver: sqlite3.Connection) -> None:
    """In steps: the first, with a negative number, says that every piece there is now becomes one."""
    pages = -PAGES_AT_ONCE
    while True:
        before = driver.total_changes
        driver.execute("INSERT INTO contact_words (contact_words, rank) VALUES ('merge', ?)", (pages,))
        if driver.total_changes - before < 2:
            return
        pages = PAGES_AT_ONCE
        db.give_way()


def _rewrite(driver: sqlite3.Connection) -> None:
    driver.execute("PRAGMA temp_store=FILE")  # SQLite writes the new file there first
    try:
        driver.execute("VACUUM")
    finally:
        driver.execute("PRAGMA temp_store=MEMORY")


def _is_log_emptied(driver: sqlite3.Connection) -> bool:
    """First what can be copied beside everybody's work, then the rest, for which nobody is kept waiting."""
    driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    driver.execute(f"PRAGMA busy_timeout={WAIT_FOR_READERS_MS}")
    try:
        is_busy, *_ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        driver.execute(f"PRAGMA busy_timeout={patience.LOCK_WAIT_S * 1000:.0f}")
    return not is_busy
