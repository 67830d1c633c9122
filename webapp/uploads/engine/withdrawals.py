"""People who must not be sent any more leave the batches they are in, whatever way the change came.

    a batch is claimed          → `only_allowed`: the rule, asked at the moment of sending
    a batch comes back unsent   → `look_again`: so that nobody's digest waits in it for days
    contacts are being deleted  → `take_out`: their digests go at once, from all that waits

What is taken out moves from "da inviare" to its true reason, so the numbers of the upload still add up.
A row whose contact goes but whose duplicate may be sent stays, under the duplicate.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, delete, update
from sqlmodel import Session, col, select

from webapp import clock, db
from webapp.destinations.base import EncodedRows
from webapp.uploads.engine import transitions
from webapp.uploads.engine.batches import DUPLICATE
from webapp.uploads.engine.claimed import ClaimedBatch
from webapp.uploads.engine.last_look import Changes, Content, look
from webapp.uploads.engine.locks import LockedUpload, all_locked, locked
from webapp.uploads.events import Event, note
from webapp.uploads.models import Batch, BatchRows, DiscardedContacts, Upload
from webapp.uploads.operations import Operation
from webapp.uploads.packed_ids import pack, unpack
from webapp.uploads.status import BatchStatus, UploadStatus

# Set aside and stopped batches too: "riprova" would send them.
UNSENT = (BatchStatus.PENDING, BatchStatus.FAILED, BatchStatus.STOPPED)


def only_allowed(claimed: ClaimedBatch) -> ClaimedBatch | None:
    """The batch with those alone who may be sent now; None when nobody is left, or it is not ours any more.

    Nothing is locked while the contacts are read, and a batch nobody left is the same object, byte for byte.
    """
    if claimed.operation == Operation.REMOVE:  # to be taken out nobody need have agreed
        return claimed
    content = Content(claimed.rows, claimed.contact_ids, claimed.duplicates)
    with db.reading() as session:
        changes = look(session, session.get_one(Upload, claimed.upload_id), content)
    if not changes:
        return claimed
    with db.writing() as session:
        held = locked(session, claimed.upload_id)
        batch = _batch(session, claimed.batch_id)
        if held is None or batch is None or (batch.attempt, batch.status) != (claimed.attempt, "sending"):
            return None
        left = _rewrite(held, batch, content, changes)
        transitions.close_if_done(held)
    if not left.ids:
        return None
    return replace(claimed, rows=left.rows, contact_ids=left.ids, duplicates=left.duplicates)


def look_again(upload_id: int, batch_id: int) -> None:
    """The same for a batch that came back unsent; one that was claimed again meanwhile is left alone."""
    with db.reading() as session:
        batch = _batch(session, batch_id)
        if batch is None or batch.status not in UNSENT or batch.operation == Operation.REMOVE:
            return
        content = _content(session, batch)
        changes = look(session, session.get_one(Upload, upload_id), content)
    if not changes:
        return
    with db.writing() as session:
        held = locked(session, upload_id)
        batch = _batch(session, batch_id)
        if held and batch and batch.status in UNSENT and _content(session, batch) == content:
            _rewrite(held, batch, content, changes)
            transitions.close_if_done(held)


def take_out(session: Session, database_id: int, contact_ids: Collection[int]) -> int:
    """Contacts that are about to be deleted leave everything unsent, in the caller's transaction.

    Returns how many rows went. A batch on its way is looked at when it comes back, or is claimed again.
    """
    of_database = col(Upload.database_id) == database_id
    for held in all_locked(
        session,
        of_database,
        col(Upload.status) == UploadStatus.PREPARING,
        col(Upload.prepared_at).is_(None),
    ):
        transitions.requeue(held)  # it reads the contacts of when it began
    return _look_at_all(session, of_database, contact_ids, leaving=contact_ids)


def take_out_refused(session: Session, database_id: int, contact_ids: Collection[int]) -> int:
    """Contacts that answer otherwise by now leave the waiting batches at once, so that pages tell of it."""
    return _look_at_all(session, col(Upload.database_id) == database_id, contact_ids)


def _look_at_all(
    session: Session, which: ColumnElement[bool], contact_ids: Collection[int], leaving: Collection[int] = ()
) -> int:
    wanted = frozenset(contact_ids)
    unsent = select(Batch.upload_id).where(col(Batch.status).in_(UNSENT)).distinct()
    taken = 0
    for held in all_locked(session, which, col(Upload.id).in_(unsent)):
        for batch_id in _unsent_of(session, held.id):
            batch = _batch(session, batch_id)
            if batch is None or batch.status not in UNSENT:  # claimed a moment ago
                continue
            content = _content(session, batch)
            if not wanted.isdisjoint(content.ids) and (changes := look(session, held.row, content, leaving)):
                taken += batch.n_rows - len(_rewrite(held, batch, content, changes).ids)
        transitions.close_if_done(held)
    return taken


def _unsent_of(session: Session, upload_id: int) -> Sequence[int | None]:
    query = select(Batch.id).where(
        col(Batch.upload_id) == upload_id,
        col(Batch.status).in_(UNSENT),
        col(Batch.operation) != Operation.REMOVE,
    )
    return session.exec(query.order_by(col(Batch.id))).all()


def _batch(session: Session, batch_id: int | None) -> Batch | None:
    """As it is now, and out of the session: one in memory at a time. Its upload is locked, so it stays so."""
    batch = session.get(Batch, batch_id, populate_existing=True)
    if batch is not None:
        session.expunge(batch)
    return batch


def _content(session: Session, batch: Batch) -> Content:
    packed = session.get_one(BatchRows, batch.id, populate_existing=True)
    session.expunge(packed)
    rows = EncodedRows(tuple(batch.schema_), packed.digests)
    return Content(rows, unpack(packed.contact_ids), unpack(packed.duplicates))


def _rewrite(held: LockedUpload, batch: Batch, content: Content, changes: Changes) -> Content:
    """Store the batch as *changes* leave it, and count who went. One that is left empty is deleted."""
    session, left = held.session, changes.without(content)
    if left.ids:
        session.execute(update(Batch).where(col(Batch.id) == batch.id).values(n_rows=len(left.ids)))
        session.execute(
            update(BatchRows)
            .where(col(BatchRows.batch_id) == batch.id)
            .values(digests=left.rows.digests, contact_ids=pack(left.ids), duplicates=pack(left.duplicates))
        )
    else:
        session.execute(delete(Batch).where(col(Batch.id) == batch.id))
    if not changes.gone:  # nobody left; some go with less than they had
        return left
    _no_more_duplicates(session, held.id, frozenset(changes.heirs.values()))
    reasons = Counter(changes.gone.values())
    _count(held, reasons, len(changes.heirs))
    note(
        session,
        Event.TAKEN_OUT,
        held.id,
        batch_id=batch.id,
        seq=batch.seq,
        attempt=batch.attempt,
        rows=len(content.ids) - len(left.ids),
        **{f"excluded_{reason}": count for reason, count in sorted(reasons.items())},
    )
    return left


def _no_more_duplicates(session: Session, upload_id: int, heirs: frozenset[int]) -> None:
    """Contacts that are sent now leave the list of those left out as duplicates."""
    if not heirs:
        return
    packs = select(DiscardedContacts).where(
        col(DiscardedContacts.upload_id) == upload_id, col(DiscardedContacts.reason) == DUPLICATE
    )
    for pack_of in session.exec(packs).all():
        ids = unpack(pack_of.contact_ids)
        left = [contact_id for contact_id in ids if contact_id not in heirs]
        if len(left) < len(ids):
            pack_of.contact_ids, pack_of.n_contacts = pack(left), len(left)
            session.add(pack_of)


def _count(held: LockedUpload, reasons: Counter[str], inherited: int) -> None:
    """selected = Σ excluded + Σ discarded + duplicates + to_send, as before."""
    upload, total = held.row, sum(reasons.values())
    upload.excluded = dict(Counter(upload.excluded) + reasons)
    upload.duplicates = (upload.duplicates or 0) - inherited
    upload.to_send = (upload.to_send or 0) - (total - inherited)
    upload.updated_at = clock.now()
    held.session.add(upload)
    held.session.flush()
