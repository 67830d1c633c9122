"""People erased, or who said no, after their rows were prepared: what is unsent goes out without them."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from sqlalchemy import ColumnElement, delete, update
from sqlmodel import Session, col, select

from webapp import clock, db
from webapp.contacts.consent import ConsentPolicy, why_left_out
from webapp.contacts.models import CONTACT
from webapp.destinations.base import EncodedRows
from webapp.uploads.engine import transitions
from webapp.uploads.models import UPLOAD_LOCK, Batch, BatchRows, Upload
from webapp.uploads.packed_ids import pack, unpack
from webapp.uploads.status import BatchStatus, UploadStatus
from webapp.values.readings import group

ERASED = "erased"
Gone = Mapping[str, frozenset[int]]  # reason → contacts
# Set aside and stopped batches too: "riprova" would send them.
UNSENT = (BatchStatus.PENDING, BatchStatus.FAILED, BatchStatus.STOPPED)


def take_out(session: Session, database_id: int, contact_ids: Collection[int]) -> int:
    """Take the contacts out of every batch of the database that is still unsent, in the caller's transaction.

    Returns how many rows were taken out. They move from "da inviare" to "cancellati (GDPR)", so that the
    numbers of the upload still add up. A batch that is being sent at this moment goes out as it is.
    """
    gone = {ERASED: frozenset(contact_ids)}
    return _take_out(session, col(Upload.database_id) == database_id, lambda _: gone)


def take_out_refused(session: Session, database_id: int, contact_ids: Collection[int]) -> int:
    """The same for contacts that answer otherwise by now, of the uploads whose choice leaves them out."""
    return _take_out(
        session, col(Upload.database_id) == database_id, lambda one: _left_out(session, one, contact_ids)
    )


def take_out_since_refused(upload: Upload) -> int:
    """Before an upload that was prepared earlier goes on: whoever said no meanwhile goes out without it.

    A batch at a time, each in a transaction of its own; nobody sends the upload while this is done.
    """
    with db.reading() as session:
        batch_ids = _unsent_of(session, upload)
    return sum(_take_out_of(upload, batch_id) for batch_id in batch_ids)


def _take_out_of(upload: Upload, batch_id: int | None) -> int:
    with db.reading() as session:
        packed = session.get(BatchRows, batch_id)
        gone = _left_out(session, upload, unpack(packed.contact_ids) if packed else ())
    if not gone:
        return 0
    with db.writing() as session:
        current = session.get_one(Upload, upload.id, with_for_update=UPLOAD_LOCK)
        return sum(_without_each(session, current, [batch_id], gone))


def _left_out(session: Session, upload: Upload, contact_ids: Collection[int]) -> Gone:
    """Those of *contact_ids* that the upload's choice leaves out by what they answer now, by the reason."""
    why = why_left_out(ConsentPolicy(upload.consent), upload.medium)
    found = select(CONTACT.c.id, why).where(CONTACT.c.id.in_(contact_ids), why.is_not(None))
    gone: dict[str, set[int]] = {}
    for contact_id, reason in session.execute(found):
        gone.setdefault(group(reason), set()).add(contact_id)
    return {reason: frozenset(ids) for reason, ids in gone.items()}


def _without_each(
    session: Session, upload: Upload, batch_ids: Sequence[int | None], gone: Gone
) -> Iterator[int]:
    """Rows taken out of the batches, a number for each reason."""
    for reason, ids in gone.items():
        if count := sum(_without(session, batch_id, ids) for batch_id in batch_ids):
            _count_as(reason, session, upload, count)
            yield count


def _take_out(session: Session, of: ColumnElement[bool], who: Callable[[Upload], Gone]) -> int:
    _prepare_again(session, of)
    unsent = select(Batch.upload_id).where(col(Batch.status).in_(UNSENT)).distinct()
    uploads = select(Upload).where(of, col(Upload.id).in_(unsent))
    taken = 0
    for upload in session.exec(uploads.order_by(col(Upload.id)).with_for_update(key_share=True)).all():
        taken += sum(_without_each(session, upload, _unsent_of(session, upload), who(upload)))
    return taken


def _prepare_again(session: Session, of: ColumnElement[bool]) -> None:
    """A preparation at work reads the contacts of when it began: it is fenced off and begins again."""
    session.execute(
        update(Upload)
        .where(of, col(Upload.status) == UploadStatus.PREPARING)
        .where(col(Upload.prepared_at).is_(None))
        .values(status=UploadStatus.QUEUED, lease_owner=None, lease_until=0, rung_at=0)
    )


def _unsent_of(session: Session, upload: Upload) -> Sequence[int | None]:
    query = select(Batch.id).where(col(Batch.upload_id) == upload.id, col(Batch.status).in_(UNSENT))
    return session.exec(query.order_by(col(Batch.id))).all()


def _without(session: Session, batch_id: int | None, gone: frozenset[int]) -> int:
    """Rewrite the batch without *gone*; how many rows went. A batch that is left empty is deleted."""
    batch = session.get_one(Batch, batch_id, with_for_update=True)
    session.expunge(batch)  # one in memory at a time
    if batch.status not in UNSENT:  # claimed a moment ago
        return 0
    packed = session.get_one(BatchRows, batch_id)
    session.expunge(packed)
    ids = unpack(packed.contact_ids)
    kept = [place for place, contact_id in enumerate(ids) if contact_id not in gone]
    if len(kept) == len(ids):
        return 0
    if not kept:
        session.execute(delete(Batch).where(col(Batch.id) == batch_id))
        return len(ids)
    rows = EncodedRows(tuple(batch.schema_), packed.digests)
    session.execute(update(Batch).where(col(Batch.id) == batch_id).values(n_rows=len(kept)))
    session.execute(
        update(BatchRows)
        .where(col(BatchRows.batch_id) == batch_id)
        .values(
            digests=b"".join(rows.part(place, place + 1).digests for place in kept),
            contact_ids=pack(ids[place] for place in kept),
        )
    )
    return len(ids) - len(kept)


def _count_as(reason: str, session: Session, upload: Upload, count: int) -> None:
    upload.excluded = {**upload.excluded, reason: upload.excluded.get(reason, 0) + count}
    upload.to_send = (upload.to_send or 0) - count
    upload.updated_at = clock.now()
    session.add(upload)
    session.flush()
    transitions.settle(session, upload.id or 0)
