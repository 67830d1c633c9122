"""Work that is done again and again: who does it now, how the last time went, when the next is due.

    Task("e-mail", "Invio delle email", every_s=5, longest_s=300, run=mail.send_due)

The table of all tasks stands in `worker_roles`. Each task is done by one worker at a time: one conditional
statement takes it. An exception ends that run and nothing else: it is logged with a code, counted, shown with
the code on the monitor, and tried again after a wait that doubles. `Partly` is shown and counted alike, but
keeps the pace: what went well must not wait for what did not.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlmodel import Field, Session, SQLModel, col, select, update

from webapp import clock, db
from webapp.rounds import Partly
from webapp.values.identifiers import new_error_code

log = structlog.get_logger(__name__)

LONGEST_WAIT_S = 300.0  # between two tries of what fails; what is done more seldom keeps its own pace
EARLY = 0.1  # of the pace: workers look at moments of their own, and one round too late would be two
LATE_ROUNDS = 6  # as often as this is a run missed before somebody is told
LATE_S = 60.0  # and never sooner
DATABASE_AWAY = "Il database non ha risposto."
UNFORESEEN = "Errore imprevisto ({kind})."


@dataclass(frozen=True)
class Task:
    """*run* every *every_s*; after *longest_s* whoever does it is taken for dead.

    *label* is Italian, for the monitor. The text of an exception of *said* is an Italian sentence that may be
    shown; of all others only the kind is.
    """

    name: str
    label: str
    every_s: float
    longest_s: float
    run: Callable[[], object]
    said: tuple[type[Exception], ...] = ()


class PeriodicRun(SQLModel, table=True):
    """How one task goes. `next_at` and `held_until` are seconds since 1970; *failures* those in a row."""

    __tablename__ = "periodic_run"

    name: str = Field(primary_key=True)
    label: str
    every_s: float
    held_by: str | None = None
    held_until: float = 0
    next_at: float = 0
    started_at: datetime | None = None
    succeeded_at: datetime | None = None
    runs: int = 0
    failed_runs: int = 0
    failures: int = 0
    error: str | None = None
    error_code: str | None = None

    @property
    def is_late(self) -> bool:
        """Whether nobody has done it for much longer than the time between two runs."""
        patience = timedelta(seconds=max(LATE_S, LATE_ROUNDS * self.every_s))
        last, now = self.succeeded_at or self.started_at, clock.now()
        is_at_it = now.timestamp() <= self.held_until
        return last is not None and not is_at_it and not now - patience <= last <= now + patience

    @property
    def is_well(self) -> bool:
        return not self.failures and not self.is_late


_TAKE = text(
    "INSERT INTO periodic_run"
    " (name, label, every_s, held_by, held_until, next_at, started_at, runs, failed_runs, failures)"
    " VALUES (:name, :label, :every_s, :owner, :held_until, :next_at, :started_at, 0, 0, 0)"
    " ON CONFLICT (name) DO UPDATE SET label = excluded.label, every_s = excluded.every_s,"
    " held_by = excluded.held_by, held_until = excluded.held_until, next_at = excluded.next_at,"
    " started_at = excluded.started_at"
    " WHERE (periodic_run.next_at <= :due OR periodic_run.next_at > :farthest)"
    " AND (periodic_run.held_until < :now OR periodic_run.held_until > :longest"
    " OR periodic_run.held_by = excluded.held_by)"
    " RETURNING name"
)


def run_due(tasks: Sequence[Task], owner: str) -> None:
    """Do what is due of *tasks* and nobody else does. Raises only what the database raises meanwhile."""
    with db.writing() as session:
        mine = [task for task in tasks if _take(session, task, owner)]
    for task in mine:
        error = _guarded(task)
        with db.writing() as session:
            _note(session, task, owner, error)


def runs(session: Session) -> list[PeriodicRun]:
    """How every task goes, by label."""
    return list(session.exec(select(PeriodicRun).order_by(PeriodicRun.label)))


@dataclass(frozen=True)
class _Error:
    """The public form of an exception: an Italian sentence without personal data, and the code in the log."""

    sentence: str
    code: str
    is_partial: bool = False


def _take(session: Session, task: Task, owner: str) -> bool:
    now = clock.epoch()
    values = {"name": task.name, "label": task.label, "every_s": task.every_s, "owner": owner, "now": now}
    values |= {"held_until": now + task.longest_s, "next_at": now + task.every_s}
    values |= {"due": now + EARLY * task.every_s, "longest": now + task.longest_s + clock.SLACK_S}
    values["farthest"] = now + max(task.every_s, LONGEST_WAIT_S) + clock.SLACK_S
    values["started_at"] = db.as_stored(session.connection(), clock.now())
    return session.execute(_TAKE, values).first() is not None


def _guarded(task: Task) -> _Error | None:
    """Run the task; what went wrong, whatever it was, told to the log."""
    try:
        task.run()
    except Exception as error:
        told = _Error(_sentence(task, error), new_error_code(), isinstance(error, Partly))
        is_known = isinstance(error, (OperationalError, InterfaceError, Partly, *task.said))
        log.error(
            "lavoro periodico non riuscito",
            task=task.name,
            code=told.code,
            error=type(error).__name__,
            exc_info=None if is_known else error,
        )
        return told
    return None


def _sentence(task: Task, error: Exception) -> str:
    if isinstance(error, (Partly, *task.said)):
        return str(error)
    if isinstance(error, (OperationalError, InterfaceError)):
        return DATABASE_AWAY
    return UNFORESEEN.format(kind=type(error).__name__)


def _note(session: Session, task: Task, owner: str, error: _Error | None) -> None:
    """Write down how it went, unless another one has taken the task over."""
    run = session.get(PeriodicRun, task.name, with_for_update=True)
    if run is None:
        return
    values: dict[str, object] = {"runs": run.runs + 1, "held_until": 0, "failures": 0, "error": None}
    values["error_code"] = None
    if error is None:
        values["succeeded_at"] = clock.now()
    else:
        failures = run.failures + 1
        values |= {"failures": failures, "failed_runs": run.failed_runs + 1}
        values |= {"error": error.sentence, "error_code": error.code}
        if not error.is_partial:
            values["next_at"] = clock.epoch() + wait_s(task, failures)
    session.execute(
        update(PeriodicRun)
        .where(col(PeriodicRun.name) == task.name, col(PeriodicRun.held_by) == owner)
        .values(**values)
    )


def wait_s(task: Task, failures: int) -> float:
    """How long after *failures* in a row the next try comes: twice as long each time, up to a limit."""
    doubled = task.every_s * 2.0 ** min(failures, 20)
    return float(min(doubled, max(task.every_s, LONGEST_WAIT_S)))
