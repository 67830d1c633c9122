"""A contact's part in past uploads, for the page of the contact: sent, rejected, left out and why."""

from collections.abc import Iterator
from typing import cast

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col

from webapp import db
from webapp.contacts.hooks import ContactEvent
from webapp.contacts.models import Contact, UserDatabase
from webapp.destinations import registry
from webapp.destinations.base import Medium
from webapp.uploads.models import Batch, BatchRows, DiscardedContacts, Upload
from webapp.uploads.operations import Operation
from webapp.uploads.packed_ids import pack, unpack
from webapp.uploads.screens import texts
from webapp.uploads.status import BatchStatus

LOOK_BACK_ROWS = 2_000_000  # prepared rows of the newest uploads that are searched: a fraction of a second
LOOK_BACK_UPLOADS = 50


def history_of(session: Session, database: UserDatabase, contact: Contact) -> list[ContactEvent]:
    """The contact's part in the newest uploads, in order: sent, rejected, left out and why."""
    contact_id = db.saved_id(contact)
    uploads = {upload.id: upload for upload in _newest(session, db.saved_id(database))}
    if not uploads:
        return []
    events = [*_batches(session, uploads, contact_id), *_left_out(session, uploads, contact_id)]
    return sorted(events, key=lambda event: event.at)


def _newest(session: Session, database_id: int) -> Iterator[Upload]:
    wanted = select(Upload).where(
        col(Upload.database_id) == database_id, col(Upload.prepared_at).is_not(None)
    )
    rows = 0
    for upload in session.execute(wanted.order_by(col(Upload.id).desc()).limit(LOOK_BACK_UPLOADS)).scalars():
        rows += upload.selected or 0
        if rows > LOOK_BACK_ROWS and rows > (upload.selected or 0):
            return
        yield upload


def _batches(session: Session, uploads: dict[int | None, Upload], contact_id: int) -> Iterator[ContactEvent]:
    found = select(
        col(Batch.upload_id),
        col(Batch.status),
        col(Batch.sent_at),
        col(Batch.operation),
        col(Batch.rejected),
        col(BatchRows.contact_ids),
    ).join(BatchRows, col(BatchRows.batch_id) == col(Batch.id))
    found = found.where(
        col(Batch.upload_id).in_(uploads), _holds(session, col(BatchRows.contact_ids), contact_id)
    )
    for upload_id, status, sent_at, operation, rejected, packed in session.execute(found):
        if contact_id not in unpack(packed):
            continue  # its eight bytes across two others
        upload = uploads[upload_id]
        at = sent_at or upload.prepared_at or upload.created_at
        said = dict(rejected).get(contact_id)
        label = registry.destination(upload.destination).label
        if operation == Operation.REMOVE:
            title, detail = _taken_out(status, upload.audience_name), _source(upload)
        elif status != BatchStatus.SENT:
            title, detail = f"Preparato per “{upload.audience_name}”, non ancora inviato", ""
        elif said is not None:
            title, detail = f"Rifiutato da {label} per “{upload.audience_name}”", str(said)
        else:
            title, detail = f"Inviato a {label} per “{upload.audience_name}”", _source(upload)
        yield ContactEvent(at, "megaphone", title, detail, _page(upload))


def _taken_out(status: str, audience: str) -> str:
    if status == BatchStatus.SENT:
        return f"Tolto da “{audience}”"
    return f"Da togliere da “{audience}”, non ancora tolto"


def _left_out(session: Session, uploads: dict[int | None, Upload], contact_id: int) -> Iterator[ContactEvent]:
    packed_ids = col(DiscardedContacts.contact_ids)
    found = select(col(DiscardedContacts.upload_id), col(DiscardedContacts.reason), packed_ids).where(
        col(DiscardedContacts.upload_id).in_(uploads), _holds(session, packed_ids, contact_id)
    )
    for upload_id, reason, packed in session.execute(found):
        if contact_id in unpack(packed):
            upload = uploads[upload_id]
            title = f"Lasciato fuori da “{upload.audience_name}”"
            at = upload.prepared_at or upload.created_at
            yield ContactEvent(at, "ban", title, texts.left_out_reason(reason), _page(upload))


def _holds(session: Session, packed: Mapped[bytes], contact_id: int) -> ColumnElement[bool]:
    """The packed ids may hold this one: its eight bytes are somewhere in them."""
    needle = pack([contact_id])
    if session.get_bind().dialect.name == "postgresql":
        return cast(ColumnElement[bool], packed.op("LIKE", is_comparison=True)(_pattern(needle)))
    return func.instr(packed, needle) > 0


def _pattern(needle: bytes) -> bytes:
    """For LIKE over bytea, with what LIKE itself would understand escaped."""
    escaped = b"".join(b"\\" + bytes([one]) if one in b"%_\\" else bytes([one]) for one in needle)
    return b"%" + escaped + b"%"


def _source(upload: Upload) -> str:
    medium = "SMS" if upload.medium == Medium.SMS else "Email"
    start = f"filtro “{upload.filter_name}”" if upload.filter_name else "intero database"
    return f"{medium}, {start}, {upload.account_name}"


def _page(upload: Upload) -> tuple[str, dict[str, str]]:
    return ("uploads.detail", {"upload_id": upload.public_id})
