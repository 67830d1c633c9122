"""From the contacts of one moment to batches ready to send.

    snapshot of the database
      → selected contacts, sorted by digest, so that duplicates stand side by side
      → left out, counted by reason: no valid value, duplicate
      → encoded and cut into batches, each stored as it will be sent

One moment gives all the numbers, so they add up whatever is edited meanwhile. A preparation that dies
starts again from nothing: it takes seconds a million, and its half-made batches were never sent.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice

from sqlalchemy import ColumnElement, Connection, delete, func, insert, null, select, update
from sqlmodel import Session, col

from webapp import clock, db
from webapp.contacts import queries as contact_queries
from webapp.contacts.models import CONTACT
from webapp.contacts.selection import selected
from webapp.destinations.base import Destination, Medium, Person
from webapp.readings import group
from webapp.services import services
from webapp.uploads.events import Event, note
from webapp.uploads.models import Batch, DiscardedContacts, Upload
from webapp.uploads.status import UploadStatus

DIGEST = {Medium.EMAIL: CONTACT.c.email_sha256, Medium.SMS: CONTACT.c.mobile_sha256}
REASON = {Medium.EMAIL: CONTACT.c.email_reason, Medium.SMS: CONTACT.c.mobile_reason}
DUPLICATE = "duplicate"
READ_ROWS = 10_000
PACKED_IDS = 50_000

Row = tuple[int, bytes | None, bytes | None]  # the fields of a Person


class Fenced(Exception):
    """Another worker took this over: what is being done here counts no more."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to prepare one upload, as long as *attempt* is the newest."""

    upload_id: int
    attempt: int


@dataclass(slots=True)
class Prepared:
    """What a preparation counted. `selected = Σ discarded + duplicates + to_send`, always."""

    selected: int
    discarded: Counter[str]
    duplicates: int = 0
    to_send: int = 0
    batches: int = 0


def prepare(upload: Upload, claim: Claim, destination: Destination, today: date) -> Prepared:
    """Store the batches of *upload* and its numbers. Raises Fenced when it was taken over or stopped."""
    medium = Medium(upload.medium)
    with db.reading() as session:
        fields = contact_queries.field_types(session, upload.database_id)
    chosen = selected(upload.database_id, upload.rule, fields, today)
    _forget_former_batches(claim)
    with db.snapshot() as connection:
        total = connection.execute(select(func.count()).select_from(CONTACT).where(chosen)).scalar_one()
        prepared = Prepared(total, Counter())
        _set_aside_invalid(connection, chosen, medium, claim, prepared)
        _store_batches(connection, chosen, medium, claim, destination, prepared, upload.rule is not None)
    _record(claim, prepared)
    return prepared


def _set_aside_invalid(
    connection: Connection, chosen: ColumnElement[bool], medium: Medium, claim: Claim, prepared: Prepared
) -> None:
    query = select(CONTACT.c.id, REASON[medium]).where(chosen, DIGEST[medium].is_(None))
    ids: dict[str, array[int]] = {}
    for contact_id, reason in chain.from_iterable(db.pages(connection, query, READ_ROWS)):
        reason = reason or f"{'email' if medium == Medium.EMAIL else 'phone'}_empty"
        prepared.discarded[group(reason)] += 1
        ids.setdefault(reason, array("q")).append(contact_id)
        if len(ids[reason]) == PACKED_IDS:
            _store_discarded(claim, reason, ids.pop(reason))
    for reason, some in ids.items():
        _store_discarded(claim, reason, some)


def _store_batches(
    connection: Connection,
    chosen: ColumnElement[bool],
    medium: Medium,
    claim: Claim,
    destination: Destination,
    prepared: Prepared,
    is_filtered: bool,
) -> None:
    pages = _by_digest(connection, chosen, medium, is_filtered)
    size = min(services().settings.batch_rows, destination.max_batch_rows)
    duplicates = array("q")
    people = _distinct(pages, 1 if medium == Medium.EMAIL else 2, duplicates)
    while batch := list(islice(people, size)):
        prepared.batches += 1
        prepared.to_send += len(batch)
        _store_batch(claim, prepared.batches, medium, list(map(Person._make, batch)), destination)
    prepared.duplicates = len(duplicates)
    for start in range(0, len(duplicates), PACKED_IDS):
        _store_discarded(claim, DUPLICATE, duplicates[start : start + PACKED_IDS])


def _by_digest(
    connection: Connection, chosen: ColumnElement[bool], medium: Medium, is_filtered: bool
) -> Iterator[Sequence[Row]]:
    """Those who have a digest of *medium*, with that alone, equal digests side by side; in pages."""
    digest = DIGEST[medium]
    columns = (digest, null()) if medium == Medium.EMAIL else (null(), digest)
    # Without a filter the index of the digests holds all there is to read, in this order. A filter has to
    # read the contacts, and in that order each would lie somewhere else on the disk: by an expression, which
    # no index knows, the database reads them as they lie and sorts those it found.
    order = func.coalesce(digest, digest) if is_filtered else digest
    query = select(CONTACT.c.id, *columns).where(chosen, digest.is_not(None)).order_by(order, CONTACT.c.id)
    return db.pages(connection, query, READ_ROWS)


def _distinct(pages: Iterable[Sequence[Row]], digest_at: int, duplicates: "array[int]") -> Iterator[Row]:
    """The first of each run of equal digests; the ids of the others go into *duplicates*."""
    last = None
    for page in pages:
        for row in page:
            if row[digest_at] == last:
                duplicates.append(row[0])
            else:
                last = row[digest_at]
                yield row


def _store_batch(
    claim: Claim, seq: int, medium: Medium, people: list[Person], destination: Destination
) -> None:
    rows = destination.encode(medium, people)
    with db.writing() as session:
        _still_ours(session, claim)
        session.execute(
            insert(Batch).values(
                upload_id=claim.upload_id,
                seq=seq,
                n_rows=len(rows),
                schema_=list(rows.schema),
                digests=rows.digests,
                contact_ids=array("q", (person.contact_id for person in people)).tobytes(),
                rejected=[],
            )
        )


def _store_discarded(claim: Claim, reason: str, ids: "array[int]") -> None:
    with db.writing() as session:
        _still_ours(session, claim)
        session.add(
            DiscardedContacts(
                upload_id=claim.upload_id, reason=reason, n_contacts=len(ids), contact_ids=ids.tobytes()
            )
        )


def _forget_former_batches(claim: Claim) -> None:
    with db.writing() as session:
        _still_ours(session, claim)
        for table in (Batch, DiscardedContacts):
            session.execute(delete(table).where(col(table.upload_id) == claim.upload_id))


def _record(claim: Claim, prepared: Prepared) -> None:
    discarded = sum(prepared.discarded.values())
    if prepared.selected != discarded + prepared.duplicates + prepared.to_send:
        raise AssertionError(f"upload {claim.upload_id}: the numbers of its preparation do not add up")
    with db.writing() as session:
        _still_ours(session, claim)
        session.execute(
            update(Upload)
            .where(col(Upload.id) == claim.upload_id)
            .values(
                selected=prepared.selected,
                discarded=dict(prepared.discarded),
                duplicates=prepared.duplicates,
                to_send=prepared.to_send,
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
            batches=prepared.batches,
        )


def _still_ours(session: Session, claim: Claim) -> None:
    """Renew the lease of the preparation. Raises Fenced when it is someone else's or was asked to stop."""
    renewed = session.execute(
        update(Upload)
        .where(
            col(Upload.id) == claim.upload_id,
            col(Upload.attempt) == claim.attempt,
            col(Upload.status) == UploadStatus.PREPARING,
            col(Upload.stop_requested).is_(False),
        )
        .values(lease_until=clock.epoch() + services().settings.lease_s)
    )
    if renewed.rowcount != 1:  # type: ignore[attr-defined]
        raise Fenced(f"upload {claim.upload_id}, attempt {claim.attempt}")
