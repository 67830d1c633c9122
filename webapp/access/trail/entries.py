"""Entries of the audit trail for its page: of one client, narrowed by person, action and days."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy
from sqlalchemy import ColumnElement, Row, Table, and_, or_, true
from sqlmodel import Session, col, select

from webapp import db
from webapp.access.models import AuditAddress, AuditEntry, Membership, Operator
from webapp.access.trail.audit_words import GROUPS, WORDS
from webapp.values.texts import ROME, moment

PAGE_ROWS = 50
CSV_ROWS = 100_000
CSV_HEADER = ("Numero", "Quando", "Chi", "Azione", "Su cosa", "Dettagli", "Da dove", "Richiesta", "Impronta")
SEQ = col(AuditEntry.seq)
_TABLE: Table = AuditEntry.__table__  # type: ignore[attr-defined]
Where = ColumnElement[bool]


@dataclass(frozen=True)
class TrailFilter:
    """The choice in the URL; a part of it that cannot be read is ignored."""

    person: Operator | None
    action: str  # an action, or the name of a group of `audit_words`
    since: date | None
    until: date | None

    @property
    def args(self) -> dict[str, str]:
        """The query string that asks for this again."""
        return {
            **({"persona": self.person.public_id} if self.person else {}),
            **({"azione": self.action} if self.action else {}),
            **({"dal": self.since.isoformat()} if self.since else {}),
            **({"al": self.until.isoformat()} if self.until else {}),
        }


@dataclass(frozen=True)
class TrailPage:
    """Entries from the newest on; *previous* and *next* are numbers to go on from, None at the ends."""

    entries: list[AuditEntry]
    previous: int | None
    next: int | None


def people(session: Session, client_id: int) -> list[Operator]:
    """The people that entries of a client can be narrowed to: its operators and the installation's owners."""
    members = select(Membership.operator_id).where(Membership.client_id == client_id)
    query = select(Operator).where(or_(col(Operator.id).in_(members), col(Operator.is_owner)))
    return list(session.exec(query.order_by(col(Operator.name), col(Operator.id))))


def read_narrowed(args: Mapping[str, str], everybody: Sequence[Operator]) -> TrailFilter:
    person = next((one for one in everybody if one.public_id == args.get("persona")), None)
    action = args.get("azione", "")
    known = action in WORDS or action in GROUPS
    return TrailFilter(person, action if known else "", _day(args.get("dal", "")), _day(args.get("al", "")))


def visible(client_id: int, everybody: Sequence[Operator], is_owner: bool) -> Where:
    """The entries of the client, and of those without one (signing in) its own people's.

    The owner of the installation also sees those of nobody, such as a sign-in with an unknown address.
    """
    nowhere = col(AuditEntry.client_id).is_(None)
    theirs = true() if is_owner else col(AuditEntry.operator_id).in_([one.id for one in everybody])
    return or_(col(AuditEntry.client_id) == client_id, and_(nowhere, theirs))


def matching(narrowed: TrailFilter) -> Where:
    found: list[Where] = [true()]
    if narrowed.person:
        found.append(col(AuditEntry.operator_id) == narrowed.person.id)
    if narrowed.action:
        actions = GROUPS.get(narrowed.action, [narrowed.action])
        found.append(col(AuditEntry.action).in_([str(action) for action in actions]))
    if narrowed.since:
        found.append(col(AuditEntry.at) >= _midnight(narrowed.since))
    if narrowed.until:
        found.append(col(AuditEntry.at) < _midnight(narrowed.until + timedelta(days=1)))
    return and_(*found)


def read_page(session: Session, chosen: Where, older_than: int | None, newer_than: int | None) -> TrailPage:
    """The newest entries of *chosen*, those below *older_than*, or those just above *newer_than*."""
    query = select(AuditEntry).where(chosen)
    if newer_than is not None:
        query = query.where(newer_than < SEQ).order_by(SEQ)
    else:
        query = query.where(older_than > SEQ if older_than is not None else true()).order_by(SEQ.desc())
    found = list(session.exec(query.limit(PAGE_ROWS + 1)))
    more, found = len(found) > PAGE_ROWS, found[:PAGE_ROWS]
    if newer_than is not None:
        found.reverse()
    has_newer, has_older = (more, True) if newer_than is not None else (older_than is not None, more)
    return TrailPage(
        found,
        found[0].seq if found and has_newer else None,
        found[-1].seq if found and has_older else None,
    )


def addresses(session: Session, page: TrailPage) -> dict[int, str]:
    """The whole addresses of the entries of a page that still have one, by number."""
    numbers = [one.seq for one in page.entries]
    query = select(AuditAddress).where(col(AuditAddress.seq).in_(numbers))
    return {one.seq or 0: one.address for one in session.exec(query)}


_STREAMED = {"yield_per": 1000}


def csv_rows(chosen: Where, limit: int | None = CSV_ROWS) -> Iterator[Sequence[str]]:
    """The file, oldest first; read while it is sent."""
    yield CSV_HEADER
    whole: sqlalchemy.Label[str] = col(AuditAddress.address).label("whole_address")
    query = sqlalchemy.select(_TABLE, whole).join(AuditAddress, col(AuditAddress.seq) == SEQ, isouter=True)
    query = query.where(chosen).order_by(SEQ).limit(limit)
    with db.snapshot() as connection, connection.execute(query, execution_options=_STREAMED) as rows:
        for row in rows:
            yield cells(row)


def cells(entry: Row[Any]) -> tuple[str, ...]:
    """An entry as a line of the file."""
    details = ", ".join(f"{name}: {value}" for name, value in entry.detail.items() if value is not None)
    words = WORDS.get(entry.action, entry.action)
    where = entry.whole_address or entry.address
    told = (moment(entry.at), entry.who, words, entry.target, details, where, entry.request_id)
    return (str(entry.seq), *told, entry.link.hex())


def _day(text: str) -> date | None:
    """2026-11-23, as a date field sends it."""
    try:
        found = date.fromisoformat(text) if text.isascii() else None
    except ValueError:
        return None
    return found if found and 2000 <= found.year <= 2999 else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ROME).astimezone(UTC)
