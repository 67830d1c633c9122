"""The audit trail handed on to a receiver outside, in order: a web address or a syslog server.

A worker does it, never a request, so a slow or dead receiver delays nobody. What was not taken is sent again:
an entry may arrive twice and none is left out, but those from before the receiver was set. Over UDP nobody
says whether it arrived.
"""

import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import orjson
import requests
from sqlalchemy import func, insert, update
from sqlmodel import Session, col, select

from webapp import clock, db
from webapp.access.models import AuditAddress, AuditEntry, Client, TrailPush
from webapp.access.trail.audit_words import WORDS
from webapp.services import services

AT_ONCE = 200
ROUNDS = 20  # of one run
TIMEOUT_S = 10.0
_PORTS = {"syslog+tls": 6514, "syslog+tcp": 601, "syslog+udp": 514}
_PRIORITY = 13 * 8 + 6  # facility "log audit", severity "informational": RFC 5424, 6.2.1


class NotTaken(Exception):
    """The receiver did not take the entries; `str()` is Italian and names no address."""


def send_due() -> int:
    """Hand on what the receiver has not got; how many entries. Called by one worker at a time.

    Raises NotTaken.
    """
    url = services().settings.trail_url
    if not url:
        return 0
    sent = 0
    for _ in range(ROUNDS):
        before, found = _next()
        if not found:
            break
        try:
            answer = _deliver(url, found)
        except NotTaken as error:
            _note(before, before, str(error))
            raise
        if not _note(before, int(found[-1]["seq"]), answer):
            break  # another worker was at it
        sent += len(found)
    return sent


def state(session: Session) -> TrailPush | None:
    """How far it is and the last answer; None while nothing was sent, or no receiver is set."""
    return session.get(TrailPush, _receiver()) if services().settings.trail_url else None


def waiting(session: Session, done: TrailPush) -> int:
    """Entries the receiver has not got yet."""
    return session.exec(select(func.count()).where(col(AuditEntry.seq) > done.sent_seq)).one()


def _next() -> tuple[int, list[dict[str, Any]]]:
    """The number of the last entry that was sent, and the following ones as they are sent."""
    with db.writing() as session:
        done = session.get(TrailPush, _receiver())
        if done is None:  # the receiver is new: it gets what happens from now on
            newest = session.exec(select(func.max(AuditEntry.seq))).one() or 0
            session.execute(insert(TrailPush).values(receiver=_receiver(), sent_seq=newest, answer=""))
            return newest, []
        before = done.sent_seq
    with db.reading() as session:
        query = (
            select(AuditEntry, AuditAddress.address, Client.public_id)
            .join(AuditAddress, col(AuditAddress.seq) == AuditEntry.seq, isouter=True)
            .join(Client, col(Client.id) == AuditEntry.client_id, isouter=True)
            .where(col(AuditEntry.seq) > before)
            .order_by(col(AuditEntry.seq))
            .limit(AT_ONCE)
        )
        return before, [_told(*row) for row in session.exec(query)]


def _told(entry: AuditEntry, address: str | None, client: str | None) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "at": _utc(entry.at),
        "who": entry.who,
        "operator": entry.operator_id,
        "client": client,
        "action": entry.action,
        "words": WORDS.get(entry.action, entry.action),
        "target": entry.target,
        "detail": entry.detail,
        "address": address or entry.address,
        "request": entry.request_id,
        "link": bytes(entry.link).hex(),
    }


def _note(before: int, sent_seq: int, answer: str) -> bool:
    """Whether nobody else has sent the same meanwhile."""
    with db.writing() as session:
        mine = update(TrailPush).where(
            col(TrailPush.receiver) == _receiver(), col(TrailPush.sent_seq) == before
        )
        values = {"sent_seq": sent_seq, "answer": answer, "answered_at": clock.now()}
        return session.connection().execute(mine.values(**values)).rowcount == 1


def _receiver() -> str:
    return sha256(services().settings.trail_url.encode()).hexdigest()


def _deliver(url: str, entries: Sequence[dict[str, Any]]) -> str:
    """The answer, in Italian. Raises NotTaken."""
    return _post(url, entries) if url.startswith("http") else _log(url, entries)


def _post(url: str, entries: Sequence[dict[str, Any]]) -> str:
    settings = services().settings
    headers = {"Content-Type": "application/json", "User-Agent": "Platea"}
    if settings.trail_token:
        headers["Authorization"] = f"Bearer {settings.trail_token}"
    body = orjson.dumps({"installation": settings.public_url, "entries": entries})
    with requests.Session() as session, _in_words():
        session.trust_env = False
        with session.post(
            url,
            data=body,
            headers=headers,
            timeout=TIMEOUT_S,
            allow_redirects=False,
            stream=True,  # what it says besides the status is not read
            verify=settings.ca_file or True,
        ) as answer:
            if not 200 <= answer.status_code < 300:
                raise NotTaken(f"Ha risposto {answer.status_code}.")
            return f"Ha risposto {answer.status_code}."


def _log(url: str, entries: Sequence[dict[str, Any]]) -> str:
    parts = urlsplit(url)
    place = (parts.hostname or "", parts.port or _PORTS[parts.scheme])
    messages = [_message(entry) for entry in entries]
    with _in_words():
        if parts.scheme == "syslog+udp":
            family = socket.getaddrinfo(*place, type=socket.SOCK_DGRAM)[0][0]
            with socket.socket(family, socket.SOCK_DGRAM) as line:
                for message in messages:
                    line.sendto(message, place)
            return "Inviate (UDP non conferma)."
        with socket.create_connection(place, timeout=TIMEOUT_S) as line:
            wrapped = _wrapped(line, place[0]) if parts.scheme == "syslog+tls" else line
            # Octet counting: RFC 6587, 3.4.1 and RFC 5425, 4.3.
            wrapped.sendall(b"".join(b"%d %s" % (len(message), message) for message in messages))
            with suppress(OSError):
                wrapped.shutdown(socket.SHUT_WR)
        return "Consegnate."


def _wrapped(line: socket.socket, host: str) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=services().settings.ca_file or None)
    return context.wrap_socket(line, server_hostname=host)


def _message(entry: dict[str, Any]) -> bytes:
    """RFC 5424, 6; the JSON is ASCII-safe UTF-8 and holds no line break."""
    host = urlsplit(services().settings.public_url).hostname or "-"
    head = f"<{_PRIORITY}>1 {entry['at']} {host} platea - {entry['action']} - "
    return head.encode("ascii", "replace") + orjson.dumps(entry)


class _in_words:
    """Network errors as NotTaken, without the address that their texts may hold."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, (TimeoutError, requests.Timeout)):
            raise NotTaken("Non ha risposto in tempo.") from None
        if isinstance(error, (requests.exceptions.SSLError, ssl.SSLError)):
            raise NotTaken("Il suo certificato non vale.") from None
        if isinstance(error, (OSError, requests.RequestException)):
            raise NotTaken("Non si raggiunge.") from None


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
