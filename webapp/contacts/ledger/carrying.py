"""The ledger is carried over from a database that is replaced by an older copy of it.

    the database that is replaced → its members and whoever is owed, into a file without a name
      → those that the copy lacks, into it, for clients and databases that both know by the same two ids

Whoever was sent since the copy was taken is in the audience, whatever the copy says. Whether somebody left it
since, the two together do not tell: all come as a maybe.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any, NamedTuple

import orjson
from sqlalchemy import Connection, or_, select
from sqlmodel import Session, col

from webapp import db
from webapp.access.models import Client
from webapp.contacts.ledger import apart, due, feeds, idents, members
from webapp.contacts.ledger.models import DUE, FEED, MAYBE, MEMBER, Feed
from webapp.contacts.models import SentAudience, UserDatabase

ROWS = 5_000


class Source(NamedTuple):
    """A feed, by what names it in every copy of the database."""

    client_id: int
    client_public_id: str
    database_id: int
    database_public_id: str
    destination: str
    audience_id: str
    account_reference: str
    name: str
    filter_public_id: str
    medium: str


@contextmanager
def carried() -> Iterator[IO[bytes]]:
    """The ledger as it is now, to be given to `bring` when a copy stands in the place of this database."""
    with tempfile.TemporaryFile() as file:
        with db.snapshot() as connection:
            for feed_id, audience_ref, *source in connection.execute(_sources()).all():
                _write(file, "feed", source)
                rows = select(MEMBER.c.contact_id, MEMBER.c.ident).where(
                    MEMBER.c.feed_id == feed_id, MEMBER.c.ident != b""
                )
                for page in db.pages(connection, rows, ROWS):
                    _write(file, "members", [(one, bytes(ident).hex()) for one, ident in page])
                _write(file, "owed", _owed(connection, feed_id, audience_ref))
        file.seek(0)
        yield file


def bring(file: IO[bytes]) -> None:
    """Take in what this database lacks of it."""
    feed: Feed | None = None
    for line in file:
        kind, content = orjson.loads(line)
        with db.writing() as session:
            if kind == "feed":
                feed = _feed(session, Source(*content))
            elif feed is not None and kind == "members":
                _bring_members(session, feed, content)
            elif feed is not None:
                _bring_owed(session, feed, content)


def _sources() -> Any:
    columns = (
        *(col(Client.id), col(Client.public_id), col(UserDatabase.id), col(UserDatabase.public_id)),
        *(col(SentAudience.destination), col(SentAudience.audience_id)),
        *(col(SentAudience.account_reference), col(SentAudience.name)),
        *(FEED.c.filter_public_id, FEED.c.medium),
    )
    return (
        select(FEED.c.id, FEED.c.audience_ref, *columns)
        .join(SentAudience, col(SentAudience.id) == FEED.c.audience_ref)
        .join(Client, col(Client.id) == FEED.c.client_id)
        .join(UserDatabase, col(UserDatabase.id) == FEED.c.database_id)
        .order_by(FEED.c.id)
    )


def _owed(connection: Connection, feed_id: int, audience_ref: int) -> list[Sequence[Any]]:
    """Whoever is owed to the audience because of that feed, or of one that is not there any more."""
    columns = (DUE.c.contact_id, DUE.c.ident, DUE.c.reason, DUE.c.next_try_at, DUE.c.feed_id)
    of_feed = or_(DUE.c.feed_id == feed_id, DUE.c.feed_id.is_(None), DUE.c.feed_id.not_in(select(FEED.c.id)))
    wanted = select(*columns).where(DUE.c.audience_ref == audience_ref, DUE.c.done_at.is_(None), of_feed)
    return [
        (one, bytes(ident).hex(), reason, next_try_at, feed == feed_id)
        for one, ident, reason, next_try_at, feed in connection.execute(wanted)
    ]


def _write(file: IO[bytes], kind: str, content: Sequence[Any]) -> None:
    file.write(orjson.dumps((kind, content)) + b"\n")


def _feed(session: Session, source: Source) -> Feed | None:
    """The same feed here; None when its client or database is not the same one, or not there."""
    client, database = session.get(Client, source.client_id), session.get(UserDatabase, source.database_id)
    if client is None or client.public_id != source.client_public_id:
        return None
    if database is None or database.public_id != source.database_public_id:
        return None
    audience = SentAudience(
        client_id=source.client_id,
        destination=source.destination,
        audience_id=source.audience_id,
        account_reference=source.account_reference,
        name=source.name,
    )
    found = feeds.feed_of(session, audience, source.database_id, source.filter_public_id, source.medium)
    return session.get_one(Feed, found)


def _bring_members(session: Session, feed: Feed, rows: Sequence[tuple[int, str]]) -> None:
    for width in (idents.CELL, idents.BOTH):
        some = [(one, bytes.fromhex(ident)) for one, ident in rows if len(ident) == 2 * width]
        ids = [one for one, _ in some]
        held = members.Rows(ids, b"".join(ident for _, ident in some), [MAYBE] * len(some))
        former = members.record(session, db.saved_id(feed), 0, held)
        apart.mark(session, db.saved_id(feed), ids)
        people = [(one, idents.whole(ident, feed.medium)) for one, ident in former.items()]
        due.owe(session, feed.client_id, feed.audience_ref, people, due.Reason.CHANGED, None, feed.id)


def _bring_owed(
    session: Session, feed: Feed, rows: Sequence[tuple[int, str, str, float | None, bool]]
) -> None:
    wanted = select(DUE.c.ident).where(DUE.c.audience_ref == feed.audience_ref, DUE.c.done_at.is_(None))
    here = {bytes(ident) for ident in session.execute(wanted).scalars()}
    for contact_id, sealed, reason, next_try_at, is_of_feed in rows:
        ident = bytes.fromhex(sealed)
        if ident not in here:
            owing = [(contact_id, ident)]
            source = feed.id if is_of_feed else None
            why = due.Reason(reason)
            due.owe(session, feed.client_id, feed.audience_ref, owing, why, next_try_at, source)
