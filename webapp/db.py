"""The database: one engine a process, and the only three ways to talk to it.

`writing()` for what changes, `reading()` for what only looks, `snapshot()` for a long read that must
see one moment. On SQLite every writing transaction is BEGIN IMMEDIATE: with the defaults 1,491 of
2,000 concurrent "successful" updates were silently lost; with these 0.
"""

import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import orjson
from sqlalchemy import BigInteger, Connection, Integer, LargeBinary, Select, create_engine, event, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.pool import NullPool
from sqlalchemy.types import JSON
from sqlmodel import Session

from webapp import patience, postgresql
from webapp.config import WrongSetting

# A BIGINT primary key is no rowid on SQLite, so it would not count by itself.
BigId = BigInteger().with_variant(Integer, "sqlite")
Json = JSON().with_variant(JSONB, "postgresql")
Blob = LargeBinary

LOOK_AGAIN_S = 0.002
GIVE_WAY_S = 0.02  # several looks of those who wait

SQLITE_PRAGMAS = (
    "journal_mode=WAL",
    f"busy_timeout={patience.LOCK_WAIT_S * 1000:.0f}",
    "synchronous=NORMAL",
    "foreign_keys=ON",
    "secure_delete=ON",  # what is deleted is overwritten with zeros, however SQLite was built
    "journal_size_limit=200000000",
    "temp_store=MEMORY",
    "cache_size=-16000",  # KB, of every connection of every thread
    # Pages, 64 MB: a page that a large import writes a hundred times goes into the file a few times only.
    "wal_autocheckpoint=16000",
)

_engine: Engine | None = None
_here = threading.local()


def connect(url: str, pooled: bool = True, limit_s: float = postgresql.WORK_S) -> Engine:
    """Open the database of this process; called once by each composition root.

    *pooled* False gives every transaction a connection of its own: what a process that forks needs.
    *limit_s*: how long PostgreSQL may take for one statement.
    """
    global _engine
    if _engine is not None:
        _engine.dispose()
    _engine = make_engine(url, pooled, limit_s)
    return _engine


def make_engine(url: str, pooled: bool = True, limit_s: float = postgresql.WORK_S) -> Engine:
    options: dict[str, Any] = {} if pooled else {"poolclass": NullPool}
    # hide_parameters: otherwise SQLAlchemy prints e-mails and phones inside exceptions.
    made = create_engine(
        url,
        hide_parameters=True,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        **options,
    )
    if made.dialect.name == "sqlite":
        _prepare_sqlite(made, url)
    else:
        postgresql.prepare(made, limit_s)
    return made


def keep_connections() -> None:
    """Keep connections open from one transaction to the next, which is safe in a fork that forks no further.

    A job has a thousand short transactions, and on SQLite closing the last connection empties the WAL.
    """
    if isinstance(engine().pool, NullPool):
        connect(engine().url.render_as_string(hide_password=False))


def engine() -> Engine:
    if _engine is None:
        raise RuntimeError("db.connect() was not called")
    return _engine


class _Writing(Session):
    """A session that notes when it really begins, which is at its first statement."""


@event.listens_for(_Writing, "after_begin")
def _begun(session: _Writing, _transaction: object, _connection: object) -> None:
    session.info["begun"] = True
    _here.writes = is_writing() + 1


@contextmanager
def writing() -> Iterator[Session]:
    """A transaction that changes things: committed at the end, rolled back on any exception.

    It begins with its first statement. From then on nothing slow, neither a file nor the network: on SQLite
    everybody else who writes waits.
    """
    with _Writing(engine(), expire_on_commit=False) as session:
        try:
            with session.begin():
                yield session
        finally:
            _here.writes = is_writing() - session.info.get("begun", False)


def is_writing() -> int:
    """How many transactions that write this thread is in: none, one, rarely one in another."""
    return int(getattr(_here, "writes", 0))


@contextmanager
def reading() -> Iterator[Session]:
    """A transaction that only looks; what it loaded stays readable after it ended."""
    read_only = engine().execution_options(ro=True)
    with Session(read_only, expire_on_commit=False) as session:
        yield session
        session.expunge_all()  # a rollback would make the loaded objects forget what they hold
        session.rollback()


@contextmanager
def snapshot() -> Iterator[Connection]:
    """A long read that sees one moment, whatever others commit meanwhile (WAL, REPEATABLE READ)."""
    options: dict[str, Any] = {"ro": True}
    if engine().dialect.name == "postgresql":
        options["isolation_level"] = "REPEATABLE READ"
    with engine().connect().execution_options(**options) as connection:
        yield connection
        connection.rollback()


def pages(connection: Connection, query: Select[Any], rows: int) -> Iterator[Sequence[Any]]:
    """The rows of *query*, *rows* at a time, values as the driver gives them; memory stays flat.

    For numbers, texts and bytes by the million.
    """
    if connection.dialect.name == "postgresql":  # there, a cursor on the server's side
        yield from connection.execute(query, execution_options={"yield_per": rows}).partitions()
        return
    with connection.execute(query) as result:
        assert result.cursor is not None
        while page := result.cursor.fetchmany(rows):  # a third of the time of SQLAlchemy's own rows
            yield page


def is_awaited() -> bool:
    """Whether somebody waits to write while we hold the lock: on SQLite, which has one writer at a time.

    A process that waits holds a file lock; the system frees it when that process ends, however it ends.
    """
    if engine().dialect.name != "sqlite":
        return False
    with _queue(engine()) as queue:
        try:
            fcntl.flock(queue, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def give_way() -> None:
    """Let those who wait to write go first, for a moment: who comes back at once would always win."""
    until = time.monotonic() + GIVE_WAY_S
    while is_awaited() and time.monotonic() < until:
        time.sleep(LOOK_AGAIN_S)


def finds_any(session: Session, query: Select[Any]) -> bool:
    """Whether *query* finds anything; it stops at the first row."""
    return session.execute(query.limit(1)).first() is not None


class _HasId(Protocol):
    @property
    def id(self) -> int | None: ...


def saved_id(row: _HasId) -> int:
    """The id of a row that is in the database. Raises ValueError for one that was never saved."""
    if row.id is None:
        raise ValueError(f"{type(row).__name__} has not been saved yet: it has no id")
    return row.id


def placeholder(connection: Connection) -> str:
    """The driver's placeholder for a value, for SQL text that is not made by SQLAlchemy."""
    return "%s" if connection.dialect.name == "postgresql" else "?"


def as_stored(connection: Connection, at: datetime) -> Any:
    """A moment as the driver wants it there: the same as SQLAlchemy's DateTime writes."""
    return (
        at
        if connection.dialect.name == "postgresql"
        else at.replace(tzinfo=None).isoformat(" ", "microseconds")
    )


def ping() -> None:
    """Raises SQLAlchemyError when the database does not answer."""
    with reading() as session:
        session.execute(text("SELECT 1"))


def _prepare_sqlite(made: Engine, url: str) -> None:
    path = make_url(url).database
    if not path or path == ":memory:":
        raise WrongSetting("DATABASE_URL: il database SQLite deve essere un file.")
    folder = Path(path).parent
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        may_write = os.access(folder, os.W_OK)
    except OSError:  # it cannot be made there, or a file of that name is in the way
        may_write = False
    if not may_write:
        raise WrongSetting(
            f"DATABASE_URL: non posso scrivere nella cartella {folder}. "
            "Scegline una in cui Platea possa scrivere."
        )
    # A database of before may be readable by every account of the machine; its -wal and -shm follow it.
    for file in (path, f"{path}-wal", f"{path}-shm"):
        with suppress(OSError):
            Path(file).chmod(0o600)

    @event.listens_for(made, "connect")
    def _on_connect(dbapi_connection: Any, _record: object) -> None:
        dbapi_connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in SQLITE_PRAGMAS:
            dbapi_connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(made, "begin")
    def _on_begin(connection: Connection) -> None:
        if connection.get_execution_options().get("ro"):
            connection.exec_driver_sql("BEGIN")
        else:
            _begin_writing(connection)


def _begin_writing(connection: Connection) -> None:
    """Begin as the only writer, within the time a lock is waited for. Raises OperationalError after it.

    SQLite itself looks again after up to a tenth of a second, by when the lock has been free and is taken
    again: beside an import a write then waited three times as long as the import holds it.
    """
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    until = time.monotonic() + patience.left_s()
    driver.execute("PRAGMA busy_timeout=0")
    try:
        if _is_busy(driver):
            with patience.spending(), _queue(connection.engine) as queue:
                with suppress(BlockingIOError):  # somebody looks whether there is anybody, this very moment
                    fcntl.flock(queue, fcntl.LOCK_SH | fcntl.LOCK_NB)
                while _is_busy(driver) and time.monotonic() < until:
                    time.sleep(LOOK_AGAIN_S)
        if not driver.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # the same error, as everybody here knows it
    finally:
        driver.execute(f"PRAGMA busy_timeout={patience.LOCK_WAIT_S * 1000:.0f}")


def _is_busy(driver: sqlite3.Connection) -> bool:
    """Begin to write, or say that another one writes."""
    try:
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    return False


@contextmanager
def _queue(made: Engine) -> Iterator[int]:
    """The file beside the database that who waits to write holds a shared lock on, opened anew."""
    file = os.open(f"{made.url.database}-queue", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield file
    finally:
        os.close(file)
