"""The worker class of gunicorn that no slow client keeps busy (`places.WORKER_CLASS`).

    a connection ─ the loop reads what comes, as it comes ─ a request is whole ─ a thread answers it
                 └ not whole in time, or too many that are not: closed

gunicorn's own threads wait for the rest of a request as long as it takes: as many slow clients as there are
threads close the site to everybody, unless a proxy in front receives requests first. Here a thread gets what
has arrived. Only a file is too large to be kept until it is whole: it is read by a thread, at a pace that it
must keep, and half of the threads are never given to files.
"""

import errno
import re
import selectors
import socket
import sys
import time
from collections import deque
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

WHOLE_S = 20.0  # for a request to arrive, but for a file
STOPPING_S = 2.0  # for one that has not begun when the process is to end
MOST_BYTES = 128 * 1024  # of a request that is kept until it is whole
MOST_HEAD_BYTES = 64 * 1024  # gunicorn refuses such a head
# Connections, of the thousand that a worker takes before it takes no more.
MOST_ARRIVING = 300  # without a whole request: the oldest makes room
MOST_FILES_WAITING = 100  # for a thread
MOST_KEPT = 400  # between two requests
BODY_BEGINS_S = 30.0  # what a file gets besides the time that its bytes may take
SLOWEST_BODY = 16_000  # bytes a second: a file of 20 MB in 20 minutes
SILENT_S = 60.0  # for somebody to take what is sent
_HEAD_ENDS = b"\r\n\r\n"
_LENGTH = re.compile(rb"(?im)^content-length:[ \t]*(\d{1,15})[ \t]*\r$")
_UNKNOWN_LENGTH = re.compile(rb"(?im)^(?:transfer-encoding|expect):")  # or sent only when we ask for it


class PatientSocket(socket.socket):
    """A socket on which nobody is waited for without end."""

    body_since: float | None = None  # when a thread began to read a file from it
    _body_bytes = 0

    def setblocking(self, flag: bool) -> None:
        self.settimeout(SILENT_S if flag else 0)

    def recv(self, *args: Any) -> bytes:
        if self.body_since is None:
            return super().recv(*args)
        left_s = self.body_since + BODY_BEGINS_S + self._body_bytes / SLOWEST_BODY - time.monotonic()
        if left_s <= 0:
            raise ConnectionResetError(errno.ECONNRESET, "too slow")
        self.settimeout(min(SILENT_S, left_s))
        try:
            data = super().recv(*args)
        except TimeoutError:
            raise ConnectionResetError(errno.ECONNRESET, "too slow") from None
        self._body_bytes += len(data)
        self.settimeout(SILENT_S)
        return data


class Connection(TConn):  # type: ignore[misc] # gunicorn has no types
    """*arrived*: what the loop has read of the next request, since *since*."""

    def __init__(self, cfg: Any, client_socket: socket.socket, client: Any, server: Any) -> None:
        own = PatientSocket(
            client_socket.family, client_socket.type, client_socket.proto, fileno=client_socket.detach()
        )
        super().__init__(cfg, own, client, server)
        self.arrived = bytearray()
        self.since = time.monotonic()
        self.brings_file = False
        self.data_ready = True  # a thread gets it with a request

    def is_ready(self) -> bool:
        """Whether a thread can answer now: the request is whole, is a file, or is to be refused."""
        end = self.arrived.find(_HEAD_ENDS)
        if end < 0:
            return len(self.arrived) > MOST_HEAD_BYTES
        head = bytes(self.arrived[: end + 2])
        found = _LENGTH.search(head)
        wanted = int(found[1]) if found else 0
        self.brings_file = wanted > MOST_BYTES or _UNKNOWN_LENGTH.search(head) is not None
        return self.brings_file or len(self.arrived) >= end + len(_HEAD_ENDS) + wanted

    def hand_over(self) -> None:
        """Give gunicorn's parser what has arrived. In the thread that answers."""
        self.init()
        self.parser.unreader.unread(bytes(self.arrived))
        self.arrived.clear()
        self.sock.body_since = time.monotonic() if self.brings_file else None


class Worker(ThreadWorker):  # type: ignore[misc] # gunicorn has no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._arriving: dict[Connection, None] = {}  # oldest first
        self._files_waiting: deque[Connection] = deque()
        self._files = 0  # that threads are reading
        self._most_files = max(1, self.cfg.threads // 2)
        self.max_keepalived: int = min(self.cfg.worker_connections - self.cfg.threads, MOST_KEPT)

    def load_wsgi(self) -> None:
        """After HUP the code may be another one: nothing of what the parent has loaded is kept."""
        for name in [name for name in sys.modules if name == "webapp" or name.startswith("webapp.")]:
            del sys.modules[name]
        super().load_wsgi()

    def accept(self, listener: socket.socket) -> None:
        try:
            client_socket, client = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        if len(self._arriving) >= MOST_ARRIVING:
            self._drop(next(iter(self._arriving)))
        self._receive_from(Connection(self.cfg, client_socket, client, listener.getsockname()))

    def on_client_socket_readable(self, conn: Connection, client: socket.socket) -> None:
        """The next request on a connection that was kept."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        conn.since = time.monotonic()
        self._receive_from(conn)

    def _receive_from(self, conn: Connection) -> None:
        conn.sock.setblocking(False)
        conn.sock.body_since = None
        self._arriving[conn] = None
        self.poller.register(conn.sock, selectors.EVENT_READ, lambda _client: self._receive(conn))
        self._receive(conn)  # mostly all of it is there

    def _receive(self, conn: Connection) -> None:
        try:
            data = conn.sock.recv(MOST_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop(conn)
            return
        conn.arrived += data
        if not conn.is_ready():
            return
        del self._arriving[conn]
        self.poller.unregister(conn.sock)
        if not conn.brings_file:
            self.enqueue_req(conn)
        elif self._files < self._most_files:
            self._take_file(conn)
        elif len(self._files_waiting) < MOST_FILES_WAITING:
            self._files_waiting.append(conn)  # what it sends waits in the network
        else:
            self.nr_conns -= 1
            conn.close()

    def _take_file(self, conn: Connection) -> None:
        self._files += 1
        self.enqueue_req(conn)

    def handle(self, conn: Connection) -> Any:
        if conn.arrived:
            conn.sock.setblocking(True)
            conn.hand_over()
        return super().handle(conn)

    def finish_request(self, conn: Connection, fs: Any) -> None:
        if conn.brings_file:
            conn.brings_file = False
            self._files -= 1
            if self._files_waiting:
                self._take_file(self._files_waiting.popleft())
        super().finish_request(conn, fs)

    def murder_pending(self) -> None:
        """Close the connections whose request did not arrive in time."""
        now = time.monotonic()
        for conn in [*self._arriving]:
            waits_s = WHOLE_S if self.alive or conn.arrived else STOPPING_S
            if now - conn.since > waits_s:
                self._drop(conn)

    def _drop(self, conn: Connection) -> None:
        del self._arriving[conn]
        self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()
