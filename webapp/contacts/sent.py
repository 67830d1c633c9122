"""Who was received by which custom audience, as filters and the page of a contact ask the ledger."""

from sqlalchemy import ColumnElement, Table, exists, select
from sqlmodel import Session, col

from webapp.contacts.ledger.models import FEED, MAYBE, MEMBER
from webapp.contacts.models import CONTACT, SentAudience

AUDIENCE: Table = SentAudience.__table__  # type: ignore[attr-defined]


def was_sent(audience: str | None = None) -> ColumnElement[bool]:
    """Of a contact: received by the audience of that public id, by any for None.

    A contact is a member of feeds of its own database alone, so these few are all that is looked into.
    """
    found = (
        select(MEMBER.c.contact_id)
        .select_from(FEED.join(MEMBER, MEMBER.c.feed_id == FEED.c.id))
        .where(
            FEED.c.database_id == CONTACT.c.database_id,
            MEMBER.c.contact_id == CONTACT.c.id,
            MEMBER.c.print != MAYBE,
        )
    )
    if audience is not None:
        named = select(AUDIENCE.c.id).where(AUDIENCE.c.public_id == audience).scalar_subquery()
        found = found.where(FEED.c.audience_ref == named)
    return exists(found.correlate(CONTACT))


def audiences(session: Session, client_id: int) -> list[tuple[str, str]]:
    """(public id, name) of those that ever received contacts of the client, by name."""
    wanted = select(col(SentAudience.public_id), col(SentAudience.name)).where(
        col(SentAudience.client_id) == client_id
    )
    return sorted((tuple(row) for row in session.execute(wanted)), key=lambda one: one[1].lower())


def audiences_of(session: Session, contact_id: int) -> list[str]:
    """Names of the audiences that received the contact."""
    wanted = (
        select(AUDIENCE.c.name)
        .select_from(
            CONTACT.join(FEED, FEED.c.database_id == CONTACT.c.database_id)
            .join(MEMBER, MEMBER.c.feed_id == FEED.c.id)
            .join(AUDIENCE, AUDIENCE.c.id == FEED.c.audience_ref)
        )
        .where(CONTACT.c.id == contact_id, MEMBER.c.contact_id == contact_id, MEMBER.c.print != MAYBE)
    )
    return sorted(set(session.execute(wanted).scalars()))
