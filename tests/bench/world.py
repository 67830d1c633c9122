"""An installation to measure: a folder on disk, a migrated database, a connected account, contacts.

Everything is as the product leaves it: contacts come in by an import, the account by asking Meta.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.measure import measured
from tests.bench.people import write_file
from tests.support.postgres import programs_with_trigrams, running_server
from tests.support.running import Simulator, environment
from webapp import data_keys, db, migrations, services
from webapp.access.models import Client
from webapp.config import ROOT, Settings
from webapp.crypto import new_key
from webapp.destinations.meta.accounts import accounts
from webapp.host.embedded_redis import EmbeddedRedis
from webapp.host.processes import Supervisor, python

NOBODY_LISTENS = "redis://127.0.0.1:1/0"


@dataclass
class World:
    """*settings* are those of every process measured here; *account_id* is a connected ad account."""

    settings: Settings
    simulator: Simulator
    client_id: int
    account_id: int
    contacts: dict[int, int] = field(default_factory=dict)  # rows of the file → database id

    @property
    def env(self) -> Mapping[str, str]:
        return environment(self.settings)

    def database_of(self, rows: int) -> int:
        """A user database filled by importing a customer file of so many rows, once."""
        if rows not in self.contacts:
            path = file_of(self.settings.data_dir, rows)
            done = measured("tests.bench.imports:ours", self.env, file=str(path), client_id=self.client_id)
            self.contacts[rows] = done.value["database_id"]
        return self.contacts[rows]


def file_of(folder: Path, rows: int, seed: int = 1) -> Path:
    """A file of *rows* customers; with another *seed* the same codes, nearly all else is another."""
    path = folder / f"clienti-{rows}-{seed}.csv"
    return path if path.exists() else write_file(path, rows, seed)


@contextmanager
def opened(database_url: str | None = None, **changes: object) -> Iterator[World]:
    """A new installation on SQLite, or on the empty database of *database_url*; it ends with the block."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="platea-bench-")))
        simulator = stack.enter_context(simulated())
        settings = Settings(
            data_dir=folder,
            database_url=database_url or f"sqlite:///{folder / 'platea.db'}",
            redis_url=NOBODY_LISTENS,
            secret_key="chiave di misura, lunga abbastanza per firmare",
            token_keys=(new_key(),),
        )
        settings = replace(simulator.settings(settings), **changes)
        services.start(settings)
        stack.callback(lambda: db.engine().dispose())
        migrations.upgrade(db.engine())
        data_keys.make()
        yield _connected(settings, simulator)


@contextmanager
def postgres() -> Iterator[World]:
    """The same on a PostgreSQL of its own, with the index of names if the system has such a server."""
    with (
        running_server(programs_with_trigrams()) as server,
        opened(server.create_database("misure")) as world,
    ):
        yield world


@contextmanager
def simulated(*options: str) -> Iterator[Simulator]:
    """The simulator in a process of its own."""
    argv = python("-m", "webapp.destinations.meta.simulator", "--port", "0", "--json", *options)
    with _answering(argv) as line:
        yield Simulator(**json.loads(line))


@contextmanager
def sink() -> Iterator[str]:
    """The address of a `sink` in a process of its own."""
    with _answering(python("-m", "tests.bench.sink")) as line:
        yield line.strip()


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """The address of a private Redis."""
    folder.mkdir()
    server, supervisor = EmbeddedRedis(folder), Supervisor(folder)
    server.lock()
    try:
        supervisor.add("redis", server.argv)
        server.wait_until_ready()
        yield server.url
    finally:
        supervisor.stop()
        server.unlock()


@contextmanager
def _answering(argv: list[str]) -> Iterator[str]:
    process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline()
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


def _connected(settings: Settings, simulator: Simulator) -> World:
    with db.writing() as session:
        client = Client(name="Studio Aurora")
        session.add(client)
    client_id = client.id or 0
    account = accounts.save_with_token(
        client_id, "Aurora Italia", simulator.account_id, simulator.access_token
    )
    return World(settings, simulator, client_id, account.id or 0)
