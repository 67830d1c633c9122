"""`worker.py` with a death written into it: `python tests/chaos/deadly_worker.py [lavori|riconcilia]`.

    PLATEA_DIES     where a job kills itself (`DEATHS`), the first time each batch comes by; empty: nowhere
    PLATEA_DEATHS   the file that gets a line per death
    PLATEA_HOST     the name of the host this worker says it runs on, as if it were another one
    PLATEA_JOBS     how many processes run jobs (1)

Nothing of ours is replaced. Python's audit events, SQLAlchemy's events and one method of RQ tell when the
moment has come; which batch the job holds is asked of the database.
"""

import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

import rq
from sqlalchemy import Connection, NullPool, create_engine, event, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

import worker
from webapp.processes import Household, python
from webapp.services import services
from webapp.workers import this_process

HELD = text("SELECT seq, attempt FROM batch WHERE status = 'sending' AND lease_owner = :me")
POISONED = 2  # the batch that kills whoever sends it, for `poison`


class Doom:
    """Kills this process at the right moment, if it is a job that holds a batch for the first time."""

    def __init__(self, point: str, deaths: str) -> None:
        self._point, self._deaths = point, deaths
        self._parent = os.getpid()
        self.sent: tuple[int, int] | None = None  # the batch whose request went out last

    @property
    def in_job(self) -> bool:
        return os.getpid() != self._parent

    def held(self) -> tuple[int, int] | None:
        """(seq, attempt) of the batch this process holds, as everybody else sees it."""
        engine = create_engine(services().settings.database_url, poolclass=NullPool)
        with engine.connect() as connection:
            row = connection.execute(HELD, {"me": this_process()}).first()
        return (row[0], row[1]) if row else None

    def strike(self, batch: tuple[int, int] | None) -> None:
        if self._point == "poison":
            due = batch is not None and batch[0] == POISONED
        else:
            due = batch is not None and batch[1] == 1
        if due:
            self.die(batch)

    def die(self, batch: object) -> None:
        line = os.open(self._deaths, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(line, f"{self._point} {batch}\n".encode())
        os.kill(os.getpid(), signal.SIGKILL)


def after_claim(doom: Doom) -> None:
    @event.listens_for(Session, "after_commit")
    def _committed(_session: Session) -> None:
        if doom.in_job:
            doom.strike(doom.held())


def before_post(doom: Doom) -> None:
    _on_request(lambda data: b"/users" in data.split(b"\r\n", 1)[0] and doom.strike(doom.held()))


def in_mid_request(doom: Doom) -> None:
    """The head of the request is out, its body is not."""

    def look(data: bytes) -> None:
        if doom.sent is not None:
            doom.strike(doom.sent)
        doom.sent = doom.held() if b"/users" in data.split(b"\r\n", 1)[0] else None

    _on_request(look)


def after_post(doom: Doom) -> None:
    """The answer is here, and about to be written down."""

    @event.listens_for(Engine, "before_cursor_execute")
    def _write(
        _connection: Connection, _cursor: Any, statement: str, _values: Any, _context: Any, _many: bool
    ) -> None:
        if statement.startswith("UPDATE batch") and "num_received" in statement and doom.in_job:
            doom.strike(doom.held())


def after_commit(doom: Doom) -> None:
    """The result is written down for good."""

    def remember(data: bytes) -> None:
        if b"/users" in data.split(b"\r\n", 1)[0]:
            doom.sent = doom.held()

    _on_request(remember)

    @event.listens_for(Session, "after_commit")
    def _committed(_session: Session) -> None:
        if doom.sent and doom.in_job and doom.held() is None:
            doom.strike(doom.sent)


def before_acknowledgement(doom: Doom) -> None:
    """The job did everything; RQ has not been told. Every job dies here."""

    def killed(_worker: rq.Worker, job: rq.job.Job, *_more: Any, **_named: Any) -> None:
        doom.die(job.func_name)

    rq.Worker.handle_job_success = killed


DEATHS: dict[str, Callable[[Doom], None]] = {
    "after_claim": after_claim,
    "before_post": before_post,
    "in_mid_request": in_mid_request,
    "after_post": after_post,
    "after_commit": after_commit,
    "before_acknowledgement": before_acknowledgement,
    "poison": before_post,
}


def _on_request(look: Callable[[bytes], Any]) -> None:
    """*look* at every piece that this process is about to send over HTTP."""

    def hook(name: str, arguments: tuple[Any, ...]) -> None:
        if name == "http.client.send":
            look(bytes(arguments[1]))

    sys.addaudithook(hook)


def main(arguments: list[str]) -> int:
    if host := os.environ.get("PLATEA_HOST"):
        socket.gethostname = lambda: host
    if not arguments:
        return _supervise()
    point = os.environ.get("PLATEA_DIES")
    if point and arguments == ["lavori"]:
        DEATHS[point](Doom(point, os.environ["PLATEA_DEATHS"]))
    return worker.main(arguments)


def _supervise() -> int:
    """As worker.py does, with this file in its place."""
    household = Household()
    household.end_on_signals()
    name = {"PLATEA_WORKER": f"{os.environ.get('PLATEA_HOST', 'qui')}:{os.getpid()}"}
    household.add("riconcilia", python(__file__, "riconcilia"), name, worker.GRACE_S)
    for number in range(int(os.environ.get("PLATEA_JOBS", "1"))):
        household.add(f"lavori-{number + 1}", python(__file__, "lavori"), name, worker.GRACE_S)
    household.watch()
    household.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
