"""A job that dies at a given step, for twenty batches each: nobody is lost and nobody is counted twice."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.chaos.balance import Balance, strike
from tests.chaos.conftest import emails
from tests.chaos.fault_proxy import FaultProxy
from tests.support.running import wait_until
from tests.uploads.conftest import World, is_final, read
from webapp.uploads.models import Upload
from webapp.uploads.status import UploadStatus

BATCHES, ROWS = 20, 100
ROWS_OF_A_BATCH = re.compile(rb'"data":\[\[.*\]\]')
# step → how the report calls it, and whether Meta has had the rows when the job dies there
STEPS = {
    "after_claim": ("dopo la presa in carico", False),
    "before_post": ("prima della richiesta", False),
    "in_mid_request": ("a metà della richiesta", False),
    "in_mid_answer": ("a metà della risposta", True),
    "after_post": ("dopo la risposta", True),
}
LATE_STEPS = {
    "after_commit": "dopo la scrittura dell’esito",
    "before_acknowledgement": "prima della conferma a RQ",
}


@dataclass
class Reaper:
    """Tells the jobs where to die: `at("after_claim")`. `killed` counts since then."""

    step: Path
    deaths: Path
    answers: set[bytes]

    def at(self, step: str) -> None:
        self.deaths.write_text("")
        self.answers.clear()
        self.step.write_text(step)

    def is_due(self, asked: bytes) -> bool:
        """For the proxy: whether these rows are answered for the first time, and to be cut in the middle."""
        rows = ROWS_OF_A_BATCH.search(asked)
        if self.step.read_text() != "in_mid_answer" or rows is None or rows[0] in self.answers:
            return False
        self.answers.add(rows[0])
        return True

    @property
    def killed(self) -> int:
        return len(set(self.deaths.read_text().splitlines())) + len(self.answers)


@pytest.fixture
def reaper(connected, make_crew, tmp_path):
    """Two processes that run jobs and die where they are told to."""
    made = Reaper(tmp_path / "step", tmp_path / "deaths", set())
    made.at("")
    proxy = FaultProxy(urlsplit(connected.graph_url).port, made.is_due)
    settings = replace(connected, reconcile_s=0.2, graph_url=f"http://127.0.0.1:{proxy.port}")
    make_crew(settings).add(jobs=2, PLATEA_DIES=str(made.step), PLATEA_DEATHS=str(made.deaths))
    yield made
    proxy.stop()


@pytest.fixture
def note(report, kind) -> Callable[[str, int, Balance], None]:
    def add(step: str, kills: int, balance: Balance) -> None:
        report.add(
            "Lavori uccisi a un passo preciso, 20 lotti per passo",
            database=kind,
            passo=step,
            uccisioni=kills,
            lotti=balance.batches,
            persi=balance.lost,
            contati_in_più=balance.over,
            contati_in_meno=balance.under,
            righe_ripetute=balance.duplicates,
        )

    return add


@pytest.mark.timeout(600)
def test_a_job_killed_at_every_batch_loses_and_doubles_nobody(reaper, make_world, note):
    for step, (name, has_arrived) in STEPS.items():
        reaper.at(step)
        balance = _run([make_world(f"{step}-", BATCHES * ROWS)], [f"{step}-"], BATCHES * ROWS)

        note(name, reaper.killed, balance)
        assert balance.is_even and balance.batches == BATCHES, step
        assert reaper.killed == balance.taken_back == BATCHES, step
        assert balance.duplicates == (BATCHES * ROWS if has_arrived else 0), step  # taken twice, counted once


@pytest.mark.timeout(600)
def test_a_job_killed_after_its_work_does_not_do_it_again(reaper, make_world, note):
    for step, name in LATE_STEPS.items():
        reaper.at(step)
        names = [f"{step}-{number}-" for number in range(BATCHES)]
        balance = _run([make_world(name, ROWS) for name in names], names, ROWS)

        note(name, reaper.killed, balance)
        assert balance.is_even and balance.batches == BATCHES, step
        assert reaper.killed >= BATCHES and balance.duplicates == 0, step


def _run(worlds: list[World], names: list[str], contacts: int) -> Balance:
    """The balance of an upload of everybody in each world, once they are through."""
    uploads: list[Upload] = [world.start() for world in worlds]
    wait_until(lambda: all(is_final(upload) for upload in uploads), within_s=200)
    assert {read(upload).status for upload in uploads} == {UploadStatus.COMPLETED}
    people = [email for name in names for email in emails(name, contacts)]
    return strike([upload.id or 0 for upload in uploads], people, worlds[0].simulator)
