"""What the batches of an upload tell the ledger, in the transaction that says how each of them ended.

    received            → members
    nobody knows        → members that may be there (`MAYBE`), unless they were known to be before
    refused for certain → nothing
    taken out           → no members any more, and nobody is owed
    of a replacement    → nothing, until all of it was received (`replacing.ledger`)
    refused for now     → owed (`contacts.ledger.due`)

So the ledger may hold somebody who is not in the audience, and never lacks somebody who is: to take out who
is not there does no harm.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlmodel import Session, col

from webapp import clock, db
from webapp.contacts.ledger import apart, due, feeds, idents, looking, members
from webapp.contacts.ledger.idents import CELL
from webapp.contacts.ledger.models import MAYBE, Feed, RemovalDue
from webapp.contacts.models import Filter, SentAudience
from webapp.destinations import registry
from webapp.destinations.base import BatchResult, EncodedRows
from webapp.uploads.engine.claimed import ClaimedBatch
from webapp.uploads.models import Upload
from webapp.uploads.operations import Operation


def remember(session: Session, upload: Upload, claimed: ClaimedBatch, result: BatchResult) -> None:
    """The destination has answered for a batch of additions.

    Contacts left out as duplicates of received ones count too: the person was received. Which of a batch were
    received is known of all of them or of none.
    """
    ids = claimed.contact_ids
    if result.received >= len(ids) and result.rejected_count >= len(ids):
        return  # it took none of them
    refused = {row.row for row in result.rejected}
    is_certain = result.received >= len(ids)
    there = _write(session, upload, claimed.batch_id, claimed.rows, ids, refused, is_certain)
    pairs = zip(claimed.duplicates[0::2], claimed.duplicates[1::2], strict=True)
    found = {duplicate for original, duplicate in pairs if original in there}
    members.record_duplicates(session, feed(session, upload), claimed.batch_id, found, is_certain)


def remember_maybe(
    session: Session, upload: Upload, batch_id: int, rows: EncodedRows, ids: Sequence[int]
) -> None:
    """The additions were sent, and no answer tells whether they arrived."""
    _write(session, upload, batch_id, rows, ids, frozenset(), is_certain=False)


def forget(session: Session, upload: Upload, claimed: ClaimedBatch, result: BatchResult) -> None:
    """The destination has answered for a batch of removals: whoever it names is in the audience no more."""
    named = idents_of(upload, claimed.rows)
    owed = _owed(session, upload, named)
    if result.received < len(claimed.rows):
        due.put_off(session, [row for row in owed if row.ident in set(named)], None)
        return
    cells = {cell for ident in named for cell in idents.cells(ident)}
    _leave(session, upload, claimed.contact_ids, named)
    done = [row for row in owed if cells.issuperset(idents.cells(row.ident))]
    due.close(session, done, due.Outcome.REMOVED)


def postpone(session: Session, upload: Upload, claimed: ClaimedBatch, code: str | None) -> None:
    """The destination takes nobody out for now: the rows of the batch are owed."""
    named = idents_of(upload, claimed.rows)
    known = {row.ident for row in _owed(session, upload, named)}
    new = [
        (contact_id, ident)
        for contact_id, ident in zip(claimed.contact_ids, named, strict=True)
        if ident not in known
    ]
    now = clock.epoch()
    audience_ref = audience_of(session, upload)
    due.owe(session, upload.client_id, audience_ref, new, due.Reason.LEFT, now, upload.feed_id)
    _leave(session, upload, claimed.contact_ids, named)
    wanted = set(named)
    rows = [row for row in _owed(session, upload, named) if row.ident in wanted]
    due.put_off(session, rows, code, at_once=bool(upload.to_send))


def idents_of(upload: Upload, rows: EncodedRows) -> list[bytes]:
    """The ident, of both cells, that each of *rows* names a person by."""
    keys = registry.destination(upload.destination).identity_keys
    sealed = EncodedRows(rows.schema, idents.seal(rows.digests))
    named = columns(sealed, keys)
    width = len(named) // max(len(rows), 1)
    medium = "sms" if keys[0] not in rows.schema else "email"
    return [idents.whole(named[at : at + width], medium) for at in range(0, len(named), width or 1)]


def feed(session: Session, upload: Upload, account_reference: str = "") -> int:
    """The feed that the upload fills, noted on it the first time."""
    if upload.feed_id is None:
        audience = SentAudience(
            client_id=upload.client_id,
            destination=upload.destination,
            audience_id=upload.audience_id,
            account_reference=account_reference,
            name=upload.audience_name,
        )
        upload.feed_id = feeds.feed_of(
            session, audience, upload.database_id, source_of(session, upload), upload.medium
        )
        session.add(upload)
    elif account_reference:  # an alignment knows its feed before its account was opened
        audience = session.get_one(SentAudience, session.get_one(Feed, upload.feed_id).audience_ref)
        audience.account_reference = account_reference
        session.add(audience)
    return upload.feed_id


def source_of(session: Session, upload: Upload) -> str:
    """The filter's public id; of one that was deleted meanwhile the rule is the upload's alone."""
    if upload.rule is None:
        return ""
    named = select(col(Filter.public_id)).where(col(Filter.id) == upload.filter_id)
    return session.execute(named).scalar_one_or_none() or f"#{upload.public_id}"


def _write(
    session: Session,
    upload: Upload,
    batch_id: int,
    rows: EncodedRows,
    ids: Sequence[int],
    refused: Collection[int],
    is_certain: bool,
) -> set[int]:
    """Members, without the rows at the places *refused*; the contacts that they are.

    Whoever was erased while the batch was on its way is owed, and does not become a member.
    """
    audience_ref = audience_of(session, upload)
    erased = due.erased_among(session, audience_ref, ids)
    places = [place for place, one in enumerate(ids) if place not in refused and one not in erased]
    written = _rows(upload, rows, ids, places, is_certain)
    former = members.record(session, feed(session, upload), batch_id, written)
    _mark_apart(session, upload, rows, ids)
    there = set(idents.cells(written.idents))
    lost = [
        (contact_id, left)
        for contact_id, ident in former.items()
        if (left := idents.without(idents.whole(ident, upload.medium), there))
    ]
    due.owe(session, upload.client_id, audience_ref, lost, due.Reason.CHANGED, None, upload.feed_id)
    if is_certain:
        due.keep_only_missing(session, _owed_by(session, upload, there), there)
    return {ids[place] for place in places}


def _mark_apart(session: Session, upload: Upload, rows: EncodedRows, ids: Sequence[int]) -> None:
    """Those whose contact changed or went while they were on their way are found by digest (`apart`)."""
    named = columns(rows, registry.destination(upload.destination).identity_keys)
    changed = members.without_their_contact(session, members.Rows(ids, named, [MAYBE] * len(ids)))
    apart.mark(session, feed(session, upload), changed)


def _leave(session: Session, upload: Upload, contact_ids: Sequence[int], named: Sequence[bytes]) -> None:
    """The members that these contacts are leave the ledger, as far as *named* names them.

    One who has another address too, which was not sent, may be there by that.
    """
    cells: dict[int, set[bytes]] = {}
    for contact_id, ident in zip(contact_ids, named, strict=True):
        cells.setdefault(contact_id, set()).update(idents.cells(ident))
    of_vendor = feeds.feeds_of_vendor(session, upload.destination, upload.audience_id)
    there = [one.id for one in of_vendor if one.id is not None]
    found = looking.of_contacts(session, there, [one for one in cells if one])
    gone: dict[int, list[int]] = {}
    doubtful = []
    for member in found:
        own = set(idents.cells(member.ident))
        if own <= cells[member.contact_id]:
            gone.setdefault(member.feed_id, []).append(member.contact_id)
        elif own & cells[member.contact_id]:
            doubtful.append(member)
    reason = due.Reason.TAKEN_OUT if upload.operation == Operation.REMOVE else due.Reason.LEFT
    for one in of_vendor:
        if ids := gone.get(db.saved_id(one)):
            members.drop(session, db.saved_id(one), ids)
            due.remember_left(session, one, ids, reason)
    looking.doubt(session, doubtful)


def _owed(session: Session, upload: Upload, named: Sequence[bytes]) -> list[RemovalDue]:
    """Who is owed to the audience and shares a digest with one of these idents."""
    return _owed_by(session, upload, {cell for ident in named for cell in idents.cells(ident)})


def _owed_by(session: Session, upload: Upload, cells: Collection[bytes]) -> list[RemovalDue]:
    return due.open_sharing(session, upload.client_id, upload.destination, upload.audience_id, cells)


def audience_of(session: Session, upload: Upload) -> int:
    """The row of `sent_audience` that the upload fills."""
    return session.get_one(Feed, feed(session, upload)).audience_ref


def _rows(
    upload: Upload, rows: EncodedRows, ids: Sequence[int], places: Sequence[int], is_certain: bool
) -> members.Rows:
    """The rows at *places*, as the ledger holds them."""
    keys = registry.destination(upload.destination).identity_keys
    sealed = idents.seal(rows.digests)
    prints = idents.prints(sealed, len(rows)) if is_certain else [MAYBE] * len(rows)
    named = columns(EncodedRows(rows.schema, sealed), keys)
    width = len(named) // max(len(rows), 1)
    if len(places) == len(ids):
        return members.Rows(ids, named, prints)
    return members.Rows(
        [ids[place] for place in places],
        b"".join(named[place * width : (place + 1) * width] for place in places),
        [prints[place] for place in places],
    )


def columns(rows: EncodedRows, keys: Sequence[str]) -> bytes:
    """The cells of those *keys* that the schema of *rows* has, row by row."""
    if len(rows.schema) == 1:
        return rows.digests
    # These two stand before every other key, so each place counts cells of one width.
    places = [CELL * rows.schema.index(key) for key in keys if key in rows.schema]
    starts = range(0, len(rows.digests), rows.row_bytes)
    cells = rows.digests
    return b"".join(cells[at + place : at + place + CELL] for at in starts for place in places)
