"""Handing one e-mail to the mail server, over TLS unless it is on this machine.

    with smtp.connected(settings) as server:
        smtp.send(server, settings, "giulia@aurora.example", "Così è arrivata", "Ciao")

What goes wrong before the server is ready is the server's; what goes wrong after it is that e-mail's.
"""

import base64
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from urllib.parse import unquote, urlsplit

from webapp import clock
from webapp.config import Settings

TIMEOUT_S = 10


class CannotWrite(ValueError):
    """An e-mail to this address cannot be written; says nothing of the address."""


@contextmanager
def connected(settings: Settings) -> Iterator[smtplib.SMTP]:
    """The mail server, encrypted and signed in. Raises SMTPException or OSError when it is not there."""
    parts = urlsplit(settings.smtp_url)
    context = ssl.create_default_context(cafile=settings.smtp_ca_file or None)
    host = parts.hostname or ""
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT_S, context=context)
    else:
        server = smtplib.SMTP(host, parts.port or 587, timeout=TIMEOUT_S)
    with server:
        if parts.scheme == "smtp" and not settings.smtp_is_local:
            server.starttls(context=context)
        if parts.username:
            _sign_in(server, unquote(parts.username), unquote(parts.password or ""))
        yield server


def send(server: smtplib.SMTP, settings: Settings, recipient: str, subject: str, text: str) -> None:
    """Raises CannotWrite, SMTPException or OSError when the e-mail does not leave."""
    to, sender = _address(recipient), _address(settings.mail_from)
    message = _message(to, sender, subject, text)
    # The addresses of the envelope are ours: those in a header are what its parser makes of them.
    server.send_message(message, sender.addr_spec, [to.addr_spec])


def _message(to: Address, sender: Address, subject: str, text: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = Address("Platea", sender.username, sender.domain)
    message["To"] = to
    # A name that somebody chose may look like an encoded word, and would be decoded into another header.
    message["Subject"] = subject.replace("=?", "= ?")
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = make_msgid(domain=sender.domain)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no automatic answers, please
    message.set_content(text)
    return message


def _address(text: str) -> Address:
    """The address with its domain as the network writes it (IDNA). Raises CannotWrite for what is none."""
    local, _, domain = text.rpartition("@")
    if "=?" in text or not text.isprintable():
        raise CannotWrite("the address hides a header")
    try:
        made = Address(addr_spec=f"{local}@{domain.encode('idna').decode('ascii')}")
    except (ValueError, IndexError, MessageError) as error:  # whatever the parser stumbles over
        raise CannotWrite(type(error).__name__) from None
    if made.addr_spec.rpartition("@")[0] != local:
        raise CannotWrite("the address is read as another one")
    return made


def _sign_in(server: smtplib.SMTP, user: str, password: str) -> None:
    """`login`, and for a password that is not ASCII what it cannot: AUTH PLAIN and LOGIN are UTF-8.

    Source: RFC 4616, section 2. Raises SMTPException.
    """
    if user.isascii() and password.isascii():
        server.login(user, password)
        return
    server.ehlo_or_helo_if_needed()
    methods = server.esmtp_features.get("auth", "").upper().split()
    if "PLAIN" in methods:
        code, answer = server.docmd("AUTH", f"PLAIN {_base64(f'{chr(0)}{user}{chr(0)}{password}')}")
    elif "LOGIN" in methods:
        server.docmd("AUTH", f"LOGIN {_base64(user)}")
        code, answer = server.docmd(_base64(password))
    else:
        raise smtplib.SMTPNotSupportedError("no way to sign in with a password that is not ASCII")
    if code not in (235, 503):
        raise smtplib.SMTPAuthenticationError(code, answer)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8")).decode("ascii")
