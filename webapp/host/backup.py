"""Copies of the database, taken while it is in use, and the way back.

    save(folder)        one consistent copy, checked before it gets its name
    outdated(times)     which copies may go: kept are hourly ones for a day, daily for a week, weekly for four
    restore(copy)       the copy in place of the database, which is kept beside it

A copy holds the personal data of the database: only its owner may read it, and since the oldest is five
weeks old at most, whoever was erased is then in none. Tokens in it are sealed; the keys are not in it.

SQLite is copied by VACUUM INTO: `cp` misses what is still in the WAL, and the backup API in steps begins
again at each write and never ended beside a busy writer. PostgreSQL is copied by its own `pg_dump`.
"""

import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.engine import URL, Engine

from webapp import clock, migrations
from webapp.host import lean_copies, sealed_copies
from webapp.migrations import name_index

FORMAT = "platea-%Y%m%d-%H%M%S"
SQLITE, POSTGRES = ".db", ".dump"
UNFINISHED = ".parziale"
BEFORE = "prima-del-ripristino"
_NAME_INDEX = re.compile(  # in what `pg_restore --list` says
    rf"\b(EXTENSION - {name_index.EXTENSION}|EXTENSION {name_index.EXTENSION}|INDEX \S+ {name_index.NAME})\b"
)
HOURLY, DAILY, WEEKLY = timedelta(days=1), timedelta(days=7), timedelta(weeks=4)


class BackupError(Exception):
    """A copy could not be taken, read or put back; `str()` is the Italian sentence for who runs the host."""


@dataclass(frozen=True)
class Copy:
    """A finished copy: *taken_at* is the moment it shows."""

    path: Path
    taken_at: datetime

    @property
    def size_bytes(self) -> int:
        return self.path.stat().st_size


def save(engine: Engine, folder: Path, key: str = "") -> Copy:
    """Take a copy into *folder*, which is made if needed. Others read and write meanwhile.

    *key*: the public key to encrypt it to (`sealed_copies`). Raises BackupError; nothing is left behind then.
    """
    taken_at = clock.now().replace(microsecond=0)
    is_sqlite = engine.dialect.name == "sqlite"
    path = folder / f"{taken_at.strftime(FORMAT)}{SQLITE if is_sqlite else POSTGRES}"
    unfinished = path.with_suffix(path.suffix + UNFINISHED)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)  # VACUUM INTO takes an empty file, and so nobody else ever may read it
        if is_sqlite:
            _vacuum_into(sqlite_file(engine), unfinished)
        else:
            options = ("--format=custom", "--no-owner", *lean_copies.FOR_PG_DUMP)
            _postgres("pg_dump", engine.url, *options, f"--file={unfinished}")
        check(unfinished)
        path = _finish(unfinished, path, key)
    except (sqlite3.Error, OSError) as error:
        raise BackupError(f"La copia non è riuscita: {_why(error)}. Controlla lo spazio su disco.") from None
    finally:
        if folder.is_dir():
            unfinished.unlink(missing_ok=True)
    return Copy(path, taken_at)


def _finish(unfinished: Path, path: Path, key: str) -> Path:
    """Give the copy its name, in clear or encrypted."""
    if not key:
        return unfinished.replace(path)
    closed = path.with_suffix(path.suffix + sealed_copies.SUFFIX)
    half = closed.with_suffix(closed.suffix + UNFINISHED)
    half.unlink(missing_ok=True)
    try:
        sealed_copies.encrypt(unfinished, half, key)
        return half.replace(closed)
    finally:
        half.unlink(missing_ok=True)


def save_if_due(engine: Engine, folder: Path | None, every_h: float, key: str = "") -> Copy | None:
    """Take the next copy when the newest is *every_h* hours old, and throw away what is no longer kept.

    Raises BackupError.
    """
    if folder is None:
        return None
    now, pace = clock.now(), timedelta(hours=every_h)
    # A copy of tomorrow was taken by a clock that was wrong: until then there would be no other.
    if any(now - pace < copy.taken_at <= now for copy in copies(folder)):
        return None
    made = save(engine, folder, key)
    prune(folder)
    return made


def copies(folder: Path) -> list[Copy]:
    """The finished copies in *folder*, oldest first; other files are none."""
    ends = tuple(kind + end for kind in (SQLITE, POSTGRES) for end in ("", sealed_copies.SUFFIX))
    found = (_copy(path) for path in folder.glob("platea-*") if path.name.endswith(ends))
    return sorted((copy for copy in found if copy), key=lambda copy: copy.taken_at)


def prune(folder: Path) -> list[Path]:
    """Throw away the copies that are no longer kept, and what a killed process left unfinished."""
    there = copies(folder)
    gone = outdated([copy.taken_at for copy in there], clock.now())
    doomed = [copy.path for copy in there if copy.taken_at in gone]
    an_hour_ago = clock.epoch() - 3600
    doomed += [path for path in folder.glob(f"*{UNFINISHED}") if path.stat().st_mtime < an_hour_ago]
    for path in doomed:
        path.unlink(missing_ok=True)
    return doomed


def outdated(taken: Iterable[datetime], now: datetime) -> set[datetime]:
    """Of copies taken at these moments, those to throw away: the newest of each hour is kept for a day, of
    each day for a week, of each week for four. The newest of all always stays."""
    kept: dict[tuple[str, ...], datetime] = {}
    every = sorted(taken)
    for moment in every:
        age = now - moment
        for name, lasts, form in (("h", HOURLY, "%Y%m%d%H"), ("d", DAILY, "%Y%m%d"), ("w", WEEKLY, "%G%V")):
            if age <= lasts:
                kept[name, moment.strftime(form)] = moment  # later ones of the same span take its place
    return set(every) - set(kept.values()) - set(every[-1:])


def check(path: Path) -> None:
    """Raises BackupError when the file is no copy of Platea, is damaged, or comes from a newer version."""
    if not path.is_file():
        raise BackupError(f"Il file “{path}” non c’è.")
    if sealed_copies.is_encrypted(path):
        raise BackupError(f"“{path.name}” è cifrata: aprila prima con “platea apri-copia”.")
    if _is_sqlite(path):
        _check_sqlite(path)
    elif _begins(path, b"PGDMP"):
        _run(_program("pg_restore"), "--list", str(path))
    else:
        raise BackupError(f"“{path.name}” non è una copia di Platea.")


def restore(copy: Path, engine: Engine) -> Path | None:
    """Put the copy in place of the database of *engine*, brought to the schema of this version.

    Returns where the database that was there is kept (SQLite; PostgreSQL keeps none). Raises BackupError,
    and then everything is as it was: also when some process still has the database open.
    """
    check(copy)
    if engine.dialect.name == "sqlite":
        if not _is_sqlite(copy):
            raise BackupError("Questa copia viene da PostgreSQL, ma qui il database è SQLite.")
        kept = _replace_file(copy, sqlite_file(engine), engine)
    else:
        if _is_sqlite(copy):
            raise BackupError("Questa copia viene da SQLite, ma qui il database è PostgreSQL.")
        options = ("--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error")
        with _contents(copy) as contents:
            _postgres("pg_restore", engine.url, *options, f"--use-list={contents}", str(copy))
        kept = None
    migrations.upgrade(engine)
    return kept


@contextmanager
def _contents(copy: Path) -> Iterator[str]:
    """A file that says what of a PostgreSQL copy to put back: all but the index of names and its extension.

    The server may not have it, or it may not be ours to drop; `migrations.upgrade` makes the index anew.
    """
    entries = _run(_program("pg_restore"), "--list", str(copy)).splitlines(keepends=True)
    with tempfile.NamedTemporaryFile("w", prefix="platea-copia-") as file:
        file.writelines(entry for entry in entries if not _NAME_INDEX.search(entry))
        file.flush()
        yield file.name


def taken_at(path: Path) -> datetime:
    """The moment a copy shows: from its name or, if it was renamed, from when it was written."""
    copy = _copy(path)
    return copy.taken_at if copy else datetime.fromtimestamp(path.stat().st_mtime, UTC)


def sqlite_file(engine: Engine) -> Path:
    return Path(str(engine.url.database))


def _vacuum_into(database: Path, target: Path) -> None:
    with closing(sqlite3.connect(database, timeout=10)) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))
    lean_copies.empty(target)
    with target.open("rb+") as written:
        os.fsync(written.fileno())


def _check_sqlite(path: Path) -> None:
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            [(found,)] = connection.execute("PRAGMA integrity_check(1)").fetchall()
            revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError:
        raise BackupError(f"“{path.name}” è rovinato o non è una copia di Platea.") from None
    if found != "ok":
        raise BackupError(f"“{path.name}” è rovinato: usa una copia precedente.")
    if revision is None or not migrations.knows(revision[0]):
        raise BackupError(f"“{path.name}” viene da una versione più nuova: aggiorna prima Platea.")


def _replace_file(copy: Path, database: Path, engine: Engine) -> Path | None:
    engine.dispose()
    kept = None
    new = database.with_name(database.name + UNFINISHED)
    shutil.copyfile(copy, new)
    new.chmod(0o600)
    with new.open("rb+") as written:
        os.fsync(written.fileno())
    if database.exists():
        close_to_everybody(database)
        kept = database.with_name(f"{database.stem}-{BEFORE}-{clock.now():%Y%m%d-%H%M%S}{database.suffix}")
        database.replace(kept)
    new.replace(database)
    return kept


def close_to_everybody(database: Path) -> None:
    """Bring the WAL into the file, which only succeeds while no other process has the database open."""
    try:
        with closing(sqlite3.connect(database, timeout=0)) as connection:
            [mode] = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
    except sqlite3.OperationalError:
        mode = "wal"
    except sqlite3.DatabaseError:
        return  # damaged: nobody can be working on it
    if mode != "delete":
        database.with_name(database.name + UNFINISHED).unlink(missing_ok=True)
        raise BackupError("Il database è in uso: ferma prima web e worker, poi ripeti il comando.")


def _postgres(program: str, url: URL, *arguments: str) -> None:
    """Run a program of PostgreSQL on the database of *url*; its password never stands on the command line."""
    # Made anew: `url.set(password=None)` leaves the password, and three asterisks would be sent for it.
    bare = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    plain = bare.render_as_string()
    env = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    _run(_program(program), f"--dbname={plain}", *arguments, env=env)


def _program(name: str) -> str:
    if found := shutil.which(name):
        return found
    raise BackupError(f"Manca il programma {name}: installa il client di PostgreSQL (postgresql-client).")


def _run(*command: str, env: dict[str, str] | None = None) -> str:
    """The output of the program. Raises BackupError."""
    done = subprocess.run(command, env=env, capture_output=True, text=True, errors="replace")
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["nessun messaggio"])[-1]
        raise BackupError(f"{Path(command[0]).name} non è riuscito: {said}")
    return done.stdout


def _copy(path: Path) -> Copy | None:
    try:
        return Copy(path, datetime.strptime(path.name.partition(".")[0], FORMAT).replace(tzinfo=UTC))
    except ValueError:
        return None


def _is_sqlite(path: Path) -> bool:
    return _begins(path, b"SQLite format 3\0")


def _begins(path: Path, mark: bytes) -> bool:
    with path.open("rb") as opened:
        return opened.read(len(mark)) == mark


def _why(error: Exception) -> str:
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else type(error).__name__
