"""What chaos needs: a database of either kind, its own Redis, workers that die, and a report at the end.

PLATEA_CHAOS=lungo          the whole: SQLite and PostgreSQL, real lease times, hundreds of batches
PLATEA_CHAOS_SEME=12345     the same faults again
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from sqlalchemy import insert

from tests.chaos.crew import Crew
from tests.chaos.redis_server import RedisServer
from tests.chaos.tables import Report
from tests.support.running import Simulator
from tests.uploads.conftest import World
from webapp import db
from webapp import services as platea
from webapp.access.models import Client
from webapp.config import Settings
from webapp.contacts.models import CONTACT, UserDatabase
from webapp.destinations.meta.accounts import accounts

IS_LONG = os.environ.get("PLATEA_CHAOS") == "lungo"
SEED = int(os.environ.get("PLATEA_CHAOS_SEME", "20261124"))
QUICK = {"lease_s": 4.0, "heartbeat_s": 1.0, "reconcile_s": 0.5}
_report = Report()


@pytest.fixture
def report() -> Report:
    return _report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for table in _report.tables:
        terminalreporter.section(table.title, sep="-")
        for line in table.lines():
            terminalreporter.write_line(line)


@pytest.fixture(params=["sqlite", "postgresql"] if IS_LONG else ["sqlite"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which database the test runs on."""
    return request.param


@pytest.fixture
def settings(settings: Settings, kind: str, request: pytest.FixtureRequest) -> Settings:
    if kind == "sqlite":
        return replace(settings, database_url=f"sqlite:///{settings.data_dir / 'platea.db'}")
    return replace(settings, database_url=request.getfixturevalue("create_database")("caos", migrated=True))


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def connected(database: Settings, simulator: Simulator, redis_server: RedisServer) -> Settings:
    """This test's installation, with short leases and batches of a hundred."""
    settings = replace(simulator.settings(database), redis_url=redis_server.url, batch_rows=100, **QUICK)
    platea.start(settings)
    return settings


@pytest.fixture
def make_crew(tmp_path: Path) -> Iterator[Callable[[Settings], Crew]]:
    """`make_crew(settings)` → workers that end with the test."""
    made: list[Crew] = []

    def make(settings: Settings) -> Crew:
        made.append(Crew(settings, tmp_path / "log"))
        return made[-1]

    yield make
    for crew in made:
        crew.stop()


@pytest.fixture
def make_world(connected: Settings, simulator: Simulator) -> Callable[..., World]:
    """`make_world("a", 500)` → a client with an ad account and a database of 500 contacts.

    The simulator does not ration its calls.
    """
    tune(simulator, hourly_calls=10_000_000)

    def make(name: str, contacts: int, client: Client | None = None) -> World:
        with db.writing() as session:
            client = client or Client(name=f"Studio {name}")
            session.add(client)
            session.flush()
            database = UserDatabase(client_id=client.id, name=f"Clienti {name}")
            session.add(database)
        number = str(1_000_000_000 + int.from_bytes(hashlib.sha256(name.encode()).digest()[:3]))
        account = accounts.save_with_token(client.id, f"Conto {name}", number, simulator.access_token)
        with db.writing() as session:
            if rows := [_contact(database, email) for email in emails(name, contacts)]:
                session.execute(insert(CONTACT), rows)
        return World(client, database, account, simulator)

    return make


def emails(name: str, count: int) -> list[str]:
    return [f"{name}{number}@posta.example" for number in range(count)]


def _contact(database: UserDatabase, email: str) -> dict[str, object]:
    digest = hashlib.sha256(email.encode()).digest()
    return {"database_id": database.id, "own_fields": {}, "email": email, "email_sha256": digest}


def tune(simulator: Simulator, **settings: object) -> None:
    """Change the simulator's knobs (`/_sim/settings`)."""
    assert requests.post(f"{simulator.graph_url}/_sim/settings", json=settings, timeout=30).ok
