"""E-mails: written into the database, sent by a worker, tried again while the mail server is away.

    with db.writing() as session:
        mail.post(session, operator.email, "Reimposta la password di Platea", text)

A page that posts one takes as long as one that does not, and nothing is lost when the server is down. The
text is sealed until it leaves: it may hold a link that opens an account.
"""

import smtplib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from urllib.parse import unquote, urlsplit

import structlog
from sqlmodel import Field, Session, SQLModel, col, select, update

from webapp import clock, crypto, db
from webapp.config import Settings
from webapp.services import services

log = structlog.get_logger(__name__)

TIMEOUT_S = 10
AT_ONCE = 20
RETRY_S = 60.0  # doubled at every failure
GIVE_UP_AFTER_S = 24 * 3600.0  # the links in our e-mails are dead by then
_PURPOSE = "mail"


class OutgoingMail(SQLModel, table=True):
    """An e-mail that has not left yet; sending it deletes it. Times are seconds since 1970."""

    __tablename__ = "outgoing_mail"

    id: int | None = Field(default=None, primary_key=True)
    recipient: str
    subject: str
    text: bytes = Field(sa_column_kwargs={"info": crypto.SEALED})
    posted_at: float
    next_try_at: float = Field(index=True)
    attempts: int = 0


def can_send() -> bool:
    """Whether this installation has a mail server."""
    return bool(services().settings.smtp_url)


def post(session: Session, recipient: str, subject: str, text: str) -> None:
    """Have a worker send *text* soon, if the caller's transaction stays; without a mail server nothing."""
    if can_send():
        now = clock.epoch()
        sealed = services().seal.close(text, _PURPOSE)
        session.add(
            OutgoingMail(recipient=recipient, subject=subject, text=sealed, posted_at=now, next_try_at=now)
        )


def send_due() -> int:
    """Send what is due, oldest first, until one does not leave; returns how many left.

    Called by one worker at a time. After a failure all that is due waits for a minute or more, so that a mail
    server that does not answer holds nothing else up.
    """
    if not can_send():
        return 0
    due = select(OutgoingMail).where(OutgoingMail.next_try_at <= clock.epoch())
    with db.reading() as session:
        waiting = list(session.exec(due.order_by(col(OutgoingMail.id)).limit(AT_ONCE)))
    sent = 0
    for one in waiting:
        if not _left(one):
            break
        sent += 1
    return sent


def _left(one: OutgoingMail) -> bool:
    settings = services().settings
    try:
        deliver(settings, one.recipient, one.subject, services().seal.open(one.text, _PURPOSE))
    except (smtplib.SMTPException, OSError) as error:
        # The answer of a mail server may hold the address: only its kind and code are told.
        code = getattr(error, "smtp_code", None)
        log.warning("email non partita", mail=one.id, error=type(error).__name__, code=code)
        _put_off(one)
        return False
    with db.writing() as session:
        session.delete(session.merge(one))
    log.info("email partita", mail=one.id, attempts=one.attempts + 1)
    return True


def _put_off(one: OutgoingMail) -> None:
    now = clock.epoch()
    with db.writing() as session:
        due = col(OutgoingMail.next_try_at) <= now
        session.execute(update(OutgoingMail).where(due).values(next_try_at=now + RETRY_S))
        one = session.get_one(OutgoingMail, one.id)
        one.attempts += 1
        one.next_try_at = now + RETRY_S * 2 ** min(one.attempts - 1, 6)
        if now - one.posted_at > GIVE_UP_AFTER_S:
            session.delete(one)


def deliver(settings: Settings, recipient: str, subject: str, text: str) -> None:
    """Hand one e-mail to the mail server, over TLS unless it is on this machine.

    Raises SMTPException or OSError when the server does not take it.
    """
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
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(_message(settings, recipient, subject, text))


def _message(settings: Settings, recipient: str, subject: str, text: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = Address("Platea", addr_spec=settings.mail_from)
    message["To"] = recipient
    message["Subject"] = subject
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = make_msgid(domain=settings.mail_from.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no automatic answers, please
    message.set_content(text)
    return message
