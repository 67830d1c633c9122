"""Looks at the database several times a second and keeps what only shows in passing."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col

from webapp import db
from webapp.destinations.meta.models import MetaAccount
from webapp.uploads.models import Batch
from webapp.uploads.status import BatchStatus

LOOK_EVERY_S = 0.1


@dataclass(frozen=True)
class Held:
    """A batch somebody is sending, as it was last seen."""

    id: int
    attempt: int
    crashes: int
    owner: str
    since: float  # when it was first seen in these hands, seconds since 1970

    @property
    def pid(self) -> int:
        return int(self.owner.rsplit(":", 2)[1])


@dataclass(frozen=True)
class Span:
    start: float
    end: float

    def overlap(self, other: "Span") -> float:
        return max(0.0, min(self.end, other.end) - max(self.start, other.start))


class Watch:
    """`held()`: who sends what now. `resends()`: how long a batch waited after its sender's death."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[int, Held] = {}
        self._attempts: dict[int, int] = {}
        self._deaths: dict[tuple[int, int], float] = {}
        self._resends: list[Span] = []
        self._pauses: dict[float, float] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def held(self) -> list[Held]:
        with self._lock:
            return list(self._held.values())

    def attempt(self, batch_id: int) -> int:
        """The newest attempt of the batch."""
        with self._lock:
            return self._attempts.get(batch_id, 1)

    def died(self, batches: Iterable[Held]) -> None:
        """The senders of *batches* are dead from now on."""
        with self._lock:
            for batch in batches:
                self._deaths[batch.id, batch.attempt] = time.time()

    def resends(self) -> list[Span]:
        """From each death to the moment somebody else had the batch."""
        with self._lock:
            return list(self._resends)

    def pauses(self) -> list[Span]:
        """When an ad account had to rest."""
        with self._lock:
            return [Span(start, until) for until, start in self._pauses.items()]

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_S):
            try:
                self._look()
            except SQLAlchemyError:  # locked, away, starting again
                continue

    def _look(self) -> None:
        with db.reading() as session:
            newer = col(Batch.attempt) > 1
            sending = col(Batch.status) == BatchStatus.SENDING
            fields = (Batch.id, Batch.attempt, Batch.crashes, Batch.lease_owner, Batch.status)
            rows = session.execute(select(*map(col, fields)).where(newer | sending)).all()
            rests = session.execute(select(col(MetaAccount.paused_until))).scalars().all()
        now = time.time()
        with self._lock:
            self._attempts |= {row[0]: row[1] for row in rows}
            self._note_resends(now)
            self._note_held([row for row in rows if row[4] == BatchStatus.SENDING and row[3]], now)
            for until in rests:
                if until > now:
                    self._pauses.setdefault(until, now)

    def _note_resends(self, now: float) -> None:
        for (batch_id, attempt), at in list(self._deaths.items()):
            if self._attempts.get(batch_id, 0) > attempt:
                self._resends.append(Span(at, now))
                del self._deaths[batch_id, attempt]

    def _note_held(self, rows: list, now: float) -> None:
        before, self._held = self._held, {}
        for batch_id, attempt, crashes, owner, _ in rows:
            old = before.get(batch_id)
            since = old.since if old and old.attempt == attempt else now
            self._held[batch_id] = Held(batch_id, attempt, crashes, owner, since)
