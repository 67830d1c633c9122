"""E-mails: written into the database, sent by a worker, tried again while the mail server is away.

    with db.writing() as session:
        mail.post(session, operator.email, "Reimposta la password di Platea", text)

A page that posts one takes as long as one that does not, and nothing is lost when the server is down. The
text is sealed until it leaves: it may hold a link that opens an account.

A server that is away keeps all waiting. One e-mail that cannot leave keeps nobody else waiting: after some
tries it is set aside, without its text, and `troubles` tells whoever had it sent.
"""

import smtplib
from contextlib import ExitStack

import structlog
from sqlmodel import Field, Session, SQLModel, col, delete, func, select, update

from webapp import clock, crypto, db, smtp
from webapp.crypto import CannotOpen
from webapp.services import services

log = structlog.get_logger(__name__)

AT_ONCE = 20
RETRY_S = 60.0  # doubled at every failure
LONGEST_WAIT_S = RETRY_S * 2**6
MOST_TRIES = 5  # of one that the server, which is there, does not take: 15 minutes
GIVE_UP_AFTER_S = 24 * 3600.0  # the links in our e-mails are dead by then
SHOWN_FOR_S = 7 * 24 * 3600.0  # as long as an invitation is good
_PURPOSE = "mail"

KEY_GONE = "la chiave che la apriva non c’è più (PLATEA_TOKEN_KEYS)"
BAD_ADDRESS = "a questo indirizzo non si può scrivere"
ACCENTS = "il server di posta non accetta indirizzi con lettere accentate"
REFUSED = "il server di posta rifiuta questo destinatario"
NOT_TAKEN = "il server di posta non l’ha accettata"
NO_SERVER = "il server di posta non ha risposto per un giorno"


class OutgoingMail(SQLModel, table=True):
    """An e-mail that has not left yet; sending it deletes it. Times are seconds since 1970.

    *trouble*: why it did not leave the last time, in Italian. One that is set aside has no text any more.
    """

    __tablename__ = "outgoing_mail"

    id: int | None = Field(default=None, primary_key=True)
    client_id: int | None = None  # whose people are told when it cannot leave
    recipient: str
    subject: str
    text: bytes = Field(
        sa_column_kwargs={"info": crypto.sealed(lambda row: _purpose(row["recipient"]), formerly=_PURPOSE)}
    )
    posted_at: float
    next_try_at: float = Field(index=True)
    attempts: int = 0
    set_aside_at: float | None = None
    trouble: str | None = None


def _purpose(recipient: str) -> str:
    """No e-mail opens for somebody else."""
    return f"{_PURPOSE}:{recipient}"


def can_send() -> bool:
    """Whether this installation has a mail server."""
    return bool(services().settings.smtp_url)


def post(session: Session, recipient: str, subject: str, text: str, client_id: int | None = None) -> None:
    """Have a worker send *text* soon, if the caller's transaction stays; without a mail server nothing."""
    if can_send():
        now = clock.epoch()
        session.add(
            OutgoingMail(
                client_id=client_id,
                recipient=recipient,
                subject=subject,
                text=services().seal.close(text, _purpose(recipient)),
                posted_at=now,
                next_try_at=now,
            )
        )


def troubles(session: Session, client_id: int) -> dict[str, str]:
    """Recipient → why the newest e-mail of the client to them has not left, in Italian."""
    has_trouble = (OutgoingMail.client_id == client_id, col(OutgoingMail.trouble).is_not(None))
    query = select(OutgoingMail).where(*has_trouble)
    return {one.recipient: one.trouble or "" for one in session.exec(query.order_by(col(OutgoingMail.id)))}


def waiting(session: Session) -> int:
    """E-mails that have not left yet and are still tried, of all clients."""
    query = select(func.count()).select_from(OutgoingMail).where(col(OutgoingMail.set_aside_at).is_(None))
    return session.exec(query).one()


def forget(session: Session, client_id: int, recipient: str) -> None:
    """Drop the mail that still waits for them; nothing is told of it."""
    theirs = (col(OutgoingMail.client_id) == client_id, col(OutgoingMail.recipient) == recipient)
    session.execute(delete(OutgoingMail).where(*theirs))


def send_due() -> int:
    """Send what is due, oldest first; returns how many left.

    Called by one worker at a time. When the server is away, all that is due waits for a minute or more; it is
    asked anew for each, so that one that makes it hang up does not take the others along.
    """
    if not can_send():
        return 0
    _forget_shown()
    sent = 0
    for one in _waiting():
        try:
            _hand_over(one)
        except _ServerAway as away:
            _log(one, away.__cause__)
            _put_all_off(one)
            break
        except Exception as error:  # whatever it is, the next one is another e-mail
            _log(one, error)
            _put_off(one, error)
            continue
        with db.writing() as session:
            session.execute(delete(OutgoingMail).where(col(OutgoingMail.id) == one.id))
        log.info("email partita", mail=one.id, attempts=one.attempts + 1)
        sent += 1
    return sent


class _ServerAway(Exception):
    """The mail server cannot be used now, for any e-mail."""


def _waiting() -> list[OutgoingMail]:
    now, next_try_at = clock.epoch(), col(OutgoingMail.next_try_at)
    # One that would wait longer than any does was put off by a clock that was wrong.
    due = (next_try_at <= now) | (next_try_at > now + LONGEST_WAIT_S + clock.SLACK_S)
    query = select(OutgoingMail).where(due, col(OutgoingMail.set_aside_at).is_(None))
    with db.reading() as session:
        return list(session.exec(query.order_by(col(OutgoingMail.id)).limit(AT_ONCE)))


def _hand_over(one: OutgoingMail) -> None:
    """Raises _ServerAway, or anything else for what is wrong with this e-mail."""
    settings = services().settings
    text = services().seal.open(one.text, _purpose(one.recipient), _PURPOSE)
    with ExitStack() as stack:
        try:
            server = stack.enter_context(smtp.connected(settings))
        except (smtplib.SMTPException, OSError) as error:
            raise _ServerAway from error
        smtp.send(server, settings, one.recipient, one.subject, text)


def _log(one: OutgoingMail, error: BaseException | None) -> None:
    # The answer of a mail server may hold the address: only its kind and code are told.
    log.warning("email non partita", mail=one.id, error=type(error).__name__, code=_code(error))


def _put_all_off(one: OutgoingMail) -> None:
    """All that is due waits, *one* longer each time; what has waited for a day is set aside."""
    now = clock.epoch()
    due = (col(OutgoingMail.next_try_at) <= now, col(OutgoingMail.set_aside_at).is_(None))
    with db.writing() as session:
        old = col(OutgoingMail.posted_at) < now - GIVE_UP_AFTER_S
        session.execute(update(OutgoingMail).where(*due, old).values(_set_aside(NO_SERVER)))
        session.execute(update(OutgoingMail).where(*due).values(next_try_at=now + RETRY_S))
        values = {"attempts": one.attempts + 1, "next_try_at": now + _wait_s(one.attempts)}
        session.execute(update(OutgoingMail).where(col(OutgoingMail.id) == one.id).values(values))


def _put_off(one: OutgoingMail, error: Exception) -> None:
    """This one waits, or is set aside once it has been tried often enough."""
    now, attempts = clock.epoch(), one.attempts + 1
    is_old = now - one.posted_at > GIVE_UP_AFTER_S
    is_over = is_old or (attempts >= MOST_TRIES and not _may_pass(error))
    values: dict[str, object] = {"trouble": _why(error), "next_try_at": now + _wait_s(one.attempts)}
    if is_over:
        values |= _set_aside(_why(error))
    with db.writing() as session:
        mine = update(OutgoingMail).where(col(OutgoingMail.id) == one.id)
        session.execute(mine.values({**values, "attempts": attempts}))


def _set_aside(why: str) -> dict[str, object]:
    return {"set_aside_at": clock.epoch(), "trouble": why, "text": b""}


def _forget_shown() -> None:
    with db.writing() as session:
        long_ago = col(OutgoingMail.set_aside_at) < clock.epoch() - SHOWN_FOR_S
        session.execute(delete(OutgoingMail).where(long_ago))


def _wait_s(attempts: int) -> float:
    """After *attempts* that failed before this one."""
    return float(RETRY_S * 2.0 ** min(attempts, 6))


def _code(error: BaseException | None) -> int | None:
    """The answer of the mail server, as a number (RFC 5321, 4.2); None when it did not."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max((code for code, _ in error.recipients.values()), default=None)
    return getattr(error, "smtp_code", None)


def _may_pass(error: Exception) -> bool:
    """Whether the same e-mail may be taken later: the server said so (4xx), or the line broke."""
    code = _code(error)
    if code is not None:
        return 400 <= code < 500
    return isinstance(error, smtplib.SMTPServerDisconnected) or (
        isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException)
    )


def _why(error: Exception) -> str:
    if isinstance(error, CannotOpen):
        return KEY_GONE
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return ACCENTS
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return REFUSED
    return NOT_TAKEN if isinstance(error, OSError) else BAD_ADDRESS
