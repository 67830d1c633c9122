"""From the contacts of one moment to batches ready to send.

    snapshot of the database
      → duplicates, by a walk along the digests: equal ones stand side by side and need no memory
      → selected contacts, in the order of their ids
      → left out, counted by reason: no valid value, duplicate
      → encoded and cut into batches, each stored as it will be sent

The contacts of a batch are neighbours in the database, so whatever is looked up or written for them later
stays in few places on the disk.

One moment gives all the numbers, so they add up whatever is edited meanwhile. A preparation that dies
starts again from nothing: it takes seconds a million, and its half-made batches were never sent.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from operator import itemgetter

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update
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

DIGESTS = (CONTACT.c.email_sha256, CONTACT.c.mobile_sha256)
DIGEST = dict(zip((Medium.EMAIL, Medium.SMS), DIGESTS, strict=True))
REASON = {Medium.EMAIL: CONTACT.c.email_reason, Medium.SMS: CONTACT.c.mobile_reason}
DUPLICATE = "duplicate"
READ_ROWS = 10_000
PACKED_IDS = 50_000

Row = tuple[int, bytes | None, bytes | None, str | None]  # id, both digests, why there is none


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
        duplicates = _duplicates(connection, chosen, medium, upload.rule is not None)
        prepared = Prepared(total, Counter(), len(duplicates))
        query = select(CONTACT.c.id, *DIGESTS, REASON[medium]).where(chosen).order_by(CONTACT.c.id)
        contacts = db.pages(connection, query, READ_ROWS)
        _store_batches(contacts, duplicates, medium, claim, destination, prepared)
    _record(claim, prepared)
    return prepared


def _duplicates(
    connection: Connection, chosen: ColumnElement[bool], medium: Medium, is_filtered: bool
) -> "array[int]":
    """Ids, in order, of the contacts whose digest an older one of the chosen has too."""
    digest = DIGEST[medium]
    # Without a filter the index of the digests holds all there is to read, in this order. A filter has to
    # read the contacts, and in that order each would lie somewhere else on the disk: by an expression, which
    # no index knows, the database reads them as they lie and sorts those it found.
    order = func.coalesce(digest, digest) if is_filtered else digest
    query = select(CONTACT.c.id, digest).where(chosen, digest.is_not(None)).order_by(order, CONTACT.c.id)
    found, last = [], None
    for page in db.pages(connection, query, READ_ROWS):
        for contact_id, value in page:
            if value == last:
                found.append(contact_id)
            last = value
    return array("q", sorted(found))


def _store_batches(
    contacts: Iterable[Sequence[Row]],
    duplicates: "array[int]",
    medium: Medium,
    claim: Claim,
    destination: Destination,
    prepared: Prepared,
) -> None:
    left_out = _LeftOut(claim, medium)
    size = min(services().settings.batch_rows, destination.max_batch_rows)
    people = _sendable(contacts, duplicates, medium, left_out)
    while batch := list(islice(people, size)):
        prepared.batches += 1
        prepared.to_send += len(batch)
        _store_batch(claim, prepared.batches, medium, batch, destination)
    left_out.store()
    prepared.discarded = left_out.counts
    for start in range(0, len(duplicates), PACKED_IDS):
        _store_discarded(claim, DUPLICATE, duplicates[start : start + PACKED_IDS])


def _sendable(
    pages: Iterable[Sequence[Row]], duplicates: "array[int]", medium: Medium, left_out: "_LeftOut"
) -> Iterator[Person]:
    """The contacts to send, in the order they came; those without a digest go to *left_out*."""
    digest_at = 1 if medium == Medium.EMAIL else 2
    for page in pages:
        left_out.add([row for row in page if row[digest_at] is None])
        start, end = bisect_left(duplicates, page[0][0]), bisect_right(duplicates, page[-1][0])
        known = set(duplicates[start:end])
        yield from [row[:3] for row in page if row[digest_at] is not None and row[0] not in known]


class _LeftOut:
    """Contacts that have no valid value for *medium*: counted by reason, their ids stored in packs."""

    def __init__(self, claim: Claim, medium: Medium) -> None:
        self.counts: Counter[str] = Counter()
        self._claim = claim
        self._no_reason = "email_empty" if medium == Medium.EMAIL else "phone_empty"
        self._ids: dict[str, array[int]] = {}

    def add(self, rows: Sequence[Row]) -> None:
        for contact_id, _, _, reason in rows:
            self._ids.setdefault(reason or self._no_reason, array("q")).append(contact_id)
        self.store(at_least=PACKED_IDS)

    def store(self, at_least: int = 1) -> None:
        """Store and count every reason that has so many contacts."""
        for reason, ids in list(self._ids.items()):
            if len(ids) >= at_least:
                self.counts[group(reason)] += len(ids)
                _store_discarded(self._claim, reason, self._ids.pop(reason))


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
                contact_ids=array("q", map(itemgetter(0), people)).tobytes(),
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
