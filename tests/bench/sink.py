"""A stand-in for Meta that accepts everything at full speed, so that it is not the server that is measured.

    python -m tests.bench.sink        prints its address, then answers until its parent ends

It says what Meta says of a batch and counts the rows; it checks and keeps nothing.
"""

import json
import re
import socket
import threading
from socketserver import BaseRequestHandler, TCPServer, ThreadingMixIn

from webapp.life import die_with_parent

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
# Between two rows: as JSON, and as the form that Meta's SDK sends (`], [` percent-encoded).
_BETWEEN_ROWS = (b"],[", b"%5D%2C+%5B")


class _Handler(BaseRequestHandler):
    def handle(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        buffer = bytearray()
        while head := self._head(buffer):
            found = _LENGTH.search(head)
            body = self._body(buffer, int(found[1]) if found else 0)
            answer = json.dumps(self._answer(head.split(None, 2)[1], body)).encode()
            self.request.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                % (len(answer), answer)
            )

    def _answer(self, path: bytes, body: bytes) -> dict[str, object]:
        if b"/users" in path:
            rows = 1 + sum(map(body.count, _BETWEEN_ROWS))
            self.server.rows += rows
            return {
                "audience_id": "1", "session_id": "1", "num_received": rows,
                "num_invalid_entries": 0, "invalid_entry_samples": {},
            }  # fmt: skip
        if path.startswith(b"/rows"):
            return {"rows": self.server.rows}
        return {"id": "120200000000000001", "data": []}

    def _head(self, buffer: bytearray) -> bytes:
        while (end := buffer.find(b"\r\n\r\n")) < 0:
            if not self._receive(buffer):
                return b""
        head = bytes(buffer[: end + 4])
        del buffer[: end + 4]
        return head

    def _body(self, buffer: bytearray, length: int) -> bytes:
        while len(buffer) < length and self._receive(buffer):
            pass
        body = bytes(buffer[:length])
        del buffer[:length]
        return body

    def _receive(self, buffer: bytearray) -> bool:
        piece = self.request.recv(1 << 20)
        buffer += piece
        return bool(piece)


class Sink(ThreadingMixIn, TCPServer):
    daemon_threads = True
    rows = 0


if __name__ == "__main__":
    die_with_parent()
    with Sink(("127.0.0.1", 0), _Handler) as server:
        print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
        threading.Event().wait(0)
        server.serve_forever()
