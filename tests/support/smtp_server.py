"""A mail server for tests: real SMTP on loopback, STARTTLS, AUTH PLAIN, and a memory of what it was given.

It knows as much of RFC 5321, 3207 and 4954 as smtplib asks for, and can be told to refuse.
"""

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class Mailbox:
    """What the server was given, and how."""

    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)  # for each message
    refusal: bytes = b""  # instead of accepting a recipient


class _Session(socketserver.StreamRequestHandler):
    server: "_Server"

    def handle(self) -> None:
        self.encrypted = isinstance(self.request, ssl.SSLSocket)
        self._say(b"220 posta.example")
        while line := self.rfile.readline():
            verb, _, rest = line.strip().partition(b" ")
            answer = getattr(self, f"_{verb.decode().lower()}", self._ok)(rest)
            if answer is None:
                return
            self._say(answer)

    def _ehlo(self, _rest: bytes) -> bytes:
        starttls = [b"STARTTLS"] if self.server.context and not self.encrypted else []
        lines = [b"posta.example", *starttls, b"AUTH PLAIN"]
        return b"\r\n".join([b"250-" + line for line in lines[:-1]] + [b"250 " + lines[-1]])

    def _starttls(self, _rest: bytes) -> bytes:
        self._say(b"220 pronti")
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", buffering=0)
        self.encrypted = True
        self.server.wrapped.append(self.request)
        return b""

    def _auth(self, rest: bytes) -> bytes:
        self.server.mailbox.logins.append(base64.b64decode(rest.removeprefix(b"PLAIN ")).decode())
        return b"235 bene"

    def _rcpt(self, rest: bytes) -> bytes:
        if self.server.mailbox.refusal:
            return self.server.mailbox.refusal
        self.server.mailbox.recipients.append(rest.decode().partition("<")[2].partition(">")[0])
        return b"250 bene"

    def _data(self, _rest: bytes) -> bytes:
        self._say(b"354 avanti")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        message = message_from_bytes(b"".join(lines), policy=policy.default)
        self.server.mailbox.messages.append(message)
        self.server.mailbox.encrypted.append(self.encrypted)
        return b"250 preso"

    def _quit(self, _rest: bytes) -> None:
        self._say(b"221 ciao")

    def _ok(self, _rest: bytes) -> bytes:
        return b"250 bene"

    def _say(self, line: bytes) -> None:
        if line:
            self.wfile.write(line + b"\r\n")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    mailbox: Mailbox
    context: ssl.SSLContext | None
    implicit: bool
    wrapped: list[ssl.SSLSocket]  # it closes only what it was given, not what STARTTLS made of it

    def get_request(self):
        connection, address = super().get_request()
        if self.implicit:
            connection = self.context.wrap_socket(connection, server_side=True)
        return connection, address


@contextmanager
def mail_server(
    host: str = "127.0.0.1", context: ssl.SSLContext | None = None, implicit: bool = False
) -> Iterator[Mailbox]:
    """Serve until the block ends. With *context* it offers STARTTLS, or speaks TLS at once (*implicit*)."""
    with _Server((host, 0), _Session) as server:
        server.mailbox = Mailbox(server.server_address[1])
        server.context, server.implicit, server.wrapped = context, implicit, []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.mailbox
        finally:
            server.shutdown()
            thread.join()
            for line in server.wrapped:
                line.close()
