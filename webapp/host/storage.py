"""Can this process keep things: is there room on the disk, does the database take writes?

Tried, not guessed: permissions, quotas, read-only mounts and a full disk all show when something is written.
"""

import os
import tempfile
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from webapp import db, workers
from webapp.config import Settings
from webapp.host import storage_trouble

ENOUGH_BYTES = 64_000_000  # what a WAL and a file on its way in may take in a moment
PROBE = b"\0" * 65_536
ALMOST_FULL = "Sul disco di {folder} restano {left} MB: libera spazio."
NO_WRITING = "Non si può scrivere in {folder}: {why}."
NO_TEMPORARY = "Non si può scrivere in nessuna cartella temporanea: dai con TMPDIR una cartella di Platea."
_WRITES_NOT = text("SELECT current_setting('transaction_read_only')")


def folders(settings: Settings) -> list[Path]:
    """Where this process writes: PLATEA_DATA only for a database that is a file. Raises FileNotFoundError."""
    found = [Path(tempfile.gettempdir())]
    if settings.database_url.startswith("sqlite:///"):
        found.append(Path(settings.database_url.removeprefix("sqlite:///")).parent)
    return list(dict.fromkeys(found))


def trouble(settings: Settings) -> str | None:
    """Why nothing more can be kept among temporary files or beside a SQLite database, in Italian."""
    try:
        found = folders(settings)
    except FileNotFoundError:  # `tempfile` tries several and takes none that it cannot write to
        return NO_TEMPORARY
    return next((why for folder in found if (why := _trouble_of(folder))), None)


def has_room(settings: Settings, size_bytes: int) -> bool:
    """Whether a file of so many bytes finds room and leaves enough for everybody else's work.

    It is written twice into the folder for temporary files, as it comes in and to be looked at, and beside
    SQLite as pieces, which are first in its WAL.
    """
    needed: dict[int, int] = {}
    for folder in folders(settings):
        disk = folder.stat().st_dev
        needed[disk] = needed.get(disk, 0) + 2 * size_bytes
    return all(
        _free_bytes(folder) - needed[folder.stat().st_dev] >= ENOUGH_BYTES for folder in folders(settings)
    )


def database_trouble(engine: Engine) -> str | None:
    """Why the database takes no writes, in Italian. Raises SQLAlchemyError when it does not answer."""
    if engine.dialect.name == "sqlite":
        return _trouble_of_file(Path(engine.url.database or ""))
    try:
        with db.writing() as session:
            if session.execute(_WRITES_NOT).scalar_one() == "on":
                return storage_trouble.READ_ONLY.title
            workers.take_turn(session, "readyz", "readyz", 1)  # a server without room takes no write
    except DBAPIError as error:
        found = storage_trouble.of_database(error.orig)
        if found is None:
            raise
        return found.title
    return None


def _trouble_of(folder: Path) -> str | None:
    try:
        with tempfile.TemporaryFile(dir=folder, prefix=".prova-") as probe:
            probe.write(PROBE)
            probe.flush()
            os.fsync(probe.fileno())
        left = _free_bytes(folder)
    except OSError as error:
        full = storage_trouble.of_system(error)
        return full.title if full else NO_WRITING.format(folder=folder, why=os.strerror(error.errno or 0))
    return ALMOST_FULL.format(folder=folder, left=left // 1_000_000) if left < ENOUGH_BYTES else None


def _free_bytes(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def _trouble_of_file(path: Path) -> str | None:
    """Of a SQLite database, without its write lock: who writes is not held up by who only asks."""
    files = [path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))]
    is_closed = any(file.exists() and not os.access(file, os.W_OK, effective_ids=True) for file in files)
    return storage_trouble.READ_ONLY.title if is_closed else None
