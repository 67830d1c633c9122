"""A server in front of another that can be told to keep its connections open and pass nothing any more.

What a firewall does that forgot a connection, or a host that froze: nobody says that anything is wrong.
"""

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class SilentProxy:
    """Passes bytes to *target* while *speaks*. *accepts*: whether new connections are taken too."""

    target: tuple[int, str | tuple[str, int]]  # address family and address
    listener: socket.socket
    speaks: bool = True
    open_sockets: list[socket.socket] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def serve(self) -> None:
        while True:
            try:
                asked, _ = self.listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._pass_on, args=(asked,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def hang_up(self) -> None:
        """Every connection ends, as when the server is started again."""
        for one in self.open_sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _pass_on(self, asked: socket.socket) -> None:
        family, address = self.target
        behind = socket.socket(family)
        self.open_sockets += [asked, behind]
        with suppress(OSError):
            behind.connect(address)
            self._carry(asked, behind)
        if self.speaks:
            for one in (asked, behind):
                one.close()

    def _carry(self, asked: socket.socket, behind: socket.socket) -> None:
        """Until one of the two ends."""
        while ready := select.select([asked, behind], [], [])[0]:
            for one in ready:
                data = one.recv(65_536)
                if not data:
                    return
                if self.speaks:
                    (behind if one is asked else asked).sendall(data)


@contextmanager
def silent_proxy(family: int, address: str | tuple[str, int]) -> Iterator[SilentProxy]:
    listener = socket.create_server(("127.0.0.1", 0))
    proxy = SilentProxy((family, address), listener)
    threading.Thread(target=proxy.serve, daemon=True).start()
    try:
        yield proxy
    finally:
        listener.close()
        proxy.hang_up()
        for thread in proxy.threads:
            thread.join(10)
        for one in proxy.open_sockets:
            one.close()
