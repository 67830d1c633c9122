"""Members that their contact does not lead to: it is gone, or has another address by now.

Whoever looks for a person finds the contacts by digest, and from them the members. These are found by their
own digests instead, which only they are indexed by. Triggers on contacts see to members that are written
down; here is what was on its way when the contact changed, and what another database tells.
"""

from collections.abc import Collection, Mapping

from sqlalchemy import select, update
from sqlmodel import Session

from webapp.contacts.ledger.models import MEMBER
from webapp.contacts.models import CONTACT

ASKED_AT_ONCE = 10_000


def mark(session: Session, feed_id: int, contact_ids: Collection[int]) -> None:
    """The members of the feed that these contacts are, from now on found by digest."""
    ordered = sorted(contact_ids)
    for start in range(0, len(ordered), ASKED_AT_ONCE):
        some = MEMBER.c.contact_id.in_(ordered[start : start + ASKED_AT_ONCE])
        mine = (MEMBER.c.feed_id == feed_id, some, MEMBER.c.is_apart.is_(False))
        session.execute(update(MEMBER).where(*mine).values(is_apart=True))


def without_their_contact(session: Session, sent: Mapping[int, Collection[bytes]]) -> set[int]:
    """Of contacts, those that are gone or do not have every digest that they were *sent* by (32 bytes)."""
    ordered = sorted(sent)
    kept: set[int] = set()
    for start in range(0, len(ordered), ASKED_AT_ONCE):
        wanted = select(CONTACT.c.id, CONTACT.c.email_sha256, CONTACT.c.mobile_sha256).where(
            CONTACT.c.id.in_(ordered[start : start + ASKED_AT_ONCE])
        )
        for one, *own in session.execute(wanted):
            if set(sent[one]) <= {bytes(digest) for digest in own if digest is not None}:
                kept.add(one)
    return set(ordered) - kept
