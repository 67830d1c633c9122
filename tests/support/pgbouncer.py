"""A real PgBouncer in transaction mode, as Supabase, Neon or Heroku put it in front of PostgreSQL.

    pooled_postgres        creates databases that are reached through it: pooled_postgres("lettori") → a URL

Two connections to the server stand behind it, whoever asks: every session state of ours would meet that of
somebody else.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, make_url

from tests.support.postgres import UNPRIVILEGED, PostgresServer
from webapp.life import die_with_parent

START_WITHIN_S = 30.0
SETTINGS = """
[databases]
* = host={host} {port} user={user} {password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
max_client_conn = 200
ignore_startup_parameters = extra_float_digits
pidfile = {folder}/pid
"""


@pytest.fixture(scope="session")
def pgbouncer(postgres_server: PostgresServer) -> Iterator[URL]:
    """The address of PgBouncer in front of the tests' PostgreSQL; the database of the URL is that of it."""
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None and os.environ.get("PLATEA_POSTGRES") == "obbligatorio":
        pytest.fail("PgBouncer manca, e qui i suoi test sono obbligatori")
    if program is None:
        pytest.skip("PgBouncer manca: i suoi test restano fuori (apt-get install pgbouncer)")
    folder = Path(tempfile.mkdtemp(prefix="platea-bouncer-"))  # where an unprivileged user may go
    user = pwd.getpwnam(UNPRIVILEGED).pw_uid if os.geteuid() == 0 else None
    try:
        url = _write_settings(folder, postgres_server.url)
        for path in (folder, *folder.iterdir()):
            os.chown(path, -1 if user is None else user, -1)
        with (folder / "uscita").open("wb") as output:
            process = subprocess.Popen(
                [program, folder / "pgbouncer.ini"],
                user=user,
                stdout=output,
                stderr=output,
                preexec_fn=die_with_parent,
            )
        try:
            _wait(url, process, folder)
            yield url
        finally:
            process.kill()
            process.wait(10)
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def pooled_postgres(pgbouncer: URL, create_database: Callable[[str], str]) -> Callable[[str], str]:
    """`pooled_postgres(name)` → the URL of an empty database, through PgBouncer."""

    def create(name: str) -> str:
        made = make_url(create_database(name))
        return pgbouncer.set(database=made.database).render_as_string(hide_password=False)

    return create


def _write_settings(folder: Path, server: URL) -> URL:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        listen = probe.getsockname()[1]
    host = server.query.get("host") or server.host
    (folder / "pgbouncer.ini").write_text(
        SETTINGS.format(
            host=host,
            port=f"port={server.port}" if server.port else "",
            user=server.username,
            password=f"password={server.password}" if server.password else "",
            listen=listen,
            folder=folder,
        )
    )
    return URL.create(
        "postgresql+psycopg", server.username, host="127.0.0.1", port=listen, database="postgres"
    )


def _wait(url: URL, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    until = time.monotonic() + START_WITHIN_S
    while True:
        try:
            psycopg.connect(plain, connect_timeout=5).close()
        except psycopg.OperationalError:
            told = (folder / "uscita").read_text(errors="replace")
            assert process.poll() is None and time.monotonic() < until, f"PgBouncer non parte:\n{told}"
            time.sleep(0.05)
        else:
            return
