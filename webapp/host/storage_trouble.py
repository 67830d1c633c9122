"""Answers for storage that fails: a full disk, a database that can only be read, a lost race.

PURE: it looks at an exception and gives words. None: nothing of the kind.
"""

import errno
from typing import NamedTuple


class Words(NamedTuple):
    """The words of an error page. *is_passing*: it tries again by itself."""

    title: str
    text: str
    can_retry: bool = False
    is_passing: bool = False


DISK_FULL = Words(
    "Il disco del server è pieno",
    "Quello che hai mandato non è stato salvato; quello che c’era non si perde. Chi gestisce Platea deve "
    "liberare spazio sul disco: poi i caricamenti riprendono da soli e puoi riprovare.",
    can_retry=True,
)
DISK_BROKEN = Words(
    "Il disco del server non accetta dati",
    "Quello che hai mandato non è stato salvato: il disco è pieno o guasto. Chi gestisce Platea deve "
    "controllarlo: poi i caricamenti riprendono da soli e puoi riprovare.",
    can_retry=True,
)
READ_ONLY = Words(
    "Il database si può soltanto leggere",
    "Quello che hai mandato non è stato salvato. Riprovare non basta: chi gestisce Platea deve controllare "
    "i permessi del file del database o, con PostgreSQL, che DATABASE_URL indichi il server principale e "
    "non una sua copia di sola lettura.",
)
TAKEN = Words(
    "Qualcun altro è stato più veloce",
    "La stessa cosa è stata appena salvata, da un’altra persona o dallo stesso pulsante premuto due volte. "
    "Ricarica la pagina: se quello che volevi non c’è, ripeti.",
)

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# Primary result codes of SQLite. Source: sqlite.org/rescode.html
_SQLITE_READONLY, _SQLITE_IOERR, _SQLITE_FULL = 8, 10, 13
# SQLSTATE. Source: PostgreSQL, appendix A.
_DISK_FULL, _READ_ONLY_TRANSACTION = "53100", "25006"
# A row of the same name, or one whose owner has gone meanwhile; the rest of the integrity errors are ours.
_LOST_RACES = {"23505", "23503", "23P01", 2067, 1555, 787}


def of_system(error: OSError) -> Words | None:
    return DISK_FULL if error.errno in _NO_ROOM else None


def of_database(driver_error: BaseException | None) -> Words | None:
    """*driver_error* as sqlite3 or psycopg raised it."""
    state = getattr(driver_error, "sqlstate", None)
    code = (getattr(driver_error, "sqlite_errorcode", None) or 0) & 0xFF
    if state == _DISK_FULL or code == _SQLITE_FULL:
        return DISK_FULL
    if state == _READ_ONLY_TRANSACTION or code == _SQLITE_READONLY:
        return READ_ONLY
    return DISK_BROKEN if code == _SQLITE_IOERR else None


def is_lost_race(driver_error: BaseException | None) -> bool:
    """Whether two did the same at once, and the database let one of them."""
    codes = {getattr(driver_error, "sqlstate", None), getattr(driver_error, "sqlite_errorcode", None)}
    return bool(codes & _LOST_RACES)
