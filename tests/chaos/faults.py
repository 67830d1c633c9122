"""The kinds of fault of a random run. Each is a function of the scene: it strikes, and says if it found whom.

A batch is struck once at most: three deaths of its senders and it is set aside, which is another test's
question (`test_endings`).
"""

import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import requests
from sqlalchemy import select
from sqlmodel import col

from tests.chaos import process_tree
from tests.chaos.crew import Crew
from tests.chaos.redis_server import RedisServer
from tests.chaos.watch import Held, Span, Watch
from tests.support.running import Simulator
from webapp import db
from webapp.config import ROOT, Settings
from webapp.host.processes import python
from webapp.uploads.models import BatchEvent

JOBS_AGAIN_S = 12.0  # until the jobs that a Redis lost were enqueued again

HOLD_WRITE_LOCK = """
import sys, time
from sqlalchemy import text
from webapp import db
engine = db.connect(sys.argv[1], pooled=False)
with engine.begin() as connection:
    if engine.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE batch, upload, turn IN EXCLUSIVE MODE"))
    time.sleep(float(sys.argv[2]))
"""


@dataclass
class Scene:
    """Where it happens, and what has happened so far. *outages*: when something all depend on was away."""

    settings: Settings
    simulator: Simulator
    redis: RedisServer
    crew: Crew
    watch: Watch
    chance: random.Random
    lock_s: tuple[float, float]  # how long the database stays locked
    pause_minutes: float  # what the simulated Meta asks for when it wants to rest
    latency_s: float = 1.0  # of the simulated Meta, now
    outages: list[Span] = field(default_factory=list)
    stopped: set[int] = field(default_factory=set)  # jobs that stand still
    has_fenced: bool = False  # one of them came back with a late result, which was refused
    later: list[threading.Thread] = field(default_factory=list)
    errands: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def victim(self) -> Held | None:
        """Somebody whose request is on its way, and whose batch was never struck."""
        now = time.time()
        fresh = [held for held in self.watch.held() if not held.crashes and held.pid not in self.stopped]
        ripe = [held for held in fresh if 0.1 < now - held.since < 0.6 * self.latency_s]
        return self.chance.choice(sorted(ripe, key=lambda held: held.id)) if ripe else None

    def may_lose(self, pid: int | None = None) -> bool:
        """Whether everything may die (below *pid*): jobs that stand still live until one has come back."""
        at_stake = [job for job in self.stopped if pid is None or pid in _ancestors(job)]
        return self.has_fenced or not at_stake

    def held_below(self, pid: int) -> list[Held]:
        """What the jobs of that worker, or of all workers of that host, hold."""
        return [held for held in self.watch.held() if pid in _ancestors(held.pid)]

    def begin(self, work: Callable[[], None]) -> None:
        """Something that takes its time beside the next faults."""
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        self.later.append(thread)

    def run_errands(self) -> None:
        """Do what is due. Not in a thread: the kernel ends a process with the thread that started it."""
        for errand in [errand for errand in self.errands if errand[0] <= time.time()]:
            self.errands.remove(errand)
            errand[1]()

    def finish(self) -> None:
        """Wait until everything that was begun is over."""
        while self.errands:
            self.run_errands()
            time.sleep(0.05)
        for thread in self.later:
            thread.join()


def kill_job(scene: Scene) -> bool:
    held = scene.victim()
    if held is None or not process_tree.strike(held.pid):
        return False
    scene.watch.died([held])
    return True


def kill_worker(scene: Scene) -> bool:
    """Only the worker: its job has to end with it."""
    return _kill_above(scene, and_job=False)


def kill_worker_and_job(scene: Scene) -> bool:
    return _kill_above(scene, and_job=True)


def kill_host(scene: Scene) -> bool:
    """Everything on it at once, as when the power fails."""
    held = scene.victim()
    above = _ancestors(held.pid) if held else []
    hosts = [host for host in scene.crew.hosts() if host in above]
    if not hosts:
        return False
    struck = scene.held_below(hosts[0])
    if any(other.crashes for other in struck) or not scene.may_lose(hosts[0]):
        return False
    if not process_tree.strike(hosts[0]):
        return False
    scene.watch.died(struck)
    return True


def kill_reconciler(scene: Scene) -> bool:
    found = scene.crew.processes("riconcilia")
    return bool(found) and process_tree.strike(scene.chance.choice(sorted(found)))


def stop_and_go_on(scene: Scene) -> bool:
    """A job that stands still for longer than its lease and then goes on as if nothing had happened."""
    held = scene.victim()
    if held is None or not process_tree.strike(held.pid, signal.SIGSTOP):
        return False
    scene.stopped.add(held.pid)
    longest = scene.settings.lease_s + scene.settings.reconcile_s + 20

    def go_on() -> None:
        _wait(lambda: scene.watch.attempt(held.id) > held.attempt, longest)
        process_tree.strike(held.pid, signal.SIGCONT)
        _wait(lambda: process_tree.parent(held.pid) is None or _was_fenced(held), 20)
        scene.has_fenced |= _was_fenced(held)
        scene.stopped.discard(held.pid)

    scene.begin(go_on)
    return True


def kill_redis(scene: Scene) -> bool:
    if scene.errands or not scene.may_lose():  # it is away already; a worker without it may end
        return False
    start, away_s = time.time(), scene.chance.uniform(0.5, 3)
    scene.outages.append(Span(start, start + away_s + scene.settings.reconcile_s + JOBS_AGAIN_S))
    scene.redis.kill()
    scene.errands.append((start + away_s, scene.redis.start))
    return True


def empty_redis(scene: Scene) -> bool:
    if scene.errands or not scene.may_lose():
        return False
    scene.redis.empty()
    scene.outages.append(Span(time.time(), time.time() + scene.settings.reconcile_s + JOBS_AGAIN_S))
    return True


def lock_database(scene: Scene) -> bool:
    """Another process holds the write lock for some seconds."""
    seconds = scene.chance.uniform(*scene.lock_s)
    holder = python("-c", HOLD_WRITE_LOCK, scene.settings.database_url, str(seconds))
    process = subprocess.Popen(holder, cwd=ROOT)
    scene.outages.append(Span(time.time(), time.time() + seconds + 3))
    scene.begin(lambda: process.wait() and None)
    return True


def answer_badly(**order: object) -> Callable[[Scene], bool]:
    """The next request for users is answered like that."""

    def strike(scene: Scene) -> bool:
        if _is_one_ordered(scene):
            return False
        scene.simulator.order(on="POST /users", **order)
        return True

    return strike


def ask_to_rest(scene: Scene) -> bool:
    if _is_one_ordered(scene):
        return False
    scene.simulator.order(fault="80003", on="POST /users", minutes=scene.pause_minutes)
    return True


# name in the report → (how it strikes, how often among a hundred)
KINDS: dict[str, tuple[Callable[[Scene], bool], int]] = {
    "job ucciso": (kill_job, 16),
    "worker ucciso": (kill_worker, 10),
    "worker e job uccisi": (kill_worker_and_job, 8),
    "host spento": (kill_host, 6),
    "job fermo oltre la presa": (stop_and_go_on, 9),
    "riconciliatore ucciso": (kill_reconciler, 8),
    "Redis ucciso e vuoto": (kill_redis, 6),
    "Redis svuotato": (empty_redis, 4),
    "database bloccato": (lock_database, 4),
    "Meta: errore 500": (answer_badly(fault="1"), 4),
    "Meta: pagina HTML 502": (answer_badly(fault="html_502"), 4),
    "Meta: pagina HTML con 200": (answer_badly(fault="html_200"), 3),
    "Meta: linea tagliata prima": (answer_badly(fault="cut_before"), 4),
    "Meta: linea tagliata dopo": (answer_badly(fault="cut_after_commit"), 7),
    "Meta: a metà risposta": (answer_badly(fault="cut_mid_answer"), 4),
    "Meta: a gocce": (answer_badly(fault="drip", bytes_per_s=100), 3),
    "Meta: limite di chiamate": (ask_to_rest, 3),
}


def schedule(count: int, chance: random.Random) -> list[str]:
    """*count* kinds, each as often as it is due and at least once, in the order that *chance* decides."""
    total = sum(weight for _, weight in KINDS.values())
    due = {name: max(1, round(weight * count / total)) for name, (_, weight) in KINDS.items()}
    names = [name for name, times in due.items() for _ in range(times)]
    names += list(KINDS)[: max(0, count - len(names))]  # what rounding left out
    chance.shuffle(names)
    return names


def requests_while_resting(simulator: Simulator, pauses: list[Span], grace_s: float = 1.0) -> int:
    """Requests for users that came in a pause; those on their way when it began are none."""
    calls = requests.get(f"{simulator.graph_url}/_sim/calls", timeout=60).json()["calls"]
    moments = [call["at"] for call in calls if call["kind"] == "POST /users"]
    return sum(any(span.start + grace_s < at < span.end for span in pauses) for at in moments)


def net_waits(resends: list[Span], away: list[Span]) -> list[float]:
    """How long each resend took, without the time in which nobody could have sent."""
    return [span.end - span.start - sum(span.overlap(other) for other in away) for span in resends]


def _is_one_ordered(scene: Scene) -> bool:
    """Whether the last answer ordered is still to come: piled up in a pause, all would hit one batch, and a
    batch is set aside after eight of them."""
    answer = requests.get(f"{scene.simulator.graph_url}/_sim/faults", timeout=60).json()
    return bool(answer["faults"])


def _kill_above(scene: Scene, and_job: bool) -> bool:
    held = scene.victim()
    worker = process_tree.parent(held.pid) if held else None
    if held is None or worker is None or not process_tree.strike(worker):
        return False
    if and_job:
        process_tree.strike(held.pid)
    scene.watch.died([held])
    return True


def _ancestors(pid: int) -> list[int]:
    found: list[int] = []
    above = process_tree.parent(pid)
    while above and above > 1 and len(found) < 8:
        found.append(above)
        above = process_tree.parent(above)
    return found


def _wait(condition: Callable[[], bool], longest_s: float) -> None:
    until = time.monotonic() + longest_s
    while time.monotonic() < until and not condition():
        time.sleep(0.05)


def _was_fenced(held: Held) -> bool:
    with db.reading() as session:
        mine = (col(BatchEvent.batch_id) == held.id, col(BatchEvent.attempt) == held.attempt)
        late = select(col(BatchEvent.id)).where(*mine, col(BatchEvent.kind) == "fenced")
        return session.execute(late).first() is not None
