"""Whoever says no leaves the audiences that are kept in line, without waiting for the next alignment.

    answers change, in any way  → the feeds of the database are marked, in the same transaction
    nobody fills the audience   → the whole feed is looked through once, and whoever says no is owed

A person is an address: it is enough that one contact of the database says no for it. Whoever else holds the
same address, in another database, is doubted, so that the next alignment there adds them again if it may.
"""

from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlmodel import Session, col

from webapp import clock, db
from webapp.contacts.consent import DIGESTS, says_no
from webapp.contacts.ledger import due, idents
from webapp.contacts.ledger.forgetting import doubt_sharers
from webapp.contacts.ledger.models import MEMBER, Feed
from webapp.contacts.models import CONTACT, SentAudience

READ_ROWS = 10_000
WRITTEN_ROWS = 5_000


def answers_change(session: Session, database_id: int) -> None:
    """Somebody of the database may say no from now on."""
    of_database = update(Feed).where(col(Feed.database_id) == database_id)
    session.execute(of_database.values(answers_changed_at=clock.epoch()))


def to_look_through() -> list[int]:
    """Feeds whose people have answered since they were looked through."""
    with db.reading() as session:
        changed = select(col(Feed.id)).where(col(Feed.answers_changed_at).is_not(None))
        return sorted(session.execute(changed).scalars())


def looked_through(feed: Feed) -> None:
    """It is as *feed* says; answers that changed since are to be looked at still."""
    same = (col(Feed.id) == feed.id, col(Feed.answers_changed_at) == feed.answers_changed_at)
    with db.writing() as session:
        session.execute(update(Feed).where(*same).values(answers_changed_at=None))


def take_out(feed: Feed) -> int:
    """Owe whoever of *feed* says no by now; how many they are."""
    leaving, cells = _who_says_no(feed)
    taken = 0
    _wait_no_longer(feed, cells)
    for start in range(0, len(leaving), WRITTEN_ROWS):
        taken += _owe(feed, leaving[start : start + WRITTEN_ROWS])
    return taken


def _who_says_no(feed: Feed) -> tuple[list[int], set[bytes]]:
    """The contacts they are members as: by themselves, or by an address for which another one says no; and
    these addresses, sealed.
    """
    digest = CONTACT.c[DIGESTS[feed.medium]]
    refusing = select(CONTACT.c.id, digest).where(
        CONTACT.c.database_id == feed.database_id, says_no(CONTACT, feed.medium)
    )
    held = select(MEMBER.c.contact_id, MEMBER.c.ident).where(
        MEMBER.c.feed_id == db.saved_id(feed), MEMBER.c.ident != b""
    )
    with db.snapshot() as connection:
        contacts: set[int] = set()
        cells: set[bytes] = set()
        for page in db.pages(connection, refusing, READ_ROWS):
            contacts.update(contact_id for contact_id, _ in page)
            sealed = idents.seal(b"".join(bytes(value) for _, value in page if value is not None))
            cells.update(idents.cells(sealed))
        if not contacts:
            return [], cells
        leaving = [
            contact_id
            for page in db.pages(connection, held, READ_ROWS)
            for contact_id, ident in page
            if contact_id in contacts or not cells.isdisjoint(idents.cells(bytes(ident)))
        ]
    return leaving, cells


def _wait_no_longer(feed: Feed, cells: set[bytes]) -> None:
    """A former address that was to leave with the next alignment leaves now when somebody says no for it."""
    with db.writing() as session:
        audience = session.get_one(SentAudience, feed.audience_ref)
        owed = due.open_rows(session, feed.client_id, audience.destination, audience.audience_id)
        for row in owed:
            if row.next_try_at is None and not cells.isdisjoint(idents.cells(row.ident)):
                row.next_try_at = clock.epoch()
                session.add(row)


def _owe(feed: Feed, contact_ids: Sequence[int]) -> int:
    """Those of them that nobody has taken out meanwhile."""
    of_feed = (MEMBER.c.feed_id == db.saved_id(feed), MEMBER.c.ident != b"")
    some = (*of_feed, MEMBER.c.contact_id.in_(contact_ids))
    with db.writing() as session:
        gone = session.execute(
            delete(MEMBER).where(*some).returning(MEMBER.c.contact_id, MEMBER.c.ident)
        ).all()
        people = [(contact_id, idents.whole(bytes(ident), feed.medium)) for contact_id, ident in gone]
        due.owe(session, feed.client_id, feed.audience_ref, people, due.Reason.REFUSED, clock.epoch())
        if people:
            doubt_sharers(
                session, feed.audience_ref, {cell for _, ident in people for cell in idents.cells(ident)}
            )
    return len(people)
