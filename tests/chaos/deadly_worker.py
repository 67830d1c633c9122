"""`worker.py` with a death written into it: `python tests/chaos/deadly_worker.py [lavori|riconcilia]`.

    PLATEA_DIES     a file that names the step at which jobs kill themselves now (`STEPS`); empty: at none
    PLATEA_DEATHS   the file that gets a line per death
    PLATEA_HOST     the name of the host this worker says it runs on, as if it were another one
    PLATEA_JOBS     how many processes run jobs (1)
    PLATEA_AHEAD_S  by how many seconds the clock of its host is ahead; below 0, behind

A job dies the first time each batch comes by. Nothing of ours is replaced: audit events of Python, events of
SQLAlchemy and one method of RQ tell when the moment has come; which batch the job holds, the database tells.
"""

import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

import rq
from sqlalchemy import Connection, NullPool, create_engine, event, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

import worker
from webapp.host.processes import Supervisor, python
from webapp.life import this_process
from webapp.services import services

HELD = text("SELECT seq, attempt, id FROM batch WHERE status = 'sending' AND lease_owner = :me")
POISONED = 2  # the batch that kills whoever sends it, for `poison`
STEPS = (
    *("after_claim", "before_post", "in_mid_request", "after_post", "after_commit"),
    *("before_acknowledgement", "poison"),
)
Held = tuple[int, int, int]  # seq, attempt and id of a batch


class Doom:
    """Kills the job it runs in at the right moment."""

    def __init__(self, step: Path, deaths: Path) -> None:
        self._step, self._deaths = step, deaths
        self._parent = os.getpid()
        self.sent: Held | None = None  # the batch whose request went out last

    def is_at(self, *steps: str) -> bool:
        return os.getpid() != self._parent and self._step.read_text() in steps

    def held(self) -> Held | None:
        """The batch this process holds, as everybody else sees it."""
        engine = create_engine(services().settings.database_url, poolclass=NullPool)
        with engine.connect() as connection:
            row = connection.execute(HELD, {"me": this_process()}).first()
        return tuple(row) if row else None

    def strike(self, batch: Held | None) -> None:
        """Die if the batch is tried for the first time; of the poisoned one, every time."""
        if batch is not None and (batch[0] == POISONED if self.is_at("poison") else batch[1] == 1):
            self.die(batch)

    def die(self, what: object) -> None:
        line = os.open(self._deaths, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(line, f"{what}\n".encode())
        os.kill(os.getpid(), signal.SIGKILL)


def watch_requests(doom: Doom) -> None:
    """before_post, poison: nothing is out; in_mid_request: the head is out, the body is not."""

    def hook(name: str, arguments: tuple[Any, ...]) -> None:
        if name != "http.client.send" or not doom.is_at(*STEPS):
            return
        is_head = b"/users" in bytes(arguments[1]).split(b"\r\n", 1)[0]
        if is_head and doom.is_at("before_post", "poison"):
            doom.strike(doom.held())
        if not is_head and doom.is_at("in_mid_request"):
            doom.strike(doom.sent)
        if is_head:
            doom.sent = doom.held()

    sys.addaudithook(hook)


def watch_database(doom: Doom) -> None:
    """after_claim; after_post: the answer is here, about to be written; after_commit: it is, for good."""

    @event.listens_for(Session, "after_commit")
    def _committed(_session: Session) -> None:
        if doom.is_at("after_claim"):
            doom.strike(doom.held())
        if doom.is_at("after_commit") and doom.sent and doom.held() is None:
            doom.strike(doom.sent)

    @event.listens_for(Engine, "before_cursor_execute")
    def _write(
        _connection: Connection, _cursor: Any, statement: str, _values: Any, _context: Any, _many: bool
    ) -> None:
        if statement.startswith("UPDATE batch") and "num_received" in statement and doom.is_at("after_post"):
            doom.strike(doom.held())


def watch_acknowledgements(doom: Doom) -> None:
    """before_acknowledgement: the job did everything, RQ has not been told. Every job dies here."""
    acknowledge = rq.Worker.handle_job_success

    def handle_job_success(worker: rq.Worker, job: rq.job.Job, *more: Any, **named: Any) -> None:
        if doom.is_at("before_acknowledgement"):
            doom.die(job.id)
        acknowledge(worker, job, *more, **named)

    rq.Worker.handle_job_success = handle_job_success


def main(arguments: list[str]) -> int:
    if host := os.environ.get("PLATEA_HOST"):
        socket.gethostname = lambda: host
    if ahead_s := float(os.environ.get("PLATEA_AHEAD_S", "0")):
        right = time.time
        time.time = lambda: right() + ahead_s
    if not arguments:
        return _supervise()
    step = os.environ.get("PLATEA_DIES")
    if step and arguments == ["lavori"]:
        doom = Doom(Path(step), Path(os.environ["PLATEA_DEATHS"]))
        for watch in (watch_requests, watch_database, watch_acknowledgements):
            watch(doom)
    return worker.main(arguments)


def _supervise() -> int:
    """As worker.py does, with this file in its place."""
    supervisor = Supervisor()
    supervisor.end_on_signals()
    name = {"PLATEA_WORKER": f"{os.environ.get('PLATEA_HOST', 'qui')}:{os.getpid()}"}
    supervisor.add("riconcilia", python(__file__, "riconcilia"), name, worker.GRACE_S)
    for number in range(int(os.environ.get("PLATEA_JOBS", "1"))):
        supervisor.add(f"lavori-{number + 1}", python(__file__, "lavori"), name, worker.GRACE_S)
    supervisor.watch()
    supervisor.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
