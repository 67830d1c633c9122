"""Contacts that were left out, or sent and rejected: counted by reason, shown masked, listed for a CSV.

An upload keeps packed contact ids; names and addresses are read from the contacts as they are now, so a
contact deleted since is counted and not listed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from sqlalchemy import func, select
from sqlmodel import Session, col

from webapp import db
from webapp.contacts.consent import EXCLUDING
from webapp.contacts.models import Contact
from webapp.destinations import registry
from webapp.uploads.models import Batch, DiscardedContacts
from webapp.uploads.operations import Operation
from webapp.uploads.packed_ids import ID_BYTES, unpack
from webapp.uploads.screens import texts
from webapp.uploads.screens.rows import UploadRow
from webapp.values.masking import mask

DUPLICATE = "duplicate"
REJECTED = "rejected"  # the key of contacts that were sent and that the destination did not accept
SAMPLES = 3
READ_IDS = 500
HEADER = ("Codice", "Email", "Cellulare", "Nome", "Cognome", "Motivo")


class LeftOutContact(NamedTuple):
    id: int
    code: str | None
    email: str | None
    mobile: str | None
    first_name: str | None
    last_name: str | None


class Listed(NamedTuple):
    """A contact in the list of those left out: the detail that was to be sent, and why it was not."""

    code: str
    detail: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A contact as anybody may see it: the detail that was wrong, masked, and what the vendor said of it."""

    masked: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Contacts that share a reason; *key* names it in the URL of its CSV.

    Duplicates are not invalid, and neither is who did not consent.
    """

    key: str
    words: str
    contacts: int
    samples: Sequence[Sample]
    is_invalid: bool = True


_REFUSED = (col(Batch.num_rejected) > 0, col(Batch.operation) != Operation.REMOVE)


def by_reason(session: Session, row: UploadRow, with_samples: bool) -> list[Reason]:
    """Rejected by the destination first, then what was discarded here, largest first, duplicates last."""
    packed = col(DiscardedContacts.upload_id) == row.id
    counted = (
        select(col(DiscardedContacts.reason), func.sum(col(DiscardedContacts.n_contacts)))
        .where(packed)
        .group_by(col(DiscardedContacts.reason))
    )
    counts = {reason: int(contacts) for reason, contacts in session.execute(counted)}
    ordered = sorted(counts, key=lambda reason: (reason == DUPLICATE, -counts[reason]))
    found = [_reason(session, row, key, counts[key], with_samples) for key in ordered]
    if row.numbers.rejected:
        samples = _rejected_samples(session, row) if with_samples else []
        found.insert(0, Reason(REJECTED, texts.rejected_by(_vendor(row)), row.numbers.rejected, samples))
    return found


def csv_rows(row: UploadRow, key: str | None = None) -> Iterator[Sequence[str]]:
    """The contacts left out for the reason *key*; for None all whose data is not valid."""
    yield HEADER
    if key is None or key == REJECTED:
        yield from _rejected_rows(row)
    if key != REJECTED:
        yield from _discarded_rows(row, key)


def listed(row: UploadRow, key: str, limit: int, masked: bool) -> list[Listed]:
    """The first *limit* contacts left out for the reason *key*; *masked*: without code and name."""
    found = []
    for code, email, mobile, first, last, reason in islice(csv_rows(row, key), 1, limit + 1):
        detail = mobile if row.medium == "sms" else email
        if masked:
            found.append(Listed("", mask(detail) if detail else "", "", reason))
        else:
            found.append(Listed(code, detail, f"{first} {last}".strip(), reason))
    return found


def _reason(session: Session, row: UploadRow, key: str, count: int, with_samples: bool) -> Reason:
    samples: list[Sample] = []
    if with_samples and key != DUPLICATE:
        # The first few are enough: the whole pack may be half a megabyte.
        head = func.substr(col(DiscardedContacts.contact_ids), 1, ID_BYTES * SAMPLES)
        first = select(head).where(
            col(DiscardedContacts.upload_id) == row.id, col(DiscardedContacts.reason) == key
        )
        packed = session.execute(first.order_by(col(DiscardedContacts.id)).limit(1)).scalar_one()
        samples = [
            Sample(mask(_detail(row, contact)))
            for contact in _contacts(session, row, unpack(packed))
            if _detail(row, contact)
        ]
    is_invalid = key != DUPLICATE and key not in EXCLUDING
    return Reason(key, texts.left_out_reason(key), count, samples, is_invalid)


def _rejected_samples(session: Session, row: UploadRow) -> list[Sample]:
    query = select(col(Batch.rejected)).where(col(Batch.upload_id) == row.id, *_REFUSED)
    listed = [one for some in session.execute(query.limit(SAMPLES)).scalars() for one in some][:SAMPLES]
    said = dict(listed)
    contacts = _contacts(session, row, list(said))
    return [Sample(mask(_detail(row, contact)), said[contact.id]) for contact in contacts]


def _rejected_rows(row: UploadRow) -> Iterator[Sequence[str]]:
    with db.reading() as session:
        some = select(col(Batch.id)).where(col(Batch.upload_id) == row.id, *_REFUSED)
        batch_ids = session.execute(some.order_by(col(Batch.seq))).scalars().all()
    for batch_id in batch_ids:
        with db.reading() as session:
            query = select(col(Batch.rejected)).where(col(Batch.id) == batch_id)
            said = dict(session.execute(query).scalar_one())
            contacts = _contacts(session, row, list(said))
        for contact in contacts:
            yield _cells(contact, f"{texts.rejected_by(_vendor(row))}: {said[contact.id]}")


def _discarded_rows(row: UploadRow, key: str | None) -> Iterator[Sequence[str]]:
    wanted = col(DiscardedContacts.reason)
    with db.reading() as session:
        invalid = wanted.not_in([DUPLICATE, *EXCLUDING])
        packs = select(col(DiscardedContacts.id), wanted).where(
            col(DiscardedContacts.upload_id) == row.id, invalid if key is None else wanted == key
        )
        found = session.execute(packs.order_by(wanted, col(DiscardedContacts.id))).all()
    for pack_id, reason in found:
        with db.reading() as session:
            ids = unpack(session.get_one(DiscardedContacts, pack_id).contact_ids)
        for start in range(0, len(ids), READ_IDS):
            with db.reading() as session:
                contacts = _contacts(session, row, ids[start : start + READ_IDS])
            for contact in contacts:
                yield _cells(contact, texts.left_out_reason(reason))


def _contacts(session: Session, row: UploadRow, ids: Sequence[int]) -> list[LeftOutContact]:
    """Those of *ids* that are still in the upload's database, by id."""
    columns = (getattr(Contact, name) for name in LeftOutContact._fields)
    query = select(*columns).where(col(Contact.database_id) == row.database_id, col(Contact.id).in_(ids))
    return [LeftOutContact(*values) for values in session.execute(query.order_by(col(Contact.id)))]


def _vendor(row: UploadRow) -> str:
    return registry.destination(row.destination).vendor


def _detail(row: UploadRow, person: LeftOutContact) -> str:
    return (person.mobile if row.medium == "sms" else person.email) or ""


def _cells(person: LeftOutContact, reason: str) -> Sequence[str]:
    return [*(value or "" for value in person[1:]), reason]
