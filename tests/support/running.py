"""Real processes for tests: a private Redis, the Meta simulator, workers. Each ends with its fixture."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import requests

    from webapp.config import Settings

ROOT = Path(__file__).parents[2]
PLATEA = [sys.executable, "-m", "webapp.cli"]  # the command, in whichever virtual environment the tests run


def wait_until(condition: Callable[[], object], within_s: float = 30) -> None:
    """Look again and again until *condition* holds; AssertionError when it does not in time."""
    until = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < until, f"not within {within_s} s"
        time.sleep(0.02)


@dataclass
class Simulator:
    """The simulated Meta of a test: its addresses, a token that works, and what it saw."""

    graph_url: str
    dialog_url: str
    access_token: str
    account_id: str
    app_id: str
    app_secret: str

    def received(self, audience_id: str) -> set[str]:
        answer = self._http("GET", "received", params={"audience": audience_id, "formato": "testo"})
        return set(answer.text.splitlines())

    def calls(self, path_end: str = "") -> list[dict]:
        answer = self._http("GET", "calls").json()
        calls = answer["calls"] if isinstance(answer, dict) else answer
        return [call for call in calls if call["path"].endswith(path_end)]

    def order(self, **fault: object) -> None:
        """Order a fault, as its README tells: order(fault="80003", on="POST /users", times=1)."""
        answer = self._http("POST", "faults", json=fault)
        assert answer.ok, answer.text

    def forgive(self) -> None:
        """Take back every fault that was ordered."""
        assert self._http("POST", "faults", json={"clear": True}).ok

    def reset(self) -> None:
        assert self._http("POST", "reset").ok

    def _http(self, method: str, path: str, **more: Any) -> requests.Response:
        import requests

        return requests.request(method, f"{self.graph_url}/_sim/{path}", timeout=30, **more)

    def settings(self, settings: Settings) -> Settings:
        return replace(
            settings,
            graph_url=self.graph_url,
            dialog_url=self.dialog_url,
            meta_app_id=self.app_id,
            meta_app_secret=self.app_secret,
        )


@pytest.fixture(scope="session")
def running_simulator() -> Iterator[Simulator]:
    process = subprocess.Popen(
        [sys.executable, "-m", "webapp.destinations.meta.simulator", "--port", "0", "--json"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    yield Simulator(**json.loads(process.stdout.readline()))
    process.terminate()
    process.wait(10)
    process.stdout.close()


@pytest.fixture
def simulator(running_simulator: Simulator) -> Simulator:
    """The simulator as it is when new."""
    running_simulator.reset()
    return running_simulator


@pytest.fixture(scope="session")
def running_redis() -> Iterator[str]:
    from webapp.host.embedded_redis import EmbeddedRedis
    from webapp.host.processes import Supervisor

    with tempfile.TemporaryDirectory(prefix="platea-") as folder:
        redis, supervisor = EmbeddedRedis(Path(folder)), Supervisor(Path(folder))
        redis.lock()
        supervisor.add("redis", redis.argv)
        redis.wait_until_ready()
        yield redis.url
        supervisor.stop()
        redis.unlock()


@pytest.fixture
def redis_url(running_redis: str) -> str:
    """A real Redis with nothing in it."""
    from redis import Redis

    with Redis.from_url(running_redis) as connection:
        connection.flushall()
    return running_redis


@pytest.fixture
def connected(database: Settings, simulator: Simulator, redis_url: str) -> Settings:
    """This test's database, with a real Redis and the simulator behind `services()`."""
    from webapp import services

    settings = replace(
        simulator.settings(database), redis_url=redis_url, lease_s=6, heartbeat_s=1, reconcile_s=0.5
    )
    services.start(settings)
    return settings


class Workers:
    """Real workers on this test's database: `start(2)`, and `kill -9` as it happens."""

    def __init__(self, settings: Settings, log_dir: Path) -> None:
        from webapp.host.processes import Supervisor

        log_dir.mkdir(exist_ok=True)
        self.supervisor = Supervisor(log_dir)
        self._env = environment(settings)
        self._started = 0

    def start(self, count: int = 1, **env: str) -> None:
        for _ in range(count):
            self._started += 1
            worker = [sys.executable, str(ROOT / "worker.py")]
            self.supervisor.add(f"worker-{self._started}", worker, {**self._env, **env}, grace_s=3)

    def kill_one(self) -> None:
        """`kill -9` of the oldest worker, which nobody starts again."""
        process = self.supervisor.release("worker-1").process
        assert process is not None
        process.kill()
        process.wait()


@pytest.fixture
def workers(connected: Settings, tmp_path: Path) -> Iterator[Workers]:
    made = Workers(connected, tmp_path / "log")
    yield made
    made.supervisor.stop()


def environment(settings: Settings) -> dict[str, str]:
    """The variables that give another process the same installation."""
    return {
        "PATH": os.environ["PATH"],
        "PLATEA_DATA": str(settings.data_dir),
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "PLATEA_SECRET_KEY": settings.secret_key,
        "PLATEA_TOKEN_KEYS": ",".join(settings.token_keys),
        "PLATEA_URL": settings.public_url,
        "META_GRAPH_URL": settings.graph_url,
        "META_DIALOG_URL": settings.dialog_url,
        "META_APP_ID": settings.meta_app_id,
        "META_APP_SECRET": settings.meta_app_secret,
        "PLATEA_DEMO": "1" if settings.demo else "",
        "PLATEA_BATCH_ROWS": str(settings.batch_rows),
        "PLATEA_LEASE_S": str(settings.lease_s),
        "PLATEA_HEARTBEAT_S": str(settings.heartbeat_s),
        "PLATEA_RECONCILE_S": str(settings.reconcile_s),
        "PLATEA_BACKUP_DIR": str(settings.backup_dir or ""),
        "PLATEA_BACKUP_HOURS": str(settings.backup_every_h if settings.backup_dir else 0),
    }
