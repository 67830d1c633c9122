"""Who must still be taken out of an audience: written down in one place, whatever the cause.

An erasure is owed at once. The former address of somebody who was sent again waits until the audience is
aligned: nobody has asked to take it out. What the vendor refuses for now is owed again, later and later.
"""

from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, func, insert, or_, select
from sqlmodel import Session, col

from webapp import clock, db
from webapp.contacts.ledger import idents
from webapp.contacts.ledger.models import DUE, Feed, RemovalDue
from webapp.contacts.models import SentAudience

ASKED_AT_ONCE = 5_000  # digests in one statement
FIRST_WAIT_S, LONGEST_WAIT_S = 24 * 3600.0, 7 * 24 * 3600.0


class Reason(StrEnum):
    ERASED = "erased"
    CHANGED = "changed"  # of a contact that was sent again with another address
    LEFT = "left"  # not chosen any more
    REFUSED = "refused"  # said no since
    TAKEN_OUT = "taken_out"  # by an upload that takes out whom it chooses


class Outcome(StrEnum):
    REMOVED = "removed"
    WANTED_AGAIN = "wanted_again"  # somebody who is in the audience has the same address
    AUDIENCE_GONE = "audience_gone"
    REPLACED = "replaced"  # everybody else left with them


def owe(
    session: Session,
    client_id: int,
    audience_ref: int,
    people: Iterable[tuple[int, bytes]],
    reason: Reason,
    next_try_at: float | None,
    feed_id: int | None = None,
) -> None:
    """*people*: the contact (0: unknown) and the ident, of both cells, of each. *feed_id*: their source."""
    common = {"client_id": client_id, "audience_ref": audience_ref, "reason": reason, "tries": 0}
    common |= {"feed_id": feed_id}
    rows = [
        {**common, "asked_at": clock.now(), "next_try_at": next_try_at, "contact_id": one, "ident": ident}
        for one, ident in people
    ]
    if rows:
        session.execute(insert(DUE), rows)


def remember_left(session: Session, feed: Feed, contact_ids: Iterable[int], reason: Reason) -> None:
    """These have left without ever being owed: written down as done, to be told where they went."""
    common: dict[str, Any] = {
        "client_id": feed.client_id,
        "audience_ref": feed.audience_ref,
        "feed_id": feed.id,
    }
    common |= {"reason": reason, "tries": 0, "ident": b"", "next_try_at": None}
    common |= {"asked_at": clock.now(), "done_at": clock.now(), "outcome": Outcome.REMOVED}
    rows = [{**common, "contact_id": one} for one in contact_ids]
    if rows:
        session.execute(insert(DUE), rows)


def open_rows(session: Session, client_id: int, destination: str, audience_id: str) -> list[RemovalDue]:
    """What the client owes to the vendor's audience, oldest first."""
    return [row for row in open_of_vendor(session, destination, audience_id) if row.client_id == client_id]


def open_sharing(
    session: Session, client_id: int, destination: str, audience_id: str, cells: Collection[bytes]
) -> list[RemovalDue]:
    """Of these, who is named by one of *cells* (sealed)."""
    ours = (col(RemovalDue.client_id) == client_id, col(RemovalDue.done_at).is_(None))
    if not db.finds_any(session, select(col(RemovalDue.id)).where(*ours)):
        return []
    found: list[RemovalDue] = []
    ordered = sorted(cells)
    for start in range(0, len(ordered), ASKED_AT_ONCE):
        some = ordered[start : start + ASKED_AT_ONCE]
        places = (func.substr(DUE.c.ident, at, idents.CELL).in_(some) for at in (1, 1 + idents.CELL))
        wanted = _open(destination, audience_id).where(*ours, or_(*places))
        found += session.execute(wanted.order_by(col(RemovalDue.id))).scalars().all()
    return list({row.id: row for row in found}.values())


def open_of_vendor(session: Session, destination: str, audience_id: str) -> list[RemovalDue]:
    """What every client owes to it."""
    wanted = _open(destination, audience_id).order_by(col(RemovalDue.id))
    return list(session.execute(wanted).scalars())


def _open(destination: str, audience_id: str) -> Select[Any]:
    return (
        select(RemovalDue)
        .join(SentAudience, col(SentAudience.id) == col(RemovalDue.audience_ref))
        .where(
            col(SentAudience.destination) == destination,
            col(SentAudience.audience_id) == audience_id,
            col(RemovalDue.done_at).is_(None),
        )
    )


def close(session: Session, rows: Iterable[RemovalDue], outcome: Outcome) -> None:
    """Done: the digests are kept no longer."""
    for row in rows:
        row.done_at, row.outcome, row.ident, row.next_try_at = clock.now(), outcome, b"", None
        session.add(row)


def keep_only_missing(session: Session, rows: Iterable[RemovalDue], held: Collection[bytes]) -> None:
    """Of *rows*, nothing that stands in *held* is owed: sealed cells of people who are in the audience.

    An erasure is owed whoever else has the same address.
    """
    for row in rows:
        left = still_missing(row, held)
        if left is None:
            close(session, [row], Outcome.WANTED_AGAIN)
        elif left != row.ident:
            row.ident = left
            session.add(row)


def still_missing(row: RemovalDue, held: Collection[bytes]) -> bytes | None:
    """What `keep_only_missing` leaves of the ident of *row*; None when nothing of it is owed any more."""
    return row.ident if row.reason == Reason.ERASED else idents.without(row.ident, held)


def put_off(session: Session, rows: Sequence[RemovalDue], code: str | None, at_once: bool = False) -> None:
    """The vendor refused for now. *at_once*: the audience is about to grow, so the next try need not wait."""
    for row in rows:
        row.tries += 1
        row.last_code = code
        wait = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(max(row.tries - 1, 0), 10))
        row.next_try_at = clock.epoch() if at_once and row.tries == 1 else clock.epoch() + wait
        session.add(row)


def audiences_with_due(session: Session) -> list[int]:
    """The rows of `sent_audience` where somebody is to be taken out by now."""
    now = clock.epoch()
    farthest = now + LONGEST_WAIT_S + clock.SLACK_S
    soon = col(RemovalDue.next_try_at)
    wanted = select(col(RemovalDue.audience_ref)).where(
        col(RemovalDue.done_at).is_(None), (soon <= now) | (soon > farthest)
    )
    return sorted(session.execute(wanted.distinct()).scalars())


def erased_among(session: Session, audience_ref: int, contact_ids: Collection[int]) -> set[int]:
    """Those of *contact_ids* that were erased and must not become members any more."""
    wanted = select(col(RemovalDue.contact_id)).where(
        col(RemovalDue.audience_ref) == audience_ref,
        col(RemovalDue.done_at).is_(None),
        col(RemovalDue.reason) == Reason.ERASED,
    )
    return set(session.execute(wanted).scalars()).intersection(contact_ids)
