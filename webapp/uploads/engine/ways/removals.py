"""Rows that take people out: of a selection, of a difference, and whoever is owed."""

from array import array
from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import or_, select, update
from sqlmodel import Session, col

from webapp import clock, db
from webapp.contacts.consent import ConsentPolicy
from webapp.contacts.ledger import due, feeds, idents
from webapp.contacts.ledger.due import FIRST_WAIT_S
from webapp.contacts.ledger.idents import CELL
from webapp.contacts.ledger.models import RemovalDue
from webapp.contacts.models import SentAudience, UserDatabase
from webapp.destinations import registry
from webapp.destinations.base import Account, Destination, EncodedRows, Identifier, Medium
from webapp.services import services
from webapp.uploads import usage
from webapp.uploads.engine import enqueue, sent_ledger
from webapp.uploads.engine.batches import store_batch
from webapp.uploads.engine.locks import all_locked
from webapp.uploads.engine.preparation_lease import PreparationLease
from webapp.uploads.engine.ways.prepared import Prepared, Way
from webapp.uploads.events import Event, note
from webapp.uploads.models import Batch, BatchRows, Upload
from webapp.uploads.operations import Operation
from webapp.uploads.packed_ids import unpack
from webapp.uploads.status import RUNNING, BatchStatus

STARTED_BY = "Platea"  # whoever is owed is taken out by itself

Person = tuple[int, bytes]  # a contact, 0 when nobody knows, and an ident of both cells


class Adding(Way):
    """Adds whoever may be sent. Whoever is owed goes first, so that what was refused is tried again."""

    def __init__(self, upload: Upload, claim: PreparationLease, destination: Destination) -> None:
        super().__init__()
        self._upload, self._claim, self._destination = upload, claim, destination

    def settle(self, prepared: Prepared) -> None:
        store(self._claim, self._destination, prepared, owed_now(self._upload))


def owed_now(upload: Upload) -> list[Person]:
    """Whoever is to be taken out of the audience of *upload* without being asked for once more."""
    if not upload.audience_id:
        return []
    with db.reading() as session:
        rows = due.open_rows(session, upload.client_id, upload.destination, upload.audience_id)
        return [(row.contact_id, row.ident) for row in rows if row.next_try_at is not None]


def store(
    claim: PreparationLease, destination: Destination, prepared: Prepared, people: Iterable[Person]
) -> None:
    """Batches that take *people* out, after the others in number and before them in time.

    A row has the keys that it knows: those of one schema go together.
    """
    by_keys: dict[tuple[str, ...], list[Person]] = {}
    for contact_id, ident in people:
        known = (ident[:CELL] != idents.nothing(), ident[CELL:] != idents.nothing())
        keys = tuple(key for key, is_there in zip(destination.identity_keys, known, strict=True) if is_there)
        by_keys.setdefault(keys, []).append((contact_id, ident))
    most = destination.encoder(Medium.EMAIL, (Identifier.MOBILE,)).max_rows
    size = min(services().settings.batch_rows, most)
    for keys, of_keys in sorted(by_keys.items()):
        for start in range(0, len(of_keys), size):
            some = of_keys[start : start + size]
            sealed = b"".join(cell for _, ident in some for cell in idents.cells(ident))
            rows = EncodedRows(keys, idents.unseal(sealed))
            prepared.batches += 1
            prepared.to_remove += len(some)
            ids = array("q", [contact_id for contact_id, _ in some])
            store_batch(claim, prepared.batches, rows, ids, array("q"), Operation.REMOVE)


def owe_in_flight(session: Session, client_id: int, contact_ids: Collection[int]) -> None:
    """People who are being erased while a batch with them is on its way are taken out when it has arrived.

    Of a replacement every batch is on its way until the ledger has it.
    """
    all_locked(session, col(Upload.client_id) == client_id, col(Upload.status).in_(RUNNING))
    wanted = frozenset(contact_ids)
    on_its_way = (
        select(Upload, col(Batch.schema_), BatchRows)
        .join(Batch, col(Batch.upload_id) == col(Upload.id))
        .join(BatchRows, col(BatchRows.batch_id) == col(Batch.id))
        .where(
            col(Upload.client_id) == client_id,
            or_(
                (col(Batch.status) == BatchStatus.SENDING) & (col(Batch.operation) != Operation.REMOVE),
                (col(Batch.status) == BatchStatus.SENT) & (col(Batch.operation) == Operation.REPLACE),
            ),
            col(Upload.status).in_(RUNNING),
            col(BatchRows.digests) != b"",
        )
    )
    for upload, schema, packed in session.execute(on_its_way).all():
        ids = unpack(packed.contact_ids)
        places = [place for place, contact_id in enumerate(ids) if contact_id in wanted]
        if not places:
            continue
        named = sent_ledger.idents_of(upload, EncodedRows(tuple(schema), packed.digests))
        owed = [(ids[place], named[place]) for place in places]
        audience_ref = sent_ledger.audience_of(session, upload)
        due.owe(session, client_id, audience_ref, owed, due.Reason.ERASED, clock.epoch(), upload.feed_id)


def audiences_with_due() -> list[int]:
    with db.reading() as session:
        return due.audiences_with_due(session)


def start_due(audience_ref: int) -> None:
    """Start an upload that takes out whoever is owed to the audience, unless one is under way there.

    Without the account that the audience is of, it stays owed.
    """
    with db.reading() as session:
        audience = session.get_one(SentAudience, audience_ref)
    account = _account_of(audience)
    if account is None:
        return
    with db.writing() as session:
        locking = select(SentAudience).where(col(SentAudience.id) == audience_ref).with_for_update()
        audience = session.execute(locking).scalar_one()
        if _is_in_use(session, audience):
            return
        upload = _upload_for(session, audience, account)
        if upload is None:
            return
        session.add(upload)
        session.flush()
        note(session, Event.STARTED, db.saved_id(upload), by=STARTED_BY)
        # Should it fail, the next one is not started at once.
        owed = update(RemovalDue).where(
            col(RemovalDue.audience_ref) == audience_ref,
            col(RemovalDue.done_at).is_(None),
            col(RemovalDue.next_try_at) <= clock.epoch(),
        )
        session.execute(owed.values(next_try_at=clock.epoch() + FIRST_WAIT_S))
    enqueue.enqueue(enqueue.PREPARE, db.saved_id(upload))


def _account_of(audience: SentAudience) -> Account | None:
    accounts = registry.destination(audience.destination).accounts(audience.client_id)
    return next((one for one in accounts if one.reference == audience.account_reference), None)


def _is_in_use(session: Session, audience: SentAudience) -> bool:
    return db.finds_any(session, usage.running_on(audience.destination, audience.audience_id))


def _upload_for(session: Session, audience: SentAudience, account: Account) -> Upload | None:
    """It names the source that filled the audience first; it reads nothing of it."""
    of_client = feeds.feeds_of_client(session, audience.client_id)
    feed = next((one for one in of_client if one.audience_ref == audience.id), None)
    if feed is None or session.get(UserDatabase, feed.database_id) is None:
        return None
    return Upload(
        client_id=audience.client_id,
        database_id=feed.database_id,
        destination=audience.destination,
        account_id=account.id,
        account_name=account.name,
        audience_id=audience.audience_id,
        audience_name=audience.name,
        feed_id=feed.id,
        medium=feed.medium,
        operation=Operation.REMOVE,
        only_due=True,
        consent=ConsentPolicy.NOT_REFUSED,
        started_by=STARTED_BY,
    )


def members_of(people: Sequence[Person]) -> set[bytes]:
    """The sealed cells of *people*."""
    return {cell for _, ident in people for cell in idents.cells(ident)}
