"""A PostgreSQL of one test that can be ended in any way and started again. What it committed it keeps."""

import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psycopg

from tests.support.postgres import OPTIONS, PostgresServer, installation, ready
from webapp.life import die_with_parent

# Without it the last commits are lost when the server ends at once: none may be, and that is what is tested.
SETTINGS = {**OPTIONS, "synchronous_commit": "on"}


class PostgresNode:
    """`restart(at_once=True)` as after a crash of the server; `hang_up()` ends every connection."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="platea-caos-"))
        self._programs, self.user = installation(self._folder, None)
        self._data = self._folder / "dati"
        command = [self._programs / "initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        subprocess.run(
            [*command, "--no-locale", "--no-sync"], user=self.user, check=True, capture_output=True
        )
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data, "-k", self._folder, *options],
                user=self.user,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )
        self.server = PostgresServer(ready(self._folder, self._process), self._programs)

    def stop(self, at_once: bool = False) -> None:
        """*at_once*: nothing is put in order (SIGQUIT); else transactions are undone and it ends (SIGINT)."""
        assert self._process is not None
        self._process.send_signal(signal.SIGQUIT if at_once else signal.SIGINT)
        self._process.wait(60)

    def hang_up(self) -> int:
        """End all connections of others; how many."""
        plain = self.server.url.set(drivername="postgresql").render_as_string()
        others = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend'"
        )
        with psycopg.connect(plain, autocommit=True) as connection:
            return len(connection.execute(f"{others} AND pid <> pg_backend_pid()").fetchall())

    def remove(self) -> None:
        self.stop(at_once=True)
        shutil.rmtree(self._folder)
