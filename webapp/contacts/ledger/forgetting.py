"""People who are erased leave the ledger, and are owed to every audience that holds them.

Their contacts are found by id, and whoever else stands for the same address by its digest: a contact that was
deleted before, an address that was changed since.
"""

from collections.abc import Collection, Sequence

from sqlmodel import Session

from webapp import clock
from webapp.contacts.ledger import due, feeds, idents, looking, members
from webapp.contacts.ledger.due import Reason
from webapp.contacts.ledger.models import Feed
from webapp.contacts.models import Contact, SentAudience


def forget_people(session: Session, client_id: int, people: Sequence[Contact]) -> None:
    """In the transaction that erases *people*, before they are deleted."""
    ours = {feed.id: feed for feed in feeds.feeds_of_client(session, client_id)}
    if not ours:
        return
    ids = {one.id for one in people if one.id is not None}
    known = {one.id: one for one in people}
    named = _named(people)
    connection = session.connection()
    feed_ids = [feed_id for feed_id in ours if feed_id is not None]
    found = set(looking.of_contacts(session, feed_ids, ids)) | set(
        looking.sharing(connection, feed_ids, named)
    )
    owed: dict[int, dict[bytes, tuple[int, int]]] = {}  # audience → ident → feed and contact
    for feed_id, contact_id, ident in sorted(found):
        feed = ours[feed_id]
        whole = idents.whole(ident, feed.medium) if ident else _now(known.get(contact_id), feed)
        if whole is not None:
            owed.setdefault(feed.audience_ref, {})[whole] = (feed_id, contact_id)
    for audience_ref, of_audience in owed.items():
        for feed_id in sorted({feed for feed, _ in of_audience.values()}):
            owing = [(one, ident) for ident, (feed, one) in of_audience.items() if feed == feed_id]
            due.owe(session, client_id, audience_ref, owing, Reason.ERASED, clock.epoch(), feed_id)
    for feed_id in {member.feed_id for member in found}:
        members.drop(session, feed_id, [one.contact_id for one in found if one.feed_id == feed_id])
    for audience_ref, of_audience in owed.items():
        doubt_sharers(session, audience_ref, {cell for ident in of_audience for cell in idents.cells(ident)})


def doubt_sharers(session: Session, audience_ref: int, cells: Collection[bytes]) -> None:
    """Whoever else is in the vendor's audience by one of *cells* may be taken out with them."""
    audience = session.get_one(SentAudience, audience_ref)
    of_vendor = feeds.feeds_of_vendor(session, audience.destination, audience.audience_id)
    there = [feed.id for feed in of_vendor if feed.id is not None]
    looking.doubt(session, set(looking.sharing(session.connection(), there, cells)))


def _named(people: Sequence[Contact]) -> set[bytes]:
    """The sealed digests that say who is the same person: the mobile, when there is no e-mail."""
    digests = (one.email_sha256 or one.mobile_sha256 for one in people)
    return {idents.seal(bytes(digest)) for digest in digests if digest is not None}


def _now(contact: Contact | None, feed: Feed) -> bytes | None:
    """The ident of a contact that was sent before idents were kept, or stands behind another one."""
    if contact is None:
        return None
    digest = contact.email_sha256 if feed.medium == "email" else contact.mobile_sha256
    return None if digest is None else idents.whole(idents.seal(bytes(digest)), feed.medium)
