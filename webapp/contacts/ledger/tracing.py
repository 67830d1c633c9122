"""Where a person went: every audience that holds them, held them, or is still to let them go.

    the digests of what was typed → contacts, by the index of the database
      → members and removals, by contact
      → members that no contact leads to, and removals that are open, by digest

Every look-up goes through an index, however many members there are.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy import text as sql
from sqlmodel import Session, col

from webapp.contacts.ledger import idents
from webapp.contacts.ledger.models import DUE, FEED, FIRST_CELL, MAYBE, MEMBER, SECOND_CELL
from webapp.contacts.models import CONTACT, SentAudience, UserDatabase

AUDIENCE: Any = SentAudience.__table__  # type: ignore[attr-defined]
PLACES = (FIRST_CELL, SECOND_CELL)


class State(StrEnum):
    PRESENT = "present"
    MAYBE = "maybe"  # nobody knows whether it arrived
    SENT = "sent"  # before idents were kept, or the vendor has deleted the audience since
    LEAVING = "leaving"  # to be taken out, and not tried yet
    REFUSED = "refused"  # to be taken out, and refused for now
    LEFT = "left"
    GONE = "gone"  # the audience is not there any more


@dataclass(frozen=True, slots=True)
class Found:
    """A contact that has what was typed, and the database it is in."""

    contact_id: int
    database: UserDatabase


@dataclass(frozen=True, slots=True)
class Trace:
    """What the ledger knows of a person and one source of an audience.

    *has_typed*: it is by what was typed, not by another address or number of the same contact. *batch_id*: of
    the batch that sent them last, 0 when that is not known. *database_id* is None when the source is not.
    *next_try_at*: seconds since 1970; None waits for the next upload that aligns the audience.
    """

    audience: SentAudience
    state: State
    has_typed: bool
    database_id: int | None = None
    filter_public_id: str = ""
    medium: str = ""
    batch_id: int = 0
    reason: str | None = None
    asked_at: datetime | None = None
    tries: int = 0
    next_try_at: float | None = None
    done_at: datetime | None = None
    outcome: str | None = None


def contacts_with(session: Session, client_id: int, digests: Collection[bytes]) -> list[Found]:
    """The client's contacts that have one of *digests* (32 bytes) as their e-mail or mobile."""
    ours = select(UserDatabase).where(
        col(UserDatabase.client_id) == client_id, col(UserDatabase.deleted_at).is_(None)
    )
    databases = {one.id: one for one in session.execute(ours.order_by(col(UserDatabase.name))).scalars()}
    found: dict[int, Found] = {}
    for digest in (CONTACT.c.email_sha256, CONTACT.c.mobile_sha256):
        same = contacts_by(digest, list(databases), digests)
        found |= {one: Found(one, databases[database]) for one, database in session.execute(same)}
    return sorted(found.values(), key=lambda one: (one.database.name, one.contact_id))


def contacts_by(digest: Any, database_ids: Sequence[int | None], digests: Collection[bytes]) -> Select[Any]:
    same = (CONTACT.c.database_id.in_(database_ids), digest.in_(list(digests)))
    return select(CONTACT.c.id, CONTACT.c.database_id).where(*same)


def traces(
    session: Session, client_id: int, digests: Collection[bytes], contact_ids: Collection[int]
) -> list[Trace]:
    """What the client's ledger knows of *digests* and of the contacts that have them, newest source last."""
    cells = set(idents.cells(idents.seal(b"".join(digests))))
    feeds = {row.id: row for row in session.execute(select(FEED).where(FEED.c.client_id == client_id))}
    audiences = _audiences(session, client_id)
    held = [tuple(row) for row in session.execute(members_of(list(feeds), contact_ids))]
    for cell in cells:
        held += [tuple(row) for place in PLACES for row in session.execute(members_by(place), {"cell": cell})]
    members = {(feed, one): (ident, shape, batch) for feed, one, ident, shape, batch in held if feed in feeds}
    # Of several contacts with the same digest one is sent, and the others stand behind it without an ident.
    named = {feed for (feed, _), (ident, *_) in members.items() if _names(ident, cells)}
    found = [
        _of_member(audiences, feeds[feed], bytes(ident), shape, batch, cells)
        for (feed, _), (ident, shape, batch) in sorted(members.items())
        if ident or feed not in named
    ]
    ids = {*contact_ids, *(one for _, one in members)}
    owed = list(session.execute(owed_to(client_id, ids)))
    for cell in cells:
        for place in PLACES:
            owed += session.execute(owed_by(place), {"cell": cell})
    ours = {row.id: row for row in owed if row.client_id == client_id}
    there = {one.audience.id for one in found}
    open_ones = [row for row in ours.values() if row.done_at is None]
    there |= {row.audience_ref for row in open_ones}
    closed = {row.audience_ref: row for _, row in sorted(ours.items()) if row.audience_ref not in there}
    both = sorted((*open_ones, *closed.values()), key=lambda row: row.id)
    return found + [_of_removal(audiences, feeds, row, cells) for row in both]


def members_of(feed_ids: Sequence[int], contact_ids: Collection[int]) -> Select[Any]:
    """Through the primary key."""
    mine = (MEMBER.c.feed_id.in_(feed_ids), MEMBER.c.contact_id.in_(sorted(contact_ids)))
    return _members().where(*mine)


def members_by(place: str) -> Select[Any]:
    """Through the index of members that no contact leads to; `:cell` is a sealed digest."""
    return _members().where(sql("is_apart"), sql(f"{place} = :cell"))


def owed_to(client_id: int, contact_ids: Collection[int]) -> Select[Any]:
    known = sorted(one for one in contact_ids if one)
    return select(DUE).where(DUE.c.client_id == client_id, DUE.c.contact_id.in_(known))


def owed_by(place: str) -> Select[Any]:
    """Who is to be taken out still; of all others no digest is kept."""
    return select(DUE).where(sql("done_at IS NULL"), sql(f"{place} = :cell"))


def _members() -> Select[Any]:
    return select(MEMBER.c.feed_id, MEMBER.c.contact_id, MEMBER.c.ident, MEMBER.c.print, MEMBER.c.batch_id)


def unknown_since(session: Session, client_id: int) -> list[SentAudience]:
    """Audiences of which a part of the ledger was lost when a copy was put back."""
    return [one for one in _audiences(session, client_id).values() if one.unknown_since is not None]


def _audiences(session: Session, client_id: int) -> dict[int | None, SentAudience]:
    wanted = select(SentAudience).where(col(SentAudience.client_id) == client_id)
    return {one.id: one for one in session.execute(wanted).scalars()}


def _names(ident: bytes, cells: Collection[bytes]) -> bool:
    return not set(cells).isdisjoint(idents.cells(bytes(ident)))


def _of_member(
    audiences: dict[int | None, SentAudience],
    feed: Any,
    ident: bytes,
    shape: int,
    batch_id: int,
    cells: set[bytes],
) -> Trace:
    return Trace(
        audiences[feed.audience_ref],
        State.MAYBE if shape == MAYBE else State.PRESENT if ident else State.SENT,
        not ident or _names(ident, cells),
        feed.database_id,
        feed.filter_public_id,
        feed.medium,
        batch_id,
    )


def _of_removal(
    audiences: dict[int | None, SentAudience], feeds: dict[int, Any], row: Any, cells: set[bytes]
) -> Trace:
    feed = feeds.get(row.feed_id)
    if row.done_at is None:
        state = State.REFUSED if row.tries else State.LEAVING
    else:
        state = State.GONE if row.outcome == "audience_gone" else State.LEFT
    return Trace(
        audiences[row.audience_ref],
        state,
        row.done_at is not None or _names(row.ident, cells),
        feed.database_id if feed else None,
        feed.filter_public_id if feed else "",
        feed.medium if feed else "",
        0,
        row.reason,
        row.asked_at,
        row.tries,
        row.next_try_at,
        row.done_at,
        row.outcome,
    )
