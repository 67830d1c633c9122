"""Fifty tabs that look at a running upload every three seconds, over HTTP, on gunicorn as it is started."""

import os
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from tests.bench.measure import percentile
from tests.bench.world import World, redis
from tests.conftest import add_operator, make_app
from tests.support.running import Workers, environment, wait_until
from webapp import db, services
from webapp.access.models import Client, Role
from webapp.config import ROOT
from webapp.contacts.consent import ConsentPolicy
from webapp.contacts.models import UserDatabase
from webapp.destinations.base import Medium
from webapp.host.installation import free_port
from webapp.host.processes import Supervisor, python
from webapp.uploads.commands import start_upload
from webapp.uploads.models import Upload
from webapp.uploads.status import UploadStatus

TABS = 50
EVERY_S = 3.0
BATCH_S = 6.0
WITHIN_S = 120.0  # to start, on a machine that does much else
COOKIE = "platea"
PLATEA = "from webapp.cli import main; main()"  # what the Procfile calls
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass
class Seen:
    """Milliseconds of each answer: those that said nothing is new, and whole fragments."""

    unchanged: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)


def watched(world: World, database_id: int, seconds: float, tabs: int = TABS) -> dict[str, Any]:
    """What the tabs waited, and the share of one core that the web processes used meanwhile."""
    port = free_port(0)
    with redis(world.settings.data_dir / "redis-live") as url:
        settings = replace(
            world.settings, redis_url=url, batch_rows=100, public_url=f"http://127.0.0.1:{port}"
        )
        services.start(settings)
        logs = settings.data_dir / "log-live"
        logs.mkdir()
        web, running = Supervisor(logs), Workers(settings, logs)
        try:
            process = web.add("web", python("-c", PLATEA, "web"), _env(settings, port)).process
            assert process is not None
            wait_until(lambda: _answers(f"{settings.public_url}/healthz"), WITHIN_S)
            running.start(1)
            upload = _running_upload(world, database_id)
            cookie, address = _signed_in(settings, world, database_id)
            _watch(address, cookie, EVERY_S, tabs)  # so that both processes have read their templates
            before, started = _cpu_s(process.pid), time.monotonic()
            seen = _watch(address, cookie, seconds, tabs)
            share = (_cpu_s(process.pid) - before) / (time.monotonic() - started)
            assert _read(upload).status == UploadStatus.SENDING, "the upload ended before the measurement"
        finally:
            running.supervisor.stop()
            web.stop()
    return {
        "unchanged_p95_ms": percentile(seen.unchanged, 0.95),
        "whole_p95_ms": percentile(seen.whole, 0.95),
        "cpu_share": share,
        "unchanged": len(seen.unchanged),
        "whole": len(seen.whole),
    }


def _env(settings: Any, port: int) -> dict[str, str]:
    return {**environment(settings), "PORT": str(port), "PYTHONPATH": str(ROOT)}


def _running_upload(world: World, database_id: int) -> Upload:
    """A slow one: about half of the looks find that nothing changed."""
    world.simulator.order(fault="slow", on="POST /users", latency_s=BATCH_S, times=None)
    upload = start_upload(
        client_id=world.client_id,
        database_id=database_id,
        destination="meta",
        account_id=world.account_id,
        audience_id=None,
        audience_name="Dal vivo",
        medium=Medium.EMAIL,
        consent=ConsentPolicy.ANYONE,
        reason="Misura su contatti inventati",
        started_by="misura",
    )
    wait_until(lambda: _read(upload).status == UploadStatus.SENDING, WITHIN_S)
    return upload


def _signed_in(settings: Any, world: World, database_id: int) -> tuple[str, str]:
    """The cookie of somebody who signed in and opened the history, and the address of its fragment."""
    app = make_app(settings)
    with db.reading() as session:
        client = session.get_one(Client, world.client_id)
        database = session.get_one(UserDatabase, database_id)
    browser = app.test_client()
    browser.sign_in(add_operator(client, Role.MARKETER, "tab@aurora.example"))
    page = f"/database/{database.public_id}/custom-audience"
    assert browser.get(page).status_code == 200
    cookie = browser.get_cookie(COOKIE)
    assert cookie is not None
    return cookie.value, f"{settings.public_url}{page}/storico"


def _watch(address: str, cookie: str, seconds: float, tabs: int) -> Seen:
    seen, until = Seen(), time.monotonic() + seconds
    threads = [
        threading.Thread(target=_tab, args=(address, cookie, until, number * EVERY_S / tabs, seen))
        for number in range(tabs)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


def _tab(address: str, cookie: str, until: float, begins_after_s: float, seen: Seen) -> None:
    """One tab: asks, says next time which version it holds, as a browser does."""
    time.sleep(begins_after_s)
    headers = {"HX-Request": "true", "Cookie": f"{COOKIE}={cookie}"}
    with requests.Session() as session:
        session.mount(
            "http://", HTTPAdapter(max_retries=1)
        )  # a browser asks again when a connection was closed
        while time.monotonic() < until:
            started = time.perf_counter()
            answer = session.get(address, headers=headers, timeout=30)
            took = (time.perf_counter() - started) * 1000
            assert answer.status_code in (200, 304), answer.status_code
            (seen.unchanged if answer.status_code == 304 else seen.whole).append(took)
            headers["If-None-Match"] = answer.headers["ETag"]
            time.sleep(EVERY_S)


def _cpu_s(pid: int) -> float:
    """Processor seconds of a process and its children that run, so far."""
    total = 0.0
    for one in (pid, *_children(pid)):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / TICKS_PER_S
    return total


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


def _read(upload: Upload) -> Upload:
    with db.reading() as session:
        return session.get_one(Upload, upload.id)
