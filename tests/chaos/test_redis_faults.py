"""Redis killed, emptied, full, refusing or silent: the web answers, and everything goes on by itself."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from sqlmodel import select

from tests.chaos.balance import Balance, strike
from tests.chaos.conftest import IS_LONG, emails, tune
from tests.chaos.fault_proxy import FaultProxy
from tests.chaos.redis_server import PASSWORD, RedisServer
from tests.conftest import make_app
from tests.support.running import wait_until
from tests.uploads.conftest import World, is_final, read
from tests.uploads.engine.test_sending import batches
from webapp import db
from webapp import services as platea
from webapp.uploads.models import Upload
from webapp.uploads.status import BatchStatus, UploadStatus
from webapp.values.identifiers import new_public_id

ANSWERED_WITHIN_S = 10.0  # more than with a Redis in order; one that waits for Redis would take minutes
GOES_ON_WITHIN_S = 60.0
LASTS_S = 30.0 if IS_LONG else 1.0
MANY = 310 if IS_LONG else 60  # batches
ROWS, FIRST = 100, 8  # contacts in a batch, batches of the upload that is running


@dataclass
class Line:
    """Redis and the proxy that everybody reaches it through."""

    redis: RedisServer
    proxy: FaultProxy


BREAK: dict[str, tuple[Callable[[Line], None], Callable[[Line], None]]] = {
    "ucciso, con perdita di tutto": (lambda line: line.redis.kill(), lambda line: line.redis.start()),
    "svuotato": (lambda line: line.redis.empty(), lambda line: None),
    "pieno": (lambda line: line.redis.fill(), lambda line: line.redis.drain()),
    "password cambiata": (
        lambda line: line.redis.change_password("un-altra"),
        lambda line: line.redis.change_password(PASSWORD, knowing="un-altra"),
    ),
    "porta chiusa": (lambda line: line.proxy.close(), lambda line: line.proxy.open()),
    "muto": (lambda line: line.proxy.be_silent(), lambda line: line.proxy.speak()),
}


@pytest.fixture
def line(redis_server):
    proxy = FaultProxy(redis_server.port)
    yield Line(redis_server, proxy)
    proxy.stop()


@pytest.mark.timeout(900)
def test_uploads_start_and_go_on_by_themselves_once_redis_is_back(
    line, connected, make_world, make_crew, aurora, giulia, report, kind, page
):
    settings = replace(connected, redis_url=line.redis.url_at(line.proxy.port))
    browser = make_app(settings).test_client()
    browser.sign_in(giulia)
    make_crew(settings).add()
    usual, _ = _start_from_the_web(browser, make_world("prima-", ROWS, aurora))

    for name, (break_it, mend_it) in BREAK.items():
        running, waiting = make_world(f"a-{name}-", FIRST * ROWS), make_world(f"b-{name}-", ROWS, aurora)
        tune(running.simulator, latency_s=0.4)
        first = running.start()
        wait_until(lambda first=first: _sent(first), within_s=60)

        if name == "svuotato":  # what is already in it is what gets lost
            took, second = _start_from_the_web(browser, waiting)
            break_it(line)
        else:
            break_it(line)
            took, second = _start_from_the_web(browser, waiting)
        history = page(browser.get(_history(waiting))).text_content()
        time.sleep(LASTS_S)
        mend_it(line)
        goes_on_s = _wait_until_both_end(name, first, second)

        people = emails(f"a-{name}-", FIRST * ROWS) + emails(f"b-{name}-", ROWS)
        balance = strike([first.id, second.id], people, running.simulator)
        _note(report, kind, name, took, goes_on_s, balance)
        assert took < usual + ANSWERED_WITHIN_S, name
        assert "In coda" in history, name
        assert balance.is_even, name
        assert {read(first).status, read(second).status} == {UploadStatus.COMPLETED}, name


@pytest.mark.timeout(600)
def test_many_batches_whose_bells_are_lost_with_redis_all_go_out(
    connected, redis_server, make_world, make_crew, report, kind
):
    world = make_world("a", MANY * 10)
    settings = replace(connected, batch_rows=10)
    platea.start(settings)
    make_crew(settings).add(jobs=2)
    tune(world.simulator, latency_s=0.5)
    upload = world.start()
    wait_until(lambda: _sent(upload), within_s=120)

    redis_server.kill()
    left = MANY - len(_sent(upload))
    redis_server.start()
    back = time.monotonic()
    tune(world.simulator, latency_s=0.0)
    wait_until(lambda: is_final(upload), within_s=300)
    took = time.monotonic() - back

    balance = strike([upload.id], emails("a", MANY * 10), world.simulator)
    report.add(
        "Redis ucciso e vuoto con molti lotti in attesa",
        database=kind,
        lotti_in_attesa=left,
        s_dal_ritorno_alla_fine=took,
        persi=balance.lost,
        in_più=balance.over,
        in_meno=balance.under,
    )
    assert balance.is_even
    assert took < GOES_ON_WITHIN_S


def _wait_until_both_end(name: str, first: Upload, second: Upload) -> float:
    """The seconds that took."""
    back = time.monotonic()
    while not (is_final(first) and is_final(second)):
        waited = time.monotonic() - back
        assert waited < GOES_ON_WITHIN_S, f"Redis {name}: {waited} s dopo il ritorno i caricamenti sono fermi"
        time.sleep(0.05)
    return time.monotonic() - back


def _note(report, kind, name: str, took: float, goes_on_s: float, balance: Balance) -> None:
    report.add(
        f"Redis guasto per {LASTS_S:.0f} s mentre si avvia e si invia",
        database=kind,
        Redis=name,
        s_per_rispondere_al_web=took,
        s_dal_ritorno_alla_fine=goes_on_s,
        lotti=balance.batches,
        persi=balance.lost,
        in_più=balance.over,
        in_meno=balance.under,
    )


def _start_from_the_web(browser, world: World) -> tuple[float, Upload]:
    """How long the answer to "Avvia" took, and the upload it made."""
    form = {
        "token": new_public_id(),
        "medium": "email",
        "account": world.account.public_id,
        "modo": "nuova",
        "nome": "Clienti, novembre",
        "consenso": "1",
    }
    start = time.monotonic()
    response = browser.post_form(f"{_history(world)}/carica", form)
    took = time.monotonic() - start
    assert response.status_code == 303, response.text[:2000]
    with db.reading() as session:
        [upload] = session.exec(select(Upload).where(Upload.database_id == world.database.id)).all()
    return took, upload


def _history(world: World) -> str:
    return f"/database/{world.database.public_id}/custom-audience"


def _sent(upload: Upload) -> list:
    return [batch for batch in batches(upload) if batch.status == BatchStatus.SENT]
