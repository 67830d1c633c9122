"""Which workers are alive, from their own signals in the database: the pages say so, support reads it."""

import os
import socket
from datetime import datetime, timedelta

from sqlalchemy import delete, text
from sqlmodel import Field, Session, SQLModel, col, select

from webapp import clock, db
from webapp.life import this_process

KEPT = timedelta(days=1)
SILENT_AFTER = timedelta(seconds=45)  # a worker signs every 5 s


class WorkerSignal(SQLModel, table=True):
    __tablename__ = "worker_signal"

    name: str = Field(primary_key=True)
    host: str
    pid: int
    version: str
    started_at: datetime
    seen_at: datetime = Field(index=True)
    clock_off_s: float = 0  # by how much its host's clock is ahead of the database's

    @property
    def has_wrong_clock(self) -> bool:
        return abs(self.clock_off_s) > clock.SLACK_S


class Turn(SQLModel, table=True):
    """A task that one process at a time does; who holds it and until when (seconds since 1970)."""

    __tablename__ = "turn"

    name: str = Field(primary_key=True)
    owner: str
    until: float


# One statement: who finds no row and who finds one whose time is over cannot both be the first.
_TAKE = text(
    "INSERT INTO turn (name, owner, until) VALUES (:name, :owner, :until)"
    " ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until"
    " WHERE turn.until < :now OR turn.until > :most OR turn.owner = excluded.owner"
    " RETURNING name"
)


def take_turn(session: Session, name: str, owner: str, seconds: float) -> bool:
    """Whether *owner* may do the task now; a holder that died is replaced when its time is over.

    *seconds* is the same for everybody who wants the task: a turn that lasts longer is one that a wrong
    clock wrote.
    """
    now = clock.epoch()
    values = {"name": name, "owner": owner, "until": now + seconds, "now": now}
    values["most"] = now + seconds + clock.SLACK_S
    return session.execute(_TAKE, values).first() is not None


def this_worker() -> str:
    """The name this process's worker signs with, which is not that of the process that runs its jobs."""
    return os.environ.get("PLATEA_WORKER") or this_process()


def sign(session: Session, name: str, version: str, started_at: datetime, clock_off_s: float = 0) -> None:
    signal = session.get(WorkerSignal, name) or WorkerSignal(
        name=name,
        host=socket.gethostname(),
        pid=os.getpid(),
        version=version,
        started_at=started_at,
        seen_at=started_at,
    )
    signal.seen_at, signal.clock_off_s = clock.now(), clock_off_s
    session.add(signal)


def sweep(session: Session) -> None:
    """Forget workers and turns of long ago: each worker that ever ran, and each double click, left a row.

    What is dated a day ahead was written by a wrong clock, and would stay for ever.
    """
    now, seen, until = clock.now(), col(WorkerSignal.seen_at), col(Turn.until)
    session.execute(delete(WorkerSignal).where((seen < now - KEPT) | (seen > now + KEPT)))
    long_ago, far_ahead = (now - KEPT).timestamp(), (now + KEPT).timestamp()
    session.execute(delete(Turn).where((until < long_ago) | (until > far_ahead)))


def sweep_old() -> None:
    with db.writing() as session:
        sweep(session)


def alive(session: Session) -> list[WorkerSignal]:
    """Workers that signed lately, by name."""
    seen_lately = col(WorkerSignal.seen_at).between(lately(), soon())
    return list(session.exec(select(WorkerSignal).where(seen_lately).order_by(WorkerSignal.name)))


def lately() -> datetime:
    """The moment after which a signature means that a worker is alive, if it was not after `soon()`."""
    return clock.now() - SILENT_AFTER


def soon() -> datetime:
    """The moment after which a signature shows a wrong clock: its worker may be long dead."""
    return clock.now() + timedelta(seconds=clock.SLACK_S)
