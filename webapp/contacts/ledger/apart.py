"""Members that their contact does not lead to: it is gone, or has another address by now.

Whoever looks for a person finds the contacts by digest, and from them the members. These are found by their
own digests instead, which only they are indexed by. Triggers on contacts see to members that are written
down. What was on its way when its contact changed, and what another database tells of, is marked here.
"""

from collections.abc import Collection

from sqlalchemy import update
from sqlmodel import Session

from webapp.contacts.ledger.models import MEMBER

ASKED_AT_ONCE = 10_000


def mark(session: Session, feed_id: int, contact_ids: Collection[int]) -> None:
    """The members of the feed that these contacts are, from now on found by digest."""
    ordered = sorted(contact_ids)
    for start in range(0, len(ordered), ASKED_AT_ONCE):
        some = MEMBER.c.contact_id.in_(ordered[start : start + ASKED_AT_ONCE])
        mine = (MEMBER.c.feed_id == feed_id, some, MEMBER.c.is_apart.is_(False))
        session.execute(update(MEMBER).where(*mine).values(is_apart=True))
