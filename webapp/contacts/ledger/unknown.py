"""What the ledger cannot know of an audience: whom it cannot take out, because it does not hold them.

Two causes: people who were sent before idents were kept, and whose contact or address is gone; a copy of the
database that was put back while nobody could read the one it replaced. To replace everybody ends both.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select, update
from sqlmodel import Session, col

from webapp import db
from webapp.contacts.ledger.models import MEMBER, Feed
from webapp.contacts.models import CONTACT, SentAudience


class Unknown(NamedTuple):
    """*sent_before*: people sent before idents were kept who cannot be taken out any more. *since*: of when
    the copy was whose later uploads are lost, None when none are.
    """

    sent_before: int = 0
    since: datetime | None = None


def of_audience(session: Session, client_id: int, destination: str, audience_id: str) -> Unknown:
    """The client's part of it; nothing unknown of an audience that it never filled."""
    audience = session.execute(
        select(SentAudience).filter_by(client_id=client_id, destination=destination, audience_id=audience_id)
    ).scalar_one_or_none()
    if audience is None:
        return Unknown()
    mine = select(Feed).where(col(Feed.audience_ref) == audience.id, col(Feed.sent_before) > 0)
    lost = sum(_without_contact(session, feed) for feed in session.execute(mine).scalars())
    return Unknown(lost, audience.unknown_since)


def lose(session: Session, taken_at: datetime) -> None:
    """A copy of *taken_at* is in the place of a database that nobody could read: what it had sent is lost."""
    whole = col(SentAudience.unknown_since).is_(None)
    session.execute(update(SentAudience).where(whole).values(unknown_since=taken_at))


def _without_contact(session: Session, feed: Feed) -> int:
    digest = CONTACT.c.email_sha256 if feed.medium == "email" else CONTACT.c.mobile_sha256
    of_contact = (CONTACT.c.id == MEMBER.c.contact_id) & digest.is_not(None)
    lost = (
        select(func.count())
        .select_from(MEMBER.outerjoin(CONTACT, of_contact))
        .where(
            MEMBER.c.feed_id == db.saved_id(feed),
            MEMBER.c.batch_id == 0,
            MEMBER.c.ident == b"",
            CONTACT.c.id.is_(None),
        )
    )
    return int(session.execute(lost).scalar_one())
