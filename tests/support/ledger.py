"""The ledger, as tests fill it and read it."""

from collections.abc import Collection

from sqlmodel import Session, select

from webapp.contacts.ledger import feeds, members
from webapp.contacts.ledger.models import MAYBE, UNKNOWN_PRINT, AudienceMember
from webapp.contacts.models import SentAudience, UserDatabase


def receive(
    session: Session, database: UserDatabase, audience_id: str, name: str, contact_ids: Collection[int]
) -> int:
    """The audience has received those contacts of the database; the id of the feed."""
    audience = SentAudience(
        client_id=database.client_id, destination="meta", audience_id=audience_id, name=name
    )
    feed = feeds.feed_of(session, audience, database.id, "", "email")
    ids = sorted(contact_ids)
    idents = b"".join(contact_id.to_bytes(32) for contact_id in ids)
    members.record(session, feed, 1, members.Rows(ids, idents, [UNKNOWN_PRINT] * len(ids)))
    return feed


def received(session: Session) -> set[int]:
    """Every contact that some audience has received for certain."""
    there = select(AudienceMember.contact_id).where(AudienceMember.print != MAYBE)
    return set(session.exec(there))
