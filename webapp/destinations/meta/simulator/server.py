"""A small HTTP/1.1 server with kept-alive connections, on loopback and nowhere else.

Werkzeug's server closes the connection after every answer and waits 10 ms for leftovers, which costs
more than the answer; and orders such as "cut the line now" need the socket anyway.
"""

import io
import socket
import struct
import sys
import time
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

LOOPBACK = "127.0.0.1"
# Above this the connection simply breaks, at about 1 500 rows in a DELETE's query string.
# Source: Meta sheet §4.1 (github.com/facebook/facebook-python-business-sdk/issues/367).
MAX_REQUEST_LINE_BYTES = 131_072
OWN_HOSTS = ("127.0.0.1", "localhost", "[::1]")


class Cut(Exception):
    """The line is to be cut without (more of) an answer."""


class BadBody(Exception):
    """The length of the request's body cannot be made out."""


def _chunk_size(line: bytes) -> int:
    try:
        return int(line.split(b";")[0], 16)
    except ValueError:
        raise BadBody from None


class LoopbackServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, app: Any) -> None:
        self.app = app
        super().__init__((LOOPBACK, port), Handler)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hangs up is part of the game; anything else is ours and must be seen."""
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    server: LoopbackServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else every answer waits 40 ms for the caller's delayed ACK
    wbufsize = -1

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(MAX_REQUEST_LINE_BYTES + 1)
        if not self.raw_requestline or len(self.raw_requestline) > MAX_REQUEST_LINE_BYTES:
            self.close_connection = True
            return
        if not self.parse_request():
            return
        if self.headers.get("Host", "").rsplit(":", 1)[0] not in OWN_HOSTS:
            self.send_error(421, "Misdirected Request")
            self.close_connection = True
            return
        try:
            self._answer(self._body())
        except BadBody:
            self.send_error(400, "Bad Request")
            self.close_connection = True
        except Cut:
            self.hang_up()

    def _body(self) -> bytes:
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return b"".join(self._chunks())
        length = self.headers.get("Content-Length") or "0"
        if not length.isdecimal():
            raise BadBody
        return self.rfile.read(int(length))

    def _chunks(self) -> Iterable[bytes]:
        while size := _chunk_size(self.rfile.readline(100)):
            yield self.rfile.read(size)
            self.rfile.readline(10)
        self.rfile.readline(10)

    def _answer(self, body: bytes) -> None:
        head: list[Any] = []
        environ = self._environ(body)
        parts = self.server.app(
            environ, lambda status, headers, exc_info=None: head.extend([status, headers])
        )
        try:
            if environ.get("simulator.cut"):
                raise Cut
            self._send(head[0], head[1], parts, environ.get("simulator.pace"))
        finally:
            if hasattr(parts, "close"):
                parts.close()

    def _send(self, status: str, headers: list[tuple[str, str]], parts: Iterable[bytes], pace: Any) -> None:
        """With a known length in one go, without one in chunks; *pace* is an order's own way to write."""
        code, _, phrase = status.partition(" ")
        is_chunked = "Content-Length" not in dict(headers)
        self.send_response_only(int(code), phrase)
        for name, value in headers:
            self.send_header(name, value)
        if is_chunked:
            self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Date", self.date_time_string())
        self.end_headers()
        if pace is not None:
            pace(self, b"".join(parts))
        elif self.command != "HEAD":
            for part in parts:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part) if is_chunked and part else part)
            self.wfile.write(b"0\r\n\r\n" if is_chunked else b"")
        self.wfile.flush()

    def _environ(self, body: bytes) -> dict[str, Any]:
        url = urlsplit(self.path)
        environ: dict[str, Any] = {
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(url.path, "latin-1"),
            "QUERY_STRING": url.query,
            "SERVER_NAME": LOOPBACK,
            "SERVER_PORT": str(self.server.server_address[1]),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "simulator.handler": self,
        }
        for name, value in self.headers.items():
            key = name.upper().replace("-", "_")
            if key not in ("CONTENT_TYPE", "CONTENT_LENGTH", "TRANSFER_ENCODING"):
                environ[f"HTTP_{key}"] = value
        return environ

    def hang_up(self) -> None:
        """Reset the connection: the caller sees it break, not end."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.wfile = io.BytesIO()
        self.rfile.close()
        self.connection.close()

    def drip(self, content: bytes, bytes_per_s: float) -> None:
        """Send *content* one byte at a time."""
        for position in range(len(content)):
            self.wfile.write(content[position : position + 1])
            self.wfile.flush()
            time.sleep(1 / bytes_per_s)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is logged: request lines carry tokens."""
