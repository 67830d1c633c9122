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
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, false, select, update
from sqlmodel import Session, col

from webapp import clock, db
from webapp.contacts import queries as contact_queries
from webapp.contacts.consent import EXCLUDING, Answers, ConsentPolicy, answers_of, refuses, why_left_out
from webapp.contacts.filters.selection import selected
from webapp.contacts.models import CONTACT, UserDatabase
from webapp.destinations.base import (
    OF_MEDIUM,
    OTHER_MEDIUM,
    ContactRow,
    Destination,
    EncodedRows,
    Encoder,
    Medium,
)
from webapp.services import services
from webapp.uploads.engine.duplicates import READ_ROWS, Duplicates, find_duplicates
from webapp.uploads.events import Event, note
from webapp.uploads.media_columns import DIGEST, REASON
from webapp.uploads.models import Batch, BatchRows, DiscardedContacts, Upload
from webapp.uploads.packed_ids import pack
from webapp.uploads.status import UploadStatus
from webapp.values.readings import group

DUPLICATE = "duplicate"
PACKED_IDS = 50_000

# id, both digests, why there is none, why the consent leaves the contact out, whether it said no and goes all
# the same, and the values of the fields that the encoder asks for
Row = tuple[int, bytes | None, bytes | None, str | None, str | None, bool, *tuple[Any, ...]]


class LeaseLost(Exception):
    """Another worker took this over: what is being done here counts no more."""


@dataclass(frozen=True, slots=True)
class PreparationLease:
    """The right to prepare one upload, as long as *attempt* is the newest."""

    upload_id: int
    attempt: int


@dataclass(slots=True)
class Prepared:
    """The counts of a preparation. `selected = Σ excluded + Σ discarded + duplicates + to_send`, always.

    *refused*: how many of *to_send* said no and are sent because somebody said so. *missing*: identifier →
    how many of *to_send* are sent without it.
    """

    excluded: Counter[str]
    discarded: Counter[str]
    duplicates: int
    selected: int = 0
    to_send: int = 0
    refused: int = 0
    batches: int = 0
    missing: dict[str, int] = field(default_factory=dict)


def prepare(upload: Upload, claim: PreparationLease, destination: Destination, today: date) -> Prepared:
    """Store the batches of *upload* and its numbers. Raises Fenced when it was taken over or stopped."""
    medium, policy = Medium(upload.medium), ConsentPolicy(upload.consent)
    with db.reading() as session:
        fields = contact_queries.field_types(session, upload.database_id)
        home = session.get_one(UserDatabase, upload.database_id).country
    encoder = destination.encoder(medium, upload.identifiers, home)
    chosen = selected(upload.database_id, upload.rule, fields, today)
    _forget_former_batches(claim)
    with db.snapshot() as connection:
        held = answers_of(connection, upload.database_id)
        excluded = why_left_out(policy, medium, held)
        included = refuses(medium, held) if policy == ConsentPolicy.ANYONE else false()
        allowed = and_(chosen, excluded.is_(None))
        # The index of the digests knows the general answer and no other.
        reads_contacts = upload.rule is not None or held.by_channel or held.undecided
        duplicates = find_duplicates(connection, allowed, DIGEST[medium], reads_contacts)
        digests = _digests(medium, policy, upload.identifiers, held)
        details = [CONTACT.c[name] for name in encoder.fields]
        columns = (CONTACT.c.id, *digests, REASON[medium], excluded, included, *details)
        query = select(*columns).where(chosen).order_by(CONTACT.c.id)
        contacts = db.pages(connection, query, READ_ROWS)
        prepared = _store_batches(contacts, duplicates, medium, claim, encoder)
    _record(claim, prepared)
    return prepared


def _digests(
    medium: Medium, policy: ConsentPolicy, identifiers: Collection[str], held: Answers
) -> list[ColumnElement[Any]]:
    """Both digests of a contact. The one that is sent beside the medium's is there only where the contact may
    be sent by that medium too: a number goes to nobody when its owner said no to messages.
    """
    other = OTHER_MEDIUM[medium]
    columns: dict[Medium, ColumnElement[Any]] = dict(DIGEST)
    if OF_MEDIUM[other] in identifiers:
        columns[other] = case((why_left_out(policy, other, held).is_(None), DIGEST[other]))
    return list(columns.values())


def _store_batches(
    contacts: Iterable[Sequence[Row]],
    duplicates: Duplicates,
    medium: Medium,
    claim: PreparationLease,
    encoder: Encoder,
) -> Prepared:
    left_out = _LeftOut(claim, medium)
    prepared = Prepared(left_out.excluded, left_out.discarded, len(duplicates))
    size = min(services().settings.batch_rows, encoder.max_rows)
    people = _sendable(contacts, duplicates, medium, left_out, prepared)
    while batch := list(islice(people, size)):
        prepared.batches += 1
        prepared.to_send += len(batch)
        rows = encoder.encode(batch)
        ids = array("q", map(itemgetter(0), batch))
        _store_batch(claim, prepared.batches, rows, ids, duplicates.pairs(ids[0], ids[-1]))
    prepared.missing = {str(one): count for one, count in encoder.missing.items()}
    left_out.store()
    for start in range(0, len(duplicates), PACKED_IDS):
        _store_discarded(claim, DUPLICATE, duplicates.ids[start : start + PACKED_IDS])
    return prepared


def _sendable(
    pages: Iterable[Sequence[Row]],
    duplicates: Duplicates,
    medium: Medium,
    left_out: "_LeftOut",
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


class _LeftOut:
    """Contacts kept here by their consent or their value for *medium*: counted by reason, ids in packs."""

    def __init__(self, claim: PreparationLease, medium: Medium) -> None:
        self.excluded: Counter[str] = Counter()
        self.discarded: Counter[str] = Counter()
        self._claim = claim
        self._no_reason = "email_empty" if medium == Medium.EMAIL else "phone_empty"
        self._ids: dict[str, array[int]] = {}

    def add(self, rows: Sequence[Row]) -> None:
        for contact_id, _, _, reason, excluded, *_ in rows:
            self._ids.setdefault(excluded or reason or self._no_reason, array("q")).append(contact_id)
        self.store(at_least=PACKED_IDS)

    def store(self, at_least: int = 1) -> None:
        """Store and count every reason that has so many contacts."""
        for reason, ids in list(self._ids.items()):
            if len(ids) >= at_least:
                counts = self.excluded if reason in EXCLUDING else self.discarded
                counts[group(reason)] += len(ids)
                _store_discarded(self._claim, reason, self._ids.pop(reason))


def _store_batch(
    claim: PreparationLease, seq: int, rows: EncodedRows, ids: "array[int]", pairs: "array[int]"
) -> None:
    with db.writing() as session:
        _still_ours(session, claim)
        batch = Batch(upload_id=claim.upload_id, seq=seq, n_rows=len(rows), schema_=list(rows.schema))
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


def _store_discarded(claim: PreparationLease, reason: str, ids: "array[int]") -> None:
    with db.writing() as session:
        _still_ours(session, claim)
        session.add(
            DiscardedContacts(
                upload_id=claim.upload_id, reason=reason, n_contacts=len(ids), contact_ids=pack(ids)
            )
        )


def _forget_former_batches(claim: PreparationLease) -> None:
    with db.writing() as session:
        _still_ours(session, claim)
        for table in (Batch, DiscardedContacts):
            session.execute(delete(table).where(col(table.upload_id) == claim.upload_id))


def _record(claim: PreparationLease, prepared: Prepared) -> None:
    left_out = sum(prepared.excluded.values()) + sum(prepared.discarded.values())
    if prepared.selected != left_out + prepared.duplicates + prepared.to_send:
        raise AssertionError(f"upload {claim.upload_id}: the numbers of its preparation do not add up")
    with db.writing() as session:
        _still_ours(session, claim)
        session.execute(
            update(Upload)
            .where(col(Upload.id) == claim.upload_id)
            .values(
                selected=prepared.selected,
                excluded=dict(prepared.excluded),
                discarded=dict(prepared.discarded),
                duplicates=prepared.duplicates,
                to_send=prepared.to_send,
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
            batches=prepared.batches,
        )


def _still_ours(session: Session, claim: PreparationLease) -> None:
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
        raise LeaseLost(f"upload {claim.upload_id}, attempt {claim.attempt}")
