"""The ledger after everybody was replaced: exactly who was sent, and nobody else from anywhere.

    done    → whoever any source had put there leaves the ledger, then every batch is written into it
    doubted → given up, and nobody knows whether it had ended: every batch is written as a maybe

A block at a time, while the upload keeps its audience: nobody else fills it, and whoever was sent stands in
its batches until the ledger has them. Once more does no harm.
"""

from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlmodel import Session, col

from webapp import clock, db
from webapp.contacts.ledger import due, feeds, idents, looking
from webapp.contacts.ledger.models import MEMBER, Feed, RemovalDue
from webapp.contacts.models import SentAudience
from webapp.destinations.base import BatchResult, EncodedRows, Rejected
from webapp.uploads.engine import sent_ledger, transitions
from webapp.uploads.engine.claimed import ClaimedBatch
from webapp.uploads.engine.locks import LockedUpload, locked
from webapp.uploads.engine.replacing import session as replacing
from webapp.uploads.models import Batch, BatchRows, Replacement, Upload
from webapp.uploads.operations import Operation
from webapp.uploads.packed_ids import unpack
from webapp.uploads.status import ReplaceState

ROWS = 10_000
UNSETTLED = (ReplaceState.DONE, ReplaceState.DOUBTED)


def unsettled() -> list[int]:
    """Uploads that the ledger does not tell of yet, oldest first."""
    with db.reading() as session:
        wanted = select(col(Replacement.upload_id)).where(col(Replacement.state).in_(UNSETTLED))
        return sorted(session.execute(wanted).scalars())


def settle(upload_id: int) -> None:
    """Let the ledger tell of the replacement, and close the upload."""
    with db.reading() as session:
        one = session.get(Replacement, upload_id)
        if one is None or one.state not in UNSETTLED:
            return
        upload = session.get_one(Upload, upload_id)
        of_vendor = feeds.feeds_of_vendor(session, upload.destination, upload.audience_id)
        batch_ids = _batches_with_digests(session, upload_id)
    if one.state == ReplaceState.DONE:
        for feed in of_vendor:
            while _forget_block(upload_id, db.saved_id(feed)):
                pass
    for batch_id in batch_ids:
        _write(upload_id, batch_id)
    with db.writing() as session:
        held = locked(session, upload_id)
        state = replacing.of(session, upload_id).state
        if held and state == ReplaceState.DONE:
            _nobody_else(held)
            _set(held, ReplaceState.SETTLED)
        elif held and state == ReplaceState.DOUBTED:
            _set(held, ReplaceState.NONE)
        if held:
            session.flush()
            transitions.close_if_done(held)


def _batches_with_digests(session: Session, upload_id: int) -> Sequence[int]:
    wanted = (
        select(col(Batch.id))
        .join(BatchRows, col(BatchRows.batch_id) == col(Batch.id))
        .where(col(Batch.upload_id) == upload_id, col(BatchRows.digests) != b"")
    )
    return session.execute(wanted.order_by(col(Batch.id))).scalars().all()


def _forget_block(upload_id: int, feed_id: int) -> bool:
    """Members whom another upload put there; whether there were any."""
    own = select(col(Batch.id)).where(col(Batch.upload_id) == upload_id)
    others = (MEMBER.c.feed_id == feed_id, MEMBER.c.batch_id.not_in(own))
    with db.writing() as session:
        if locked(session, upload_id) is None or replacing.of(session, upload_id).state != ReplaceState.DONE:
            return False
        ids = session.execute(select(MEMBER.c.contact_id).where(*others).limit(ROWS)).scalars().all()
        session.execute(delete(MEMBER).where(MEMBER.c.feed_id == feed_id, MEMBER.c.contact_id.in_(ids)))
    return bool(ids)


def _write(upload_id: int, batch_id: int) -> None:
    """One batch, unless somebody else has written it meanwhile."""
    with db.writing() as session:
        held = locked(session, upload_id)
        state = replacing.of(session, upload_id).state
        batch = session.get(Batch, batch_id, populate_existing=True)
        if held is None or batch is None or state not in UNSETTLED:
            return
        packed = session.get_one(BatchRows, batch_id, populate_existing=True)
        rows, ids = EncodedRows(tuple(batch.schema_), packed.digests), unpack(packed.contact_ids)
        if not packed.digests:
            return
        if state == ReplaceState.DOUBTED:  # it may be tried again, and needs its rows
            sent_ledger.remember_maybe(session, held.row, batch_id, rows, ids)
            return
        sent_ledger.remember(session, held.row, _claimed(held.row, batch, rows, packed), _result(batch, ids))
        packed.digests = b""
        session.add(packed)


def _claimed(upload: Upload, batch: Batch, rows: EncodedRows, packed: BatchRows) -> ClaimedBatch:
    return ClaimedBatch(
        db.saved_id(batch),
        db.saved_id(upload),
        batch.seq,
        batch.attempt,
        upload.audience_id,
        rows,
        unpack(packed.contact_ids),
        unpack(packed.duplicates),
        upload.destination,
        upload.account_id or 0,
        Operation.REPLACE,
    )


def _result(batch: Batch, ids: Sequence[int]) -> BatchResult:
    """What was answered for the batch, as it was kept."""
    places = {contact_id: place for place, contact_id in enumerate(ids)}
    rejected = [Rejected(places[one], reason) for one, reason in batch.rejected if one in places]
    return BatchResult(batch.num_received, batch.num_rejected, rejected)


def _nobody_else(held: LockedUpload) -> None:
    """Whoever was owed before it began is in the audience no more, unless they were sent again."""
    session, upload = held.session, held.row
    began_at = replacing.of(session, held.id).began_at
    owed = [
        row
        for row in due.open_of_vendor(session, upload.destination, upload.audience_id)
        if row.asked_at.timestamp() < began_at
    ]
    _close_who_is_not_there(session, upload, owed)
    audiences = update(SentAudience).where(
        col(SentAudience.destination) == upload.destination,
        col(SentAudience.audience_id) == upload.audience_id,
    )
    session.execute(audiences.values(unknown_since=None))
    of_vendor = feeds.feeds_of_vendor(session, upload.destination, upload.audience_id)
    known = update(Feed).where(col(Feed.id).in_([feed.id for feed in of_vendor]))
    session.execute(known.values(sent_before=0))


def _close_who_is_not_there(session: Session, upload: Upload, owed: Sequence[RemovalDue]) -> None:
    cells = {cell for row in owed for cell in idents.cells(row.ident)}
    mine = sent_ledger.feed(session, upload)
    there = {
        cell
        for member in looking.sharing(session.connection(), [mine], cells)
        for cell in idents.cells(member.ident)
    }
    gone = [row for row in owed if there.isdisjoint(idents.cells(row.ident))]
    due.close(session, gone, due.Outcome.REPLACED)


def _set(held: LockedUpload, state: ReplaceState) -> None:
    one = replacing.of(held.session, held.id)
    one.state, one.ending_session_id = state, None
    held.session.add(one)
    held.row.updated_at = clock.now()
    held.session.add(held.row)
