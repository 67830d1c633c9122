"""Which workers are alive, from their own signals in the database: the pages say so, support reads it."""

import os
import socket
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, update
from sqlmodel import Field, Session, SQLModel, col, select

from webapp import clock

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


class Turn(SQLModel, table=True):
    """A task that one process at a time does; who holds it and until when (seconds since 1970)."""

    __tablename__ = "turn"

    name: str = Field(primary_key=True)
    owner: str
    until: float


def take_turn(session: Session, name: str, owner: str, seconds: float) -> bool:
    """Whether *owner* may do the task now; a holder that died is replaced when its time is over."""
    now = clock.epoch()
    free = (col(Turn.until) < now) | (col(Turn.owner) == owner)
    taken = update(Turn).where(col(Turn.name) == name, free).values(owner=owner, until=now + seconds)
    if session.execute(taken.returning(col(Turn.name))).first():
        return True
    if session.get(Turn, name) is not None:
        return False
    session.add(Turn(name=name, owner=owner, until=now + seconds))
    return True


def this_process() -> str:
    """host:pid:start, the owner written on leases; the start tells apart two lives of one pid."""
    return f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid()) or 0}"


def this_worker() -> str:
    """The name this process's worker signs with, which is not that of the process that runs its jobs."""
    return os.environ.get("PLATEA_WORKER") or this_process()


def is_gone(owner: str) -> bool:
    """True only for an owner of this host whose process certainly ended; for other hosts only leases tell."""
    host, pid, started = owner.rsplit(":", 2)
    if host != socket.gethostname() or started == "0":
        return False
    return _started(int(pid)) != started


def _started(pid: int) -> str | None:
    """The kernel's start tick of a process (Linux), None when there is no such process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]


def sign(session: Session, name: str, version: str, started_at: datetime) -> None:
    signal = session.get(WorkerSignal, name) or WorkerSignal(
        name=name,
        host=socket.gethostname(),
        pid=os.getpid(),
        version=version,
        started_at=started_at,
        seen_at=started_at,
    )
    signal.seen_at = clock.now()
    session.add(signal)


def sweep(session: Session) -> None:
    """Forget workers and turns of long ago: each worker that ever ran, and each double click, left a row."""
    now = clock.now()
    session.execute(delete(WorkerSignal).where(col(WorkerSignal.seen_at) < now - KEPT))
    session.execute(delete(Turn).where(col(Turn.until) < (now - KEPT).timestamp()))


def alive(session: Session) -> list[WorkerSignal]:
    """Workers that signed lately, by name."""
    seen_lately = col(WorkerSignal.seen_at) > lately()
    return list(session.exec(select(WorkerSignal).where(seen_lately).order_by(WorkerSignal.name)))


def lately() -> datetime:
    """Who signed after that is alive."""
    return clock.now() - SILENT_AFTER
