"""How workers end when asked to, and what becomes of a batch that kills whoever sends it."""

import time

from tests.chaos.balance import strike
from tests.chaos.conftest import emails, tune
from tests.chaos.deadly_worker import POISONED
from tests.support.running import wait_until
from tests.uploads.conftest import is_final, read
from tests.uploads.engine.test_sending import batches
from webapp.uploads.status import BatchStatus, UploadStatus

ENDED_WITHIN_S = 30.0


def test_a_worker_asked_to_end_finishes_its_batch_and_leaves_none_in_its_hands(
    make_world, connected, make_crew, report, kind
):
    world = make_world("a", 16 * 100)
    tune(world.simulator, latency_s=2.0)
    crew = make_crew(connected)
    host = crew.add(jobs=2)
    upload = world.start()
    wait_until(lambda: _in(upload, BatchStatus.SENDING), within_s=60)

    start = time.monotonic()
    host.process.terminate()
    code = host.process.wait(60)
    took = time.monotonic() - start

    report.add(
        "Worker a cui si chiede di finire",
        database=kind,
        s_per_finire=took,
        in_mano=_in(upload, BatchStatus.SENDING),
    )
    assert code == 0
    assert took < ENDED_WITHIN_S
    assert _in(upload, BatchStatus.SENDING) == 0
    assert _in(upload, BatchStatus.SENT) >= 1
    tune(world.simulator, latency_s=0.0)
    crew.add()
    wait_until(lambda: is_final(upload), within_s=90)
    balance = strike([upload.id], emails("a", 1600), world.simulator)
    assert balance.is_even and balance.duplicates == 0


def test_a_batch_that_kills_three_workers_is_set_aside_and_the_others_arrive(
    make_world, connected, make_crew, tmp_path
):
    world, deaths, step = make_world("a", 6 * 100), tmp_path / "deaths", tmp_path / "step"
    step.write_text("poison")
    make_crew(connected).add(jobs=2, PLATEA_DIES=str(step), PLATEA_DEATHS=str(deaths))

    upload = world.start()
    wait_until(lambda: is_final(upload), within_s=90)

    done = read(upload)
    assert done.status == UploadStatus.COMPLETED_WITH_WARNINGS
    assert [batch.seq for batch in batches(upload) if batch.status == BatchStatus.FAILED] == [POISONED]
    assert len(deaths.read_text().splitlines()) == 3
    assert len(world.simulator.received(done.audience_id)) == 5 * 100


def _in(upload, status: BatchStatus) -> int:
    return sum(batch.status == status for batch in batches(upload))
