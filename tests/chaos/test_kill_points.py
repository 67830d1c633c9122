"""A job that dies at a given step, for twenty batches each: nobody is lost and nobody is counted twice."""

import re
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from tests.chaos.balance import Balance, strike
from tests.chaos.conftest import emails
from tests.chaos.fault_proxy import FaultProxy
from tests.running import wait_until
from tests.uploads.conftest import is_final, read
from webapp.uploads.status import UploadStatus

BATCHES, ROWS = 20, 100
STEPS = {
    "after_claim": "dopo la presa in carico",
    "before_post": "prima della richiesta",
    "in_mid_request": "a metà della richiesta",
    "in_mid_answer": "a metà della risposta",
    "after_post": "dopo la risposta",
    "after_commit": "dopo la scrittura dell’esito",
    "before_acknowledgement": "prima della conferma a RQ",
}


@pytest.fixture
def quick(connected):
    return replace(connected, reconcile_s=0.2)


@pytest.fixture
def deaths(tmp_path):
    """`deaths()` → what every killed job wrote last."""
    path = tmp_path / "deaths"
    path.touch()

    def read_lines() -> list[str]:
        return path.read_text().splitlines()

    read_lines.path = str(path)
    return read_lines


@pytest.fixture
def note(report, kind):
    def add(point: str, kills: int, balance: Balance) -> None:
        report.add(
            "Lavori uccisi a un passo preciso, 20 lotti per passo",
            database=kind,
            passo=STEPS[point],
            uccisioni=kills,
            lotti=balance.batches,
            persi=balance.lost,
            contati_in_più=balance.over,
            contati_in_meno=balance.under,
            righe_ripetute=balance.duplicates,
        )

    return add


@pytest.mark.parametrize("point", ["after_claim", "before_post", "in_mid_request", "after_post"])
def test_a_job_killed_at_every_batch_loses_and_doubles_nobody(
    point, make_world, quick, make_crew, deaths, note
):
    world = make_world("a", BATCHES * ROWS)
    make_crew(quick).add(jobs=2, PLATEA_DIES=point, PLATEA_DEATHS=deaths.path)

    upload = world.start()
    wait_until(lambda: is_final(upload), within_s=120)

    balance = strike([upload.id], emails("a", BATCHES * ROWS), world.simulator)
    note(point, len(deaths()), balance)
    assert read(upload).status == UploadStatus.COMPLETED
    assert balance.is_even and balance.batches == BATCHES
    assert len(set(deaths())) == BATCHES


def test_a_job_killed_in_the_middle_of_every_answer_loses_and_doubles_nobody(
    make_world, quick, make_crew, note
):
    world = make_world("a", BATCHES * ROWS)
    killed: set[bytes] = set()

    def first_time(asked: bytes) -> bool:
        """Whether these rows are sent for the first time; every attempt has a session of its own."""
        rows = re.search(rb'"data":\[\[.*\]\]', asked)
        if rows is None or rows[0] in killed:
            return False
        killed.add(rows[0])
        return True

    proxy = FaultProxy(urlsplit(quick.graph_url).port, first_time)
    make_crew(replace(quick, graph_url=f"http://127.0.0.1:{proxy.port}")).add(jobs=2)

    upload = world.start()
    wait_until(lambda: is_final(upload), within_s=120)
    proxy.stop()

    balance = strike([upload.id], emails("a", BATCHES * ROWS), world.simulator)
    note("in_mid_answer", len(killed), balance)
    assert read(upload).status == UploadStatus.COMPLETED
    assert balance.is_even and balance.batches == BATCHES
    assert len(killed) == balance.taken_back == BATCHES
    assert balance.duplicates == BATCHES * ROWS  # Meta had them all twice, and nobody counted so


@pytest.mark.parametrize("point", ["after_commit", "before_acknowledgement"])
def test_a_job_killed_after_its_work_does_not_do_it_again(point, make_world, quick, make_crew, deaths, note):
    worlds = [make_world(f"a{number}-", ROWS) for number in range(BATCHES)]
    make_crew(quick).add(jobs=2, PLATEA_DIES=point, PLATEA_DEATHS=deaths.path)

    uploads = [world.start() for world in worlds]
    wait_until(lambda: all(is_final(upload) for upload in uploads), within_s=120)

    people = [email for number in range(BATCHES) for email in emails(f"a{number}-", ROWS)]
    balance = strike([upload.id for upload in uploads], people, worlds[0].simulator)
    note(point, len(deaths()), balance)
    assert {read(upload).status for upload in uploads} == {UploadStatus.COMPLETED}
    assert balance.is_even and balance.batches == BATCHES
    assert len(deaths()) >= BATCHES and balance.duplicates == 0
