"""A whole installation on one machine, for trying and for tests: its folder, secrets and processes.

Redis, the Meta simulator, the workers and, if wanted, the web server are children of this process; the
data stay in the folder, so that the next start goes on from them.
"""

import json
import os
import secrets
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from webapp import crypto, places
from webapp.config import Settings, from_environment
from webapp.host.embedded_redis import EmbeddedRedis, program
from webapp.host.processes import Child, Supervisor, python

TELL_AFTER_S = 5.0  # of waiting, what for; and again every so often
SIMULATOR = "webapp.destinations.meta.simulator"


class CannotStart(Exception):
    """Something kept a process from starting; `str()` is the Italian sentence."""


@dataclass
class Installation:
    """The processes that were started, and how to reach them. Close it with `stop()`, whatever happened."""

    folder: Path
    supervisor: Supervisor
    redis: EmbeddedRedis
    env: dict[str, str] = field(default_factory=dict, repr=False)
    simulator: dict[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def open(cls, folder: Path) -> "Installation":
        """Take the folder for this process.

        Raises RedisBusy when another installation runs on it, and RedisMissing before anything is made.
        """
        program()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        logs = folder / "log"
        logs.mkdir(exist_ok=True)
        redis = EmbeddedRedis(folder / "redis")
        redis.lock()
        made = cls(folder, Supervisor(logs), redis)
        made.env = {"PLATEA_DATA": str(folder), "PLATEA_DEMO": "1", **_secrets(folder / "segreti.json")}
        return made

    def start_redis(self) -> None:
        redis = self.supervisor.add("redis", self.redis.argv, grace_s=2)
        patience = Patience("Redis", redis, self.supervisor)
        while not self.redis.is_ready():
            patience.wait()
        self.env["REDIS_URL"] = self.redis.url

    def start_simulator(self, *options: str) -> None:
        """Raises CannotStart."""
        told = self.folder / "log" / "simulator.log"
        told.unlink(missing_ok=True)
        port = str(free_port(0))  # known beforehand, so that it is the same if the process is started again
        arguments = ("-m", SIMULATOR, "--port", port, "--json", "--dati", str(self.folder / "simulatore.db"))
        child = self.supervisor.add("simulator", python(*arguments, *options), places.TO_FIND_US, 2)
        self.simulator = _first_json_line(told, Patience("il simulatore di Meta", child, self.supervisor))
        self.env |= {
            "META_GRAPH_URL": self.simulator["graph_url"],
            "META_DIALOG_URL": self.simulator["dialog_url"],
            "META_APP_ID": self.simulator["app_id"],
            "META_APP_SECRET": self.simulator["app_secret"],
        }

    def start_workers(self, count: int) -> list[Child]:
        worker = python(*places.worker_command())
        return [self.supervisor.add(f"worker-{n}", worker, self.env, 4) for n in range(1, count + 1)]

    def start_web(self, port: int) -> str:
        """Serve on loopback and return the address once it answers. Raises CannotStart."""
        url = f"http://127.0.0.1:{port}"
        self.env["PLATEA_URL"] = url
        options = [*places.SERVER_OPTIONS, "--graceful-timeout", "2"]
        argv = python(*places.SERVER, "--bind", f"127.0.0.1:{port}", *options)
        child = self.supervisor.add("web", [*argv, "webapp.wsgi:app"], {**self.env, **places.TO_FIND_US})
        _wait_for(f"{url}/healthz", Patience("il server web", child, self.supervisor))
        return url

    def remember(self) -> None:
        """Leave the addresses where the other commands of this machine find them."""
        path = self.folder / "ambiente.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(self.env), encoding="utf-8")

    def settings(self) -> Settings:
        return from_environment({**os.environ, **self.env})

    def stop(self) -> None:
        self.supervisor.stop()
        self.redis.unlock()


def free_port(wanted: int) -> int:
    """*wanted* if nobody listens there, otherwise one the system gives; 0 asks for any."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise CannotStart("Nessuna porta libera su 127.0.0.1.")


def _secrets(path: Path) -> Mapping[str, str]:
    """The installation's own keys, made at its first start and readable by its owner only."""
    if not path.exists():
        made = {"PLATEA_SECRET_KEY": secrets.token_urlsafe(32), "PLATEA_TOKEN_KEYS": crypto.new_key()}
        path.touch(mode=0o600)
        path.write_text(json.dumps(made), encoding="utf-8")
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found


class Patience:
    """Waiting for a process to be ready, for as long as it lives: a slow machine takes what it takes.

    After a while who looks on is told what for.
    """

    def __init__(
        self, what: str, child: Child, supervisor: Supervisor, tell_after_s: float = TELL_AFTER_S
    ) -> None:
        self._what, self._child, self._household = what, child, supervisor
        self._tell_after_s = tell_after_s
        self._tell_at = time.monotonic() + tell_after_s

    def wait(self) -> None:
        """A moment. Raises CannotStart when the process has ended, or we are asked to."""
        if self._household.is_ending:
            raise CannotStart("Avvio interrotto.")
        if not self._child.is_alive:
            raise CannotStart(
                f"{self._what[0].upper()}{self._what[1:]} non è partito: leggi {self._child.log}."
            )
        if time.monotonic() > self._tell_at:
            print(f"Aspetto che {self._what} sia pronto…", file=sys.stderr, flush=True)
            self._tell_at = time.monotonic() + self._tell_after_s
        time.sleep(0.05)


def _first_json_line(output: Path, patience: Patience) -> dict[str, Any]:
    while True:
        for line in output.read_text(encoding="utf-8").splitlines() if output.exists() else ():
            if line.startswith("{"):
                found: dict[str, Any] = json.loads(line)
                return found
        patience.wait()


def _wait_for(url: str, patience: Patience) -> None:
    while True:
        with suppress(requests.RequestException):
            if requests.get(url, timeout=5).ok:
                return
        patience.wait()
