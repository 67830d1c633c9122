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
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, func, insert, select, update
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
        _store_batches(connection, chosen, medium, claim, destination, prepared)
    _record(claim, prepared)
    return prepared


def _set_aside_invalid(
    connection: Connection, chosen: ColumnElement[bool], medium: Medium, claim: Claim, prepared: Prepared
) -> None:
    query = select(CONTACT.c.id, REASON[medium]).where(chosen, DIGEST[medium].is_(None))
    ids: dict[str, array[int]] = {}
    for contact_id, reason in _rows(connection, query):
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
) -> None:
    digest = DIGEST[medium]
    query = (
        select(CONTACT.c.id, CONTACT.c.email_sha256, CONTACT.c.mobile_sha256)
        .where(chosen, digest.is_not(None))
        .order_by(digest, CONTACT.c.id)
    )
    size = min(services().settings.batch_rows, destination.max_batch_rows)
    duplicates = array("q")
    people = _distinct(_rows(connection, query), 1 if medium == Medium.EMAIL else 2, duplicates)
    while batch := [Person(*row) for row in islice(people, size)]:
        prepared.batches += 1
        prepared.to_send += len(batch)
        _store_batch(claim, prepared.batches, medium, batch, destination)
    prepared.duplicates = len(duplicates)
    for start in range(0, len(duplicates), PACKED_IDS):
        _store_discarded(claim, DUPLICATE, duplicates[start : start + PACKED_IDS])


def _distinct(
    rows: Iterable[tuple[int, bytes | None, bytes | None]], digest_at: int, duplicates: "array[int]"
) -> Iterator[tuple[int, bytes | None, bytes | None]]:
    """The first of each run of equal digests; the ids of the others go into *duplicates*."""
    last: object = None
    for row in rows:
        digest = row[digest_at]
        if digest == last:
            duplicates.append(row[0])
        else:
            last = digest
            yield row


def _rows(connection: Connection, query: Select[Any]) -> Iterator[tuple[Any, ...]]:
    # yield_per: a server-side cursor on PostgreSQL, plain stepping on SQLite; memory stays flat on both.
    result = connection.execution_options(yield_per=READ_ROWS).execute(query)
    for part in result.partitions():
        yield from map(tuple, part)


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
