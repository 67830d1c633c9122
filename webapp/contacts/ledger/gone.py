"""An audience that the vendor has deleted holds nobody: nobody is owed to it, and it keeps no digest.

The rows stay, so that filters still know who was once sent there.
"""

from sqlalchemy import select, update

from webapp import db
from webapp.contacts.ledger import due, feeds
from webapp.contacts.ledger.models import MEMBER

ROWS = 10_000


def forget_audience(destination: str, audience_id: str) -> None:
    """A block at a time, for every client that filled it; once more does no harm."""
    with db.writing() as session:
        due.close(session, due.open_of_vendor(session, destination, audience_id), due.Outcome.AUDIENCE_GONE)
    with db.reading() as session:
        found = feeds.feeds_of_vendor(session, destination, audience_id)
    for feed in found:
        while _forget_block(db.saved_id(feed)):
            pass


def _forget_block(feed_id: int) -> bool:
    named = select(MEMBER.c.contact_id).where(MEMBER.c.feed_id == feed_id, MEMBER.c.ident != b"")
    with db.reading() as session:
        ids = session.execute(named.limit(ROWS)).scalars().all()
    if ids:
        some = update(MEMBER).where(MEMBER.c.feed_id == feed_id, MEMBER.c.contact_id.in_(ids))
        with db.writing() as session:
            session.execute(some.values(ident=b""))
    return bool(ids)
