"""A TCP proxy on loopback that goes wrong when told to: closed, silent, or deadly to its clients."""

import os
import select
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

PIECE = 65_536
LOOK_EVERY_S = 0.1
LOOK_FOR_S = 10.0


class FaultProxy:
    """Passes bytes to and from *target* (a loopback port) until `close`, `be_silent` or a *doom* says no.

    *doom* looks at what a client sent since its last answer; where it says True, the client's process gets
    half of the answer and then SIGKILL. *hears* is told every question, and when it began (`time.time`),
    whether it is answered or not.
    """

    def __init__(
        self,
        target: int,
        doom: Callable[[bytes], bool] | None = None,
        hears: Callable[[float, bytes], None] | None = None,
    ) -> None:
        self._target = target
        self._doom = doom
        self._hears = hears or (lambda _at, _asked: None)
        self._silent = False
        self._stopping = False
        self._lines: list[_Line] = []
        self._listener = _listen(0)
        self.port = self._listener.getsockname()[1]
        self._accept()

    def be_silent(self) -> None:
        """Nothing is answered and nothing is closed, as when a firewall forgets its connections."""
        self._silent = True
        for line in self._lines:
            line.is_dead = True

    def speak(self) -> None:
        """New connections work. Those that were open during the silence never will."""
        self._silent = False

    def close(self) -> None:
        """Connections are refused, the open ones reset."""
        self._listener.close()
        self._drop()

    def open(self) -> None:
        self._listener = _listen(self.port)
        self._accept()

    def stop(self) -> None:
        self._stopping = True
        self.close()

    def _accept(self) -> None:
        threading.Thread(target=self._serve, args=(self._listener,), daemon=True).start()

    def _serve(self, listener: socket.socket) -> None:
        listener.settimeout(LOOK_EVERY_S)
        while not self._stopping:
            try:
                client, address = listener.accept()
            except TimeoutError:
                continue
            except OSError:  # closed
                return
            line = _Line(client, address[1], self._target, self._doom, self._hears)
            line.is_dead = self._silent
            self._lines.append(line)
            threading.Thread(target=line.carry, daemon=True).start()

    def _drop(self) -> None:
        for line in self._lines:
            line.cut()
        self._lines.clear()


class _Line:
    """One connection through the proxy."""

    def __init__(
        self,
        client: socket.socket,
        port: int,
        target: int,
        doom: Callable[[bytes], bool] | None,
        hears: Callable[[float, bytes], None],
    ) -> None:
        self._client, self._port, self._target, self._doom = client, port, target, doom
        self._hears = hears
        self._asked, self._asked_at = bytearray(), 0.0
        self._is_cut = False
        self.is_dead = False

    def cut(self) -> None:
        self._is_cut = True

    def carry(self) -> None:
        try:
            with (
                self._client,
                suppress(OSError),
                socket.create_connection(("127.0.0.1", self._target)) as server,
            ):
                self._carry(server)
        finally:
            self._tell()

    def _carry(self, server: socket.socket) -> None:
        while not self._is_cut:
            ready, _, _ = select.select([self._client, server], [], [], LOOK_EVERY_S)
            for end in ready:
                piece = end.recv(PIECE)
                if not piece:
                    return
                self._pass(piece, end is self._client, server)

    def _tell(self) -> None:
        """What was asked until now; the next bytes are another question."""
        if self._asked:
            self._hears(self._asked_at, bytes(self._asked))
        self._asked.clear()

    def _pass(self, piece: bytes, is_question: bool, server: socket.socket) -> None:
        if self.is_dead:
            return
        if is_question:
            if not self._asked:
                self._asked_at = time.time()
            self._asked += piece
            server.sendall(piece)
            return
        if self._doom is not None and self._doom(bytes(self._asked)):
            self._client.sendall(piece[: len(piece) // 2])
            killed = owners(self._port, self._client.getsockname()[1])
            for pid in killed:
                os.kill(pid, signal.SIGKILL)
            assert killed, "nobody holds the connection whose process is to die"
            self._is_cut = True
            return
        self._tell()
        self._client.sendall(piece)


def owners(port: int, to: int) -> list[int]:
    """The processes, other than this one, that hold the loopback connection from *port* to the port *to*.

    *port* alone does not say which connection: the kernel gives the same port to several that lead elsewhere,
    and one of those that is over (TIME_WAIT) belongs to nobody.
    """
    until = time.monotonic() + LOOK_FOR_S
    # /proc is no snapshot: while it is read, an entry may hide behind another.
    while time.monotonic() < until:
        if found := _owners(port, to):
            return found
        time.sleep(0.01)
    return []


def _owners(port: int, to: int) -> list[int]:
    inode = _inode_of(port, to)
    if inode is None:
        return []
    wanted = f"socket:[{inode}]"
    processes = [entry for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    others = [process for process in processes if int(process.name) != os.getpid()]
    return [int(process.name) for process in others if wanted in _descriptors(process)]


def _inode_of(port: int, to: int) -> str | None:
    ends = [f"0100007F:{port:04X}", f"0100007F:{to:04X}"]
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        fields = line.split()
        if fields[1:3] == ends:
            return fields[9]
    return None


def _descriptors(process: Path) -> set[str]:
    found: set[str] = set()
    with suppress(OSError):
        for descriptor in (process / "fd").iterdir():
            with suppress(OSError):
                found.add(str(descriptor.readlink()))
    return found


def _listen(port: int) -> socket.socket:
    return socket.create_server(("127.0.0.1", port), reuse_port=False)
