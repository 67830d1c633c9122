"""Budgets: what costs disk, processor or Meta's patience, so much an hour for one person and one client.

    with db.writing() as session:
        budgets.spend(session, Kind.EXPORTS, person="12", client="3")     # raises Spent with what to say

A window opens with the first use and closes an hour later. One conditional statement counts and refuses, so
twenty presses at once are twenty. What an hour allows stands in the settings; 0 is no limit.
"""

from enum import StrEnum
from math import ceil

from sqlalchemy import text
from sqlmodel import Field, Session, SQLModel

from webapp import clock, db
from webapp.services import services
from webapp.values.texts import plural

HOUR_S = 3_600.0
CLIENT_TIMES = 3  # a client may use as much as so many people


class Kind(StrEnum):
    DRAFTS = "drafts"
    EXPORTS = "exports"
    COUNTS = "counts"
    CALLS = "calls"
    INVITATIONS = "invitations"


WHAT = {
    Kind.DRAFTS: "file inviati per un’importazione",
    Kind.EXPORTS: "file scaricati",
    Kind.COUNTS: "conteggi",
    Kind.CALLS: "richieste a Facebook",
    Kind.INVITATIONS: "inviti",
}


class Budget(SQLModel, table=True):
    """What was used since the window opened (seconds since 1970), under `kind:person or client:id`."""

    __tablename__ = "budget"

    key: str = Field(primary_key=True)
    since: float
    used: int


class Spent(Exception):
    """The budget of this hour is used up; `str()` is the Italian sentence."""

    def __init__(self, kind: Kind, most: int, wait_s: int, is_of_client: bool) -> None:
        whose = "per questo spazio cliente" if is_of_client else "per ogni persona"
        minutes = plural(ceil(wait_s / 60), "minuto", "minuti")
        super().__init__(
            f"Limite raggiunto: al massimo {most} {WHAT[kind]} all’ora {whose}. Riprova tra {minutes}."
        )
        self.wait_s = wait_s


_SPEND = text(
    "INSERT INTO budget (key, since, used) VALUES (:key, :now, 1)"
    " ON CONFLICT (key) DO UPDATE SET"
    " used = CASE WHEN budget.since <= :closed OR budget.since > :ahead THEN 1 ELSE budget.used + 1 END,"
    " since = CASE WHEN budget.since <= :closed OR budget.since > :ahead THEN :now ELSE budget.since END"
    " WHERE budget.since <= :closed OR budget.since > :ahead OR budget.used < :most"
    " RETURNING used"
)
# What was used without asking first: it counts, and whoever asks next is refused.
_CHARGE = text(
    "INSERT INTO budget (key, since, used) VALUES (:key, :now, :n)"
    " ON CONFLICT (key) DO UPDATE SET"
    " used = CASE WHEN budget.since <= :closed OR budget.since > :ahead THEN :n ELSE budget.used + :n END,"
    " since = CASE WHEN budget.since <= :closed OR budget.since > :ahead THEN :now ELSE budget.since END"
)
_GIVE_BACK = text("UPDATE budget SET used = used - 1 WHERE key = :key AND used > 0")
_FORGET = text("DELETE FROM budget WHERE since <= :closed")
_SINCE = text("SELECT since, used FROM budget WHERE key = :key")


def spend(session: Session, kind: Kind, person: str, client: str) -> None:
    """Use one. Raises Spent, and then the caller's transaction must not stay."""
    for key, most in _keys(kind, person, client):
        if not _use(session, key, most, HOUR_S):
            raise _spent(session, kind, key, most)


def settle(session: Session, kind: Kind, person: str, client: str, spent: int, used: int) -> None:
    """*used* is what the page really took, of which *spent* (0 or 1) was counted before."""
    for key, _ in _keys(kind, person, client):
        if used < spent:
            session.execute(_GIVE_BACK, {"key": key})
        elif used > spent:
            session.execute(_CHARGE, {"key": key, "n": used - spent, **_times(HOUR_S)})


def once(session: Session, key: str, window_s: float) -> bool:
    """Whether nobody had *key* yet in the window that is open."""
    return _use(session, key, 1, window_s)


def is_within(session: Session, key: str, most: int, window_s: float) -> bool:
    """Count one; whether *key* had fewer than *most* in the window that is open."""
    return _use(session, key, most, window_s)


def look(session: Session, kind: Kind, person: str, client: str) -> None:
    """Raises Spent when `spend` would now; uses nothing."""
    for key, most in _keys(kind, person, client):
        row = session.execute(_SINCE, {"key": key}).first()
        if row is not None and row.used >= most and 0 < _left_s(row.since) <= HOUR_S + clock.SLACK_S:
            raise _spent(session, kind, key, most)


def forget_old() -> None:
    """Drop the windows that have closed."""

    with db.writing() as session:
        session.execute(_FORGET, {"closed": clock.epoch() - HOUR_S})


def most(kind: Kind) -> int:
    """How many an hour one person may use; 0 for no limit."""
    settings = services().settings
    return {
        Kind.DRAFTS: settings.drafts_per_hour,
        Kind.EXPORTS: settings.exports_per_hour,
        Kind.COUNTS: settings.counts_per_hour,
        Kind.CALLS: settings.meta_calls_per_hour,
        Kind.INVITATIONS: settings.invitations_per_hour,
    }[kind]


def _keys(kind: Kind, person: str, client: str) -> list[tuple[str, int]]:
    each = most(kind)
    if not each:
        return []
    return [(f"{kind}:person:{person}", each), (f"{kind}:client:{client}", each * CLIENT_TIMES)]


def _use(session: Session, key: str, most: int, window_s: float) -> bool:
    return session.execute(_SPEND, {"key": key, "most": most, **_times(window_s)}).first() is not None


def _times(window_s: float) -> dict[str, float]:
    now = clock.epoch()
    return {"now": now, "closed": now - window_s, "ahead": now + clock.SLACK_S}


def _spent(session: Session, kind: Kind, key: str, most: int) -> Spent:
    row = session.execute(_SINCE, {"key": key}).first()
    wait_s = ceil(_left_s(row.since)) if row else 1
    return Spent(kind, most, max(1, min(wait_s, int(HOUR_S))), ":client:" in key)


def _left_s(since: float) -> float:
    return since + HOUR_S - clock.epoch()
