"""Looking through the ledger for digests.

It has no index in their order: that would be ten times slower to write, and is seldom asked. A million
members take a tenth of a second.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, func, or_, select, update
from sqlmodel import Session

from webapp import db
from webapp.contacts.ledger import idents
from webapp.contacts.ledger.idents import CELL
from webapp.contacts.ledger.models import MAYBE, MEMBER

READ_ROWS = 10_000
ASKED_BY_SQL = 5_000  # digests, as long as a statement may hold them; more are looked for here


class Member(NamedTuple):
    feed_id: int
    contact_id: int
    ident: bytes


def sharing(connection: Connection, feed_ids: Sequence[int], cells: Collection[bytes]) -> Iterator[Member]:
    """Members of those feeds who have one of *cells* (sealed)."""
    if not feed_ids or not cells:
        return
    columns = (MEMBER.c.feed_id, MEMBER.c.contact_id, MEMBER.c.ident)
    query = select(*columns).where(MEMBER.c.feed_id.in_(feed_ids))
    if len(cells) <= ASKED_BY_SQL:
        places = (func.substr(MEMBER.c.ident, 1, CELL), func.substr(MEMBER.c.ident, 1 + CELL, CELL))
        query = query.where(or_(*(place.in_(list(cells)) for place in places)))
    wanted = frozenset(cells) - {idents.nothing()}
    for page in db.pages(connection, query, READ_ROWS):
        for (
            feed_id,
            contact_id,
            ident,
        ) in page:  # millions of them: nothing is called for one that is not meant
            if ident[:CELL] in wanted or ident[CELL:] in wanted:
                yield Member(feed_id, contact_id, bytes(ident))


def of_contacts(session: Session, feed_ids: Sequence[int], contact_ids: Collection[int]) -> list[Member]:
    """The members that those contacts are, those without an ident too."""
    found = []
    ordered = sorted(contact_ids)
    for start in range(0, len(ordered), READ_ROWS):
        query = select(MEMBER.c.feed_id, MEMBER.c.contact_id, MEMBER.c.ident).where(
            MEMBER.c.feed_id.in_(feed_ids), MEMBER.c.contact_id.in_(ordered[start : start + READ_ROWS])
        )
        found += [Member(feed, one, bytes(ident)) for feed, one, ident in session.execute(query)]
    return found


def doubt(session: Session, members: Collection[Member]) -> None:
    """These may be there, and may have been taken out: the next upload that wants them sends them again."""
    for feed_id, contact_ids in _by_feed(members).items():
        for start in range(0, len(contact_ids), READ_ROWS):
            some = contact_ids[start : start + READ_ROWS]
            of_feed = update(MEMBER).where(MEMBER.c.feed_id == feed_id, MEMBER.c.contact_id.in_(some))
            session.execute(of_feed.values(print=MAYBE))


def _by_feed(members: Collection[Member]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for member in sorted(members):
        found.setdefault(member.feed_id, []).append(member.contact_id)
    return found
