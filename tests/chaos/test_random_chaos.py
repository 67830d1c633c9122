"""Everything that can go wrong, at random and at once, with real processes; then the books must balance."""

import random
import time
from collections import Counter
from dataclasses import dataclass, replace

import pytest

from tests.chaos import faults
from tests.chaos.balance import Balance, strike
from tests.chaos.conftest import IS_LONG, SEED, emails, tune
from tests.chaos.faults import KINDS, Scene
from tests.chaos.watch import Watch
from tests.support.running import wait_until
from tests.uploads.conftest import is_final, read
from tests.uploads.engine.test_sending import batches
from webapp.uploads.status import BatchStatus, UploadStatus

RESENT_WITHIN_S = 75.0  # a lease of 60 s, a round of the reconciler, somebody who has time


@dataclass(frozen=True)
class Size:
    batches: int
    faults: int
    gap_s: tuple[float, float]  # between two faults
    lock_s: tuple[float, float]
    pause_minutes: float
    settle_s: float  # after the last fault
    leases: dict[str, float]


LONG = Size(
    batches=400,
    faults=110,
    gap_s=(1.5, 5),
    lock_s=(3, 12),
    pause_minutes=1,
    settle_s=400,
    leases={"lease_s": 60.0, "heartbeat_s": 15.0, "reconcile_s": 5.0},
)
SHORT = Size(
    batches=72,
    faults=24,
    gap_s=(0.3, 1.2),
    lock_s=(1, 2),
    pause_minutes=0.05,
    settle_s=90,
    leases={"lease_s": 4.0, "heartbeat_s": 1.0, "reconcile_s": 0.5},
)
SIZE = LONG if IS_LONG else SHORT
SENDERS = 3  # how many of the four send at a time, on average, while they are being killed


@pytest.fixture
def scene(connected, simulator, redis_server, make_crew):
    settings = replace(connected, **SIZE.leases)
    crew, watch = make_crew(settings), Watch()
    yield Scene(
        settings, simulator, redis_server, crew, watch, random.Random(SEED), SIZE.lock_s, SIZE.pause_minutes
    )
    watch.stop()


@pytest.mark.timeout(3600 if IS_LONG else 600)
def test_whatever_happens_nobody_is_lost_and_nobody_is_counted_twice(scene, make_world, report, kind):
    world = make_world("a", SIZE.batches * 100)
    for host in ("", "altrove"):
        scene.crew.add(host, jobs=2)
    scene.crew.keep()
    upload = world.start()
    wait_until(lambda: sent(upload), within_s=120)

    struck = rage(scene, upload)
    scene.finish()
    ended = time.time()
    wait_until(lambda: is_final(upload), within_s=SIZE.settle_s)

    balance = strike([upload.id], emails("a", SIZE.batches * 100), world.simulator)
    waits = faults.net_waits(scene.watch.resends(), scene.outages + scene.watch.pauses())
    resting = faults.requests_while_resting(world.simulator, scene.watch.pauses())
    note(report, kind, struck, balance, time.time() - ended, max(waits, default=0.0), resting)
    assert balance.is_even
    assert read(upload).status == UploadStatus.COMPLETED
    assert resting == 0
    assert balance.fenced >= 1, "no late result was refused: the run proved nothing"
    assert struck.total() >= SIZE.faults
    assert max(waits) <= RESENT_WITHIN_S


def rage(scene: Scene, upload) -> Counter[str]:
    """Strike by the schedule while the upload runs; what struck, by kind."""
    struck: Counter[str] = Counter()
    planned = faults.schedule(SIZE.faults, scene.chance)
    while planned and not is_final(upload):
        pace(scene, upload, len(planned))
        wait(scene, scene.chance.uniform(*SIZE.gap_s))
        # The first of the plan that finds a victim now; the others keep their turn.
        for name in planned:
            if KINDS[name][0](scene):
                struck[name] += 1
                planned.remove(name)
                break
    tune(scene.simulator, latency_s=0.2)
    return struck


def wait(scene: Scene, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        scene.run_errands()
        time.sleep(0.05)


def pace(scene: Scene, upload, faults_left: int) -> None:
    """Let the simulated Meta take as long for each batch as the faults that are left need to happen."""
    left = SIZE.batches - len(sent(upload))
    time_left = 5 + faults_left * (sum(SIZE.gap_s) / 2)
    scene.latency_s = round(min(6.0, max(1.0, time_left * SENDERS / max(1, left))), 2)
    tune(scene.simulator, latency_s=scene.latency_s)


def sent(upload) -> list:
    return [batch for batch in batches(upload) if batch.status == BatchStatus.SENT]


def note(report, kind, struck, balance: Balance, settled_s, worst_s, resting) -> None:
    report.add(
        f"Guasti a caso (seme {SEED}): i conti alla fine",
        database=kind,
        guasti=struck.total(),
        lotti=balance.batches,
        persi=balance.lost,
        utenti=balance.counted,
        in_più=balance.over,
        in_meno=balance.under,
        righe_ripetute=balance.duplicates,
        esiti_tardivi_scartati=balance.fenced,
        ripresi=balance.taken_back,
        s_per_finire=settled_s,
        s_al_più_dal_morto_al_reinvio=worst_s,
        richieste_in_pausa=resting,
    )
    for name in KINDS:
        report.add(f"Guasti a caso (seme {SEED}): per tipo", database=kind, guasto=name, volte=struck[name])
