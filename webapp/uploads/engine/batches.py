"""From the contacts of one moment to batches ready to send.

    snapshot of the database
      → duplicates (`duplicates`)
      → selected contacts, in the order of their ids
      → left out, counted by reason: consent, no valid value, duplicate
      → encoded and cut into batches, each stored as it will be sent

The contacts of a batch are neighbours in the database, so whatever is looked up or written for them later
stays in few places on the disk.

One moment gives all the numbers, so they add up whatever is edited meanwhile. A preparation that dies
starts again from nothing: it takes seconds a million, and its half-made batches were never sent.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from operator import itemgetter

from sqlalchemy import delete, update
from sqlmodel import col

from webapp import clock, db
from webapp.contacts.models import UserDatabase
from webapp.destinations.base import (
    ContactRow,
    Destination,
    EncodedRows,
    Encoder,
    Medium,
)
from webapp.services import services
from webapp.uploads.engine.duplicates import READ_ROWS, Duplicates
from webapp.uploads.engine.left_out import PACKED_IDS, LeftOut, Row, store_discarded
from webapp.uploads.engine.preparation_lease import PreparationLease, still_ours
from webapp.uploads.engine.selecting import chosen_by, selecting
from webapp.uploads.engine.ways.prepared import Prepared, Way
from webapp.uploads.events import Event, note
from webapp.uploads.models import ADDITIONS, REMOVALS, Batch, BatchRows, DiscardedContacts, Upload
from webapp.uploads.operations import Operation
from webapp.uploads.packed_ids import pack

DUPLICATE = "duplicate"


def prepare(
    upload: Upload, claim: PreparationLease, destination: Destination, today: date, way: Way
) -> Prepared:
    """Store the batches of *upload* and its numbers. Raises Fenced when it was taken over or stopped."""
    medium = Medium(upload.medium)
    with db.reading() as session:
        home = session.get_one(UserDatabase, upload.database_id).country
    encoder = destination.encoder(medium, upload.identifiers, home, upload.value_field is not None)
    chosen = chosen_by(upload, today)
    forget_former_batches(claim)
    with db.snapshot() as connection:
        whom = selecting(connection, upload, chosen, encoder)
        duplicates = whom.duplicates(connection)
        way.look(connection, whom.sendable(), duplicates)
        contacts = db.pages(connection, whom.everybody(), READ_ROWS)
        prepared = _store_batches(contacts, duplicates, medium, claim, encoder, way)
    way.settle(prepared)
    record(claim, prepared)
    return prepared


def _store_batches(
    contacts: Iterable[Sequence[Row]],
    duplicates: Duplicates,
    medium: Medium,
    claim: PreparationLease,
    encoder: Encoder,
    way: Way,
) -> Prepared:
    left_out = LeftOut(claim, medium)
    prepared = Prepared(left_out.excluded, left_out.discarded, len(duplicates))
    size = min(services().settings.batch_rows, encoder.max_rows)
    people = way.to_add(sendable(contacts, duplicates, medium, left_out, prepared))
    while batch := list(islice(people, size)):
        prepared.batches += 1
        prepared.to_send += len(batch)
        rows = encoder.encode(batch)
        ids = array("q", map(itemgetter(0), batch))
        pairs = duplicates.pairs(ids[0], ids[-1])
        store_batch(claim, prepared.batches, rows, ids, pairs, way.operation)
    prepared.missing = {str(one): count for one, count in encoder.missing.items()}
    left_out.store()
    for start in range(0, len(duplicates), PACKED_IDS):
        store_discarded(claim, DUPLICATE, duplicates.ids[start : start + PACKED_IDS])
    return prepared


def sendable(
    pages: Iterable[Sequence[Row]],
    duplicates: Duplicates,
    medium: Medium,
    left_out: "LeftOut",
    prepared: Prepared,
) -> Iterator[ContactRow]:
    """The contacts to send, in the order they came; those that may not go or have no digest: *left_out*."""
    digest_at = 1 if medium == Medium.EMAIL else 2
    for page in pages:
        prepared.selected += len(page)
        left_out.add([row for row in page if row[digest_at] is None or row[4] is not None])
        known = duplicates.between(page[0][0], page[-1][0])
        sent = [row for row in page if row[4] is None and row[digest_at] is not None and row[0] not in known]
        prepared.refused += sum(map(bool, map(itemgetter(5), sent)))
        yield from [row[:3] + row[6:] for row in sent] if len(page[0]) > 6 else [row[:3] for row in sent]


def store_batch(
    claim: PreparationLease,
    seq: int,
    rows: EncodedRows,
    ids: "array[int]",
    pairs: "array[int]",
    operation: Operation = Operation.ADD,
) -> None:
    with db.writing() as session:
        still_ours(session, claim)
        batch = Batch(
            upload_id=claim.upload_id,
            seq=seq,
            n_rows=len(rows),
            schema_=list(rows.schema),
            operation=operation,
            phase=REMOVALS if operation == Operation.REMOVE else ADDITIONS,
        )
        session.add(batch)
        session.flush()
        session.add(
            BatchRows(
                batch_id=db.saved_id(batch),
                digests=rows.digests,
                contact_ids=pack(ids),
                duplicates=pack(pairs),
            )
        )


def forget_former_batches(claim: PreparationLease) -> None:
    with db.writing() as session:
        still_ours(session, claim)
        for table in (Batch, DiscardedContacts):
            session.execute(delete(table).where(col(table.upload_id) == claim.upload_id))


def record(claim: PreparationLease, prepared: Prepared, takes_out: bool = False) -> None:
    if not prepared.adds_up(takes_out):
        raise AssertionError(f"upload {claim.upload_id}: the numbers of its preparation do not add up")
    with db.writing() as session:
        still_ours(session, claim)
        session.execute(
            update(Upload)
            .where(col(Upload.id) == claim.upload_id)
            .values(
                selected=prepared.selected,
                excluded=dict(prepared.excluded),
                discarded=dict(prepared.discarded),
                duplicates=prepared.duplicates,
                already_there=prepared.already_there,
                never_there=prepared.never_there if takes_out else None,
                to_send=prepared.to_send,
                to_remove=prepared.to_remove,
                leaving=prepared.leaving,
                members_before=prepared.members_before,
                missing=prepared.missing,
                refused_included=prepared.refused,
                prepared_at=clock.now(),
                updated_at=clock.now(),
            )
        )
        note(
            session,
            Event.PREPARED,
            claim.upload_id,
            attempt=claim.attempt,
            selected=prepared.selected,
            to_send=prepared.to_send,
            to_remove=prepared.to_remove or None,
            batches=prepared.batches,
        )
