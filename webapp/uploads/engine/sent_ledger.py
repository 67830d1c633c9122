"""What the batches of an upload tell the ledger, in the transaction that says how each of them ended.

    received            → members
    nobody knows        → members that may be there (`MAYBE`), unless they were known to be before
    refused for certain → nothing

So the ledger may hold somebody who is not in the audience, and never lacks somebody who is: to take out who
is not there does no harm.
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlmodel import Session, col

from webapp.contacts.ledger import feeds, idents, members
from webapp.contacts.ledger.idents import CELL
from webapp.contacts.ledger.models import MAYBE
from webapp.contacts.models import Filter, SentAudience
from webapp.destinations import registry
from webapp.destinations.base import BatchResult, EncodedRows
from webapp.uploads.engine.claimed import ClaimedBatch
from webapp.uploads.models import Upload


def remember(session: Session, upload: Upload, claimed: ClaimedBatch, result: BatchResult) -> None:
    """The destination has answered for the batch.

    Contacts left out as duplicates of received ones count too: the person was received. Which of a batch were
    received is known of all of them or of none.
    """
    ids = claimed.contact_ids
    if result.received >= len(ids) and result.rejected_count >= len(ids):
        return  # it took none of them
    refused = {row.row for row in result.rejected}
    places = [place for place in range(len(ids)) if place not in refused]
    is_certain = result.received >= len(ids)
    _write(session, upload, claimed.batch_id, _rows(upload, claimed.rows, ids, places, is_certain))
    there = {ids[place] for place in places}
    pairs = zip(claimed.duplicates[0::2], claimed.duplicates[1::2], strict=True)
    found = {duplicate for original, duplicate in pairs if original in there}
    members.record_duplicates(session, feed(session, upload), claimed.batch_id, found, is_certain)


def remember_maybe(
    session: Session, upload: Upload, batch_id: int, rows: EncodedRows, ids: Sequence[int]
) -> None:
    """The rows were sent, and no answer tells whether they arrived."""
    _write(session, upload, batch_id, _rows(upload, rows, ids, range(len(ids)), is_certain=False))


def feed(session: Session, upload: Upload, account_reference: str = "") -> int:
    """The feed that the upload fills, noted on it the first time."""
    if upload.feed_id is None:
        audience = SentAudience(
            client_id=upload.client_id,
            destination=upload.destination,
            audience_id=upload.audience_id,
            account_reference=account_reference,
            name=upload.audience_name,
        )
        upload.feed_id = feeds.feed_of(
            session, audience, upload.database_id, _source(session, upload), upload.medium
        )
        session.add(upload)
    return upload.feed_id


def _source(session: Session, upload: Upload) -> str:
    """The filter's public id; of one that was deleted meanwhile the rule is the upload's alone."""
    if upload.rule is None:
        return ""
    named = select(col(Filter.public_id)).where(col(Filter.id) == upload.filter_id)
    return session.execute(named).scalar_one_or_none() or f"#{upload.public_id}"


def _write(session: Session, upload: Upload, batch_id: int, rows: members.Rows) -> None:
    members.record(session, feed(session, upload), batch_id, rows)


def _rows(
    upload: Upload, rows: EncodedRows, ids: Sequence[int], places: Sequence[int], is_certain: bool
) -> members.Rows:
    """The rows at *places*, as the ledger holds them."""
    keys = registry.destination(upload.destination).identity_keys
    sealed = idents.seal(rows.digests)
    prints = idents.prints(sealed, len(rows)) if is_certain else [MAYBE] * len(rows)
    named = columns(EncodedRows(rows.schema, sealed), keys)
    width = len(named) // max(len(rows), 1)
    if len(places) == len(ids):
        return members.Rows(ids, named, prints)
    return members.Rows(
        [ids[place] for place in places],
        b"".join(named[place * width : (place + 1) * width] for place in places),
        [prints[place] for place in places],
    )


def columns(rows: EncodedRows, keys: Sequence[str]) -> bytes:
    """The cells of those *keys* that the schema of *rows* has, row by row."""
    places = [CELL * rows.schema.index(key) for key in keys if key in rows.schema]
    if len(places) == len(rows.schema):
        return rows.digests
    starts = range(0, len(rows.digests), CELL * len(rows.schema))
    cells = rows.digests
    return b"".join(cells[at + place : at + place + CELL] for at in starts for place in places)
