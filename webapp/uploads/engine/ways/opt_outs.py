"""Whoever says no leaves the audiences that are kept in line.

Those are the ones whose source was aligned last, or replaced everybody, without people who had said no.

An audience that somebody is filling waits until that is over: who is on the way is not in the ledger yet.
"""

from sqlalchemy import select
from sqlmodel import Session, col

from webapp import db
from webapp.contacts.consent import ConsentPolicy
from webapp.contacts.ledger import refusals
from webapp.contacts.ledger.models import Feed
from webapp.uploads.models import Upload
from webapp.uploads.operations import Operation
from webapp.uploads.status import RUNNING

KEEPING = (Operation.ALIGN, Operation.REPLACE)


def look_through(feed_id: int) -> None:
    """Owe whoever of the feed says no by now, where the audience is kept in line."""
    with db.reading() as session:
        feed = session.get(Feed, feed_id)
        if feed is None or feed.answers_changed_at is None or _is_in_use(session, feed):
            return
        is_kept = _is_kept_in_line(session, feed)
    if is_kept:
        refusals.take_out(feed)
    refusals.looked_through(feed)


def _is_in_use(session: Session, feed: Feed) -> bool:
    running = select(col(Upload.id)).where(
        col(Upload.feed_id) == feed.id, col(Upload.status).in_(RUNNING), col(Upload.only_due).is_(False)
    )
    return db.finds_any(session, running)


def _is_kept_in_line(session: Session, feed: Feed) -> bool:
    """By the newest upload of the feed that came to send somebody there, or to find that nobody need be."""
    newest = (
        select(col(Upload.operation), col(Upload.consent))
        .where(
            col(Upload.feed_id) == feed.id,
            col(Upload.prepared_at).is_not(None),
            col(Upload.operation) != Operation.REMOVE,
        )
        .order_by(col(Upload.id).desc())
        .limit(1)
    )
    found = session.execute(newest).one_or_none()
    return found is not None and found.operation in KEEPING and found.consent != ConsentPolicy.ANYONE
