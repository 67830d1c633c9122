"""A total time for a call, whatever the peer does: connecting, sending, headers and body together.

`requests` limits each wait for bytes, not their sum, and urllib3 sends a body under the time limit for
connecting. Here every read and write on the socket gets what is left until the deadline of the call.
"""

import io
import logging
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from ssl import SSLContext
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import create_urllib3_context

from webapp import calls_out

# debug_token wants the token in the address, and urllib3 writes every address into its debug lines.
logging.getLogger("urllib3").setLevel(logging.ERROR)

CONNECT_S = 5.0

# Sent at once, so that the time left is looked at often: 64 KiB at 10 kbit/s are a minute.
_PIECE_BYTES = 16 * 1024

_end: ContextVar[float | None] = ContextVar("end", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Everything inside ends *seconds* from now, or earlier when it stands inside a shorter one."""
    outer = _end.get()
    end = time.monotonic() + seconds
    token = _end.set(end if outer is None else min(outer, end))
    try:
        yield
    finally:
        _end.reset(token)


def seconds_left() -> float:
    """Until the deadline. Raises TimeoutError when it has passed, LookupError outside of `within`."""
    end = _end.get()
    if end is None:
        raise LookupError("no deadline is set")
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError("the deadline has passed")
    return left


def has_passed() -> bool:
    end = _end.get()
    return end is not None and time.monotonic() >= end


class _Socket:
    """A socket that waits no longer than the deadline; everything else is the socket's own."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def recv_into(self, buffer: Any) -> int:
        self._hurry()
        return self._sock.recv_into(buffer)

    def sendall(self, data: Any) -> None:
        view = memoryview(data).cast("B")
        for start in range(0, len(view), _PIECE_BYTES):
            self._hurry()
            self._sock.sendall(view[start : start + _PIECE_BYTES])

    def _hurry(self) -> None:
        if _end.get() is not None:
            self._sock.settimeout(seconds_left())

    def makefile(self, mode: str, *args: Any, **kwargs: Any) -> Any:
        """As `socket.makefile` for reading, over this socket's `recv_into`."""
        self._sock._io_refs += 1  # type: ignore[attr-defined]  # closing waits for the reader
        return io.BufferedReader(socket.SocketIO(self, "r"))  # type: ignore[arg-type]


class _Connection(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        self.sock = _Socket(self.sock)


class _TlsConnection(HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        self.sock = _Socket(self.sock)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class DeadlineAdapter(HTTPAdapter):
    """Mount it on a session; it limits calls made inside `within`. Never repeats a request by itself.

    *ca_file*: PEM certificates that are trusted besides the usual ones.
    """

    def __init__(self, ca_file: str = "", **kwargs: Any) -> None:
        self._tls: dict[str, Any] = {"ssl_context": _trusting(ca_file)} if ca_file else {}
        super().__init__(**kwargs)

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        calls_out.note()
        return super().send(*args, **kwargs)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **{**self._tls, **kwargs})
        _use_deadlines(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> PoolManager:
        manager: PoolManager = super().proxy_manager_for(*args, **{**self._tls, **kwargs})
        _use_deadlines(manager)
        return manager


def _trusting(ca_file: str) -> SSLContext:
    """`requests` adds the usual certificates to it."""
    context = create_urllib3_context()
    context.load_verify_locations(ca_file)
    return context


def _use_deadlines(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
