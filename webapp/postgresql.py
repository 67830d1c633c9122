"""Connections to PostgreSQL that neither wait for ever nor mind who stands between: a pooler, a firewall.

Nothing is asked of the session: PgBouncer in transaction mode gives each transaction another one. So there
are no prepared statements, no session-level locks, and limits are set anew in every transaction.

Each wait has an end, whichever way the server went: refused, dropped, silent. The kernel notices a peer
that is gone; one that a proxy keeps open and says nothing is noticed only by looking at our own clock.
"""

import time
from typing import Any

import psycopg
from psycopg import errors
from psycopg.abc import PQGen
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine, ExceptionContext
from sqlalchemy.exc import InvalidatePoolError

from webapp import clock, patience

# A page that finds nobody waits for a connection of the pool, for a new one, and for this one to answer: 8 s.
CONNECT_S = 3
ANSWER_S = 2.5  # for a connection to show that it lives
PAGE_S = 8.0  # for one statement of a page
WORK_S = 600.0  # for one of a job or a command: a selection of a million contacts takes minutes
LOCKED = "55P03"  # lock_not_available. Source: PostgreSQL, appendix A.
IDLE_S = 300.0  # a transaction in which nothing happens holds its locks no longer
CONNECTION = {
    # PgBouncer gives the statement we prepared to nobody, and us that of somebody else.
    "prepare_threshold": None,
    "connect_timeout": CONNECT_S,
    "keepalives": 1,
    "keepalives_idle": 15,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # ms until what we sent must have arrived
}
_NOW = "SELECT extract(epoch FROM clock_timestamp())"

_is_ruled = False


def let_its_clock_rule() -> None:
    """From now on every connection taken from a pool sets `clock` by the server's. For composition roots."""
    global _is_ruled
    _is_ruled = True


class LimitedConnection(psycopg.Connection[Any]):
    """A connection that is closed when an answer takes longer than *limit_s*, with OperationalError."""

    limit_s = ANSWER_S
    is_new = True  # nobody has used it yet

    def wait(self, gen: PQGen[Any], interval: float = 0.1, timeout: float | None = None) -> Any:
        limit_s = self.limit_s if timeout is None else timeout
        until = time.monotonic() + limit_s
        try:
            return super().wait(_limited(gen, until), interval)
        except _TooLong:
            self.pgconn.finish()
            raise errors.ConnectionTimeout(f"no answer from the database in {limit_s:g} s") from None


class _TooLong(Exception):
    """The answer takes longer than we wait."""


def _limited(gen: PQGen[Any], until: float) -> PQGen[Any]:
    """*gen*, whose waits are interrupted at the monotonic time *until*. Raises _TooLong."""
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if not ready and time.monotonic() > until:
                gen.close()
                raise _TooLong
            wanted = gen.send(ready)
    except StopIteration as end:
        return end.value


def prepare(made: Engine, limit_s: float) -> None:
    """Give the engine's connections their limits; *limit_s* is that of one statement."""

    @event.listens_for(made, "do_connect")
    def _connect(_dialect: object, _record: object, cargs: Any, cparams: Any) -> LimitedConnection:
        return LimitedConnection.connect(*cargs, **{**cparams, **CONNECTION, **_asked(cparams)})

    @event.listens_for(made, "checkout")
    def _look(connection: LimitedConnection, _record: object, _proxy: object) -> None:
        _look_alive(connection)
        connection.limit_s, connection.is_new = limit_s, False

    statement_s = limit_s - 1  # the server gives up first, and says so

    @event.listens_for(made, "begin")
    def _begin(connection: Connection) -> None:
        limits = {
            "lock_timeout": min(patience.left_s(), statement_s),
            "statement_timeout": statement_s,
            "idle_in_transaction_session_timeout": IDLE_S,
        }
        # One statement: one way to the server and back.
        each = ", ".join(f"set_config('{name}', '{s * 1000:.0f}', true)" for name, s in limits.items())
        # Whatever the query asks for: a cursor on the server’s side would run this only when it is read.
        here = {"stream_results": False, "yield_per": None}
        connection.exec_driver_sql(f"SELECT {each}", execution_options=here)

    @event.listens_for(made, "handle_error")
    def _waited(context: ExceptionContext) -> None:
        if getattr(context.original_exception, "sqlstate", None) == LOCKED:
            patience.spend(patience.LOCK_WAIT_S)


def _asked(cparams: Any) -> dict[str, Any]:
    """The limits that the address itself sets: they stay as they are."""
    return {name: cparams[name] for name in CONNECTION if name in cparams and name != "prepare_threshold"}


def _look_alive(connection: LimitedConnection) -> None:
    """Before a connection is used: does anybody answer? And what time is it there?

    Raises InvalidatePoolError: all that were opened before are thrown away and a new one is tried. A new one
    that does not answer either raises psycopg.Error.
    """
    connection.limit_s = ANSWER_S
    try:
        connection.autocommit = True  # no transaction, so that nothing has to be ended
        (said,) = connection.execute(_NOW).fetchone() or (None,)
        connection.autocommit = False
    except psycopg.Error:
        if connection.is_new:
            raise
        raise InvalidatePoolError from None
    if _is_ruled and said is not None:
        clock.set_by(float(said))
