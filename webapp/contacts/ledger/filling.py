"""Idents of people who were sent before idents were kept: those of their contacts as they are now."""

from sqlalchemy import bindparam, select, update

from webapp import db
from webapp.contacts.ledger import idents
from webapp.contacts.ledger.models import MEMBER, Feed
from webapp.contacts.models import CONTACT

ROWS = 5_000


def fill_in(feed: Feed) -> None:
    """A block at a time. Whoever has no contact any more keeps none, and cannot be taken out by Platea."""
    digest = CONTACT.c.email_sha256 if feed.medium == "email" else CONTACT.c.mobile_sha256
    after = 0
    while True:
        wanted = (
            select(MEMBER.c.contact_id, digest)
            .select_from(MEMBER.join(CONTACT, CONTACT.c.id == MEMBER.c.contact_id))
            .where(
                MEMBER.c.feed_id == feed.id,
                MEMBER.c.contact_id > after,
                MEMBER.c.batch_id == 0,
                MEMBER.c.ident == b"",
                digest.is_not(None),
            )
            .order_by(MEMBER.c.contact_id)
            .limit(ROWS)
        )
        with db.reading() as session:
            found = session.execute(wanted).all()
        if not found:
            return
        after = found[-1][0]
        sealed = idents.seal(b"".join(bytes(value) for _, value in found))
        values = [
            {"contact": contact_id, "sealed": sealed[place * idents.CELL : (place + 1) * idents.CELL]}
            for place, (contact_id, _) in enumerate(found)
        ]
        same = (
            MEMBER.c.feed_id == feed.id,
            MEMBER.c.contact_id == bindparam("contact"),
            MEMBER.c.ident == b"",
        )
        with db.writing() as session:
            session.connection().execute(
                update(MEMBER).where(*same).values(ident=bindparam("sealed")), values
            )
