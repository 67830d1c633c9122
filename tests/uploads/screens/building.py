"""Uploads as they stand in the database at any moment of their lives, for the screens to show."""

from array import array
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import col

from webapp import clock, db
from webapp.contacts.models import Contact, Filter, UserDatabase
from webapp.destinations.meta.models import MetaAccount
from webapp.uploads.models import REMOVALS, Batch, BatchEvent, BatchRows, DiscardedContacts, Upload
from webapp.uploads.operations import Operation
from webapp.uploads.status import BatchStatus, UploadStatus
from webapp.workers import WorkerSignal


def save(*rows: object) -> None:
    with db.writing() as session:
        session.add_all(rows)


def sign(name: str, seen_ago: timedelta = timedelta()) -> WorkerSignal:
    at = clock.now() - seen_ago
    return WorkerSignal(name=name, host="nodo-1", pid=4242, version="0.1.0", started_at=at, seen_at=at)


def add_upload(
    database: UserDatabase,
    batches: Sequence[tuple[BatchStatus, int, int]] = (),
    *,
    discarded: Mapping[str, int] | None = None,
    excluded: Mapping[str, int] | None = None,
    duplicates: int = 0,
    removals: Sequence[tuple[BatchStatus, int]] = (),
    already_there: int = 0,
    status: UploadStatus = UploadStatus.COMPLETED,
    prepared: bool = True,
    saved: Filter | None = None,
    account: MetaAccount | None = None,
    **more: object,
) -> Upload:
    """An upload with *batches* (state, rows, rows refused) and *removals* (state, rows) that take people out;
    its numbers follow from them."""
    to_send = sum(rows for _, rows, _ in batches)
    left_out = sum((discarded or {}).values()) + sum((excluded or {}).values()) + duplicates + already_there
    now = clock.now()
    values: dict[str, object] = {
        "client_id": database.client_id,
        "database_id": database.id,
        "filter_id": saved.id if saved else None,
        "filter_name": saved.name if saved else None,
        "destination": "meta",
        "account_id": account.id if account else None,
        "account_name": account.name if account else "Aurora Italia",
        "audience_id": "23851",
        "audience_name": "Clienti attivi 12 mesi",
        "medium": "email",
        "consent": "not_refused",
        "status": status,
        "started_by": "Giulia Ferri",
        "excluded": dict(excluded or {}),
        "discarded": dict(discarded or {}),
        "created_at": now,
    }
    if prepared:
        values |= {"selected": left_out + to_send, "duplicates": duplicates, "to_send": to_send}
        values |= {"already_there": already_there, "to_remove": sum(rows for _, rows in removals)}
        values["prepared_at"] = now
    upload = Upload(**values | more)
    save(upload)
    made = [_batch(upload, seq, *batch) for seq, batch in enumerate(batches, start=1)]
    for seq, (state, rows) in enumerate(removals, start=len(made) + 1):
        batch = _batch(upload, seq, state, rows, 0)
        batch.operation, batch.phase = Operation.REMOVE, REMOVALS
        made.append(batch)
    save(*made)
    save(*(BatchRows(batch_id=batch.id, digests=bytes(32), contact_ids=bytes(8)) for batch in made))
    return upload


def _batch(upload: Upload, seq: int, status: BatchStatus, rows: int, rejected: int) -> Batch:
    was_sent = status == BatchStatus.SENT
    return Batch(
        upload_id=upload.id,
        seq=seq,
        status=status,
        n_rows=rows,
        schema_=["EMAIL_SHA256"],
        attempt=1 if was_sent else 0,
        num_received=rows if was_sent else 0,
        num_rejected=rejected if was_sent else 0,
        sent_at=clock.now() if was_sent else None,
    )


def change_batch(upload: Upload, seq: int, **values: object) -> None:
    same = (col(Batch.upload_id) == upload.id, col(Batch.seq) == seq)
    with db.writing() as session:
        session.execute(update(Batch).where(*same).values(**values))


def add_contacts(database: UserDatabase, *contacts: Mapping[str, object]) -> list[Contact]:
    rows = [Contact(database_id=database.id, **contact) for contact in contacts]
    save(*rows)
    return rows


def leave_out(upload: Upload, reason: str, contacts: Sequence[Contact]) -> None:
    ids = array("q", (contact.id for contact in contacts))
    save(
        DiscardedContacts(upload_id=upload.id, reason=reason, n_contacts=len(ids), contact_ids=ids.tobytes())
    )


def add_event(upload: Upload, kind: str, at: datetime | None = None, **values: object) -> None:
    save(BatchEvent(upload_id=upload.id, kind=kind, at=at or clock.now(), **values))
