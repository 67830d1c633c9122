"""Contacts of a batch that may not be sent any more, asked at the moment of sending. It only reads.

However a contact was erased, deleted, undone or said no since the preparation (by hand, by a file, by a
command), this sees it: it reads the contacts as they are now, by the same rule as the preparation did.
"""

from array import array
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Row, select
from sqlmodel import Session, col

from webapp.contacts.consent import ConsentPolicy, why_left_out
from webapp.contacts.erasure.erased import erased_among
from webapp.contacts.models import CONTACT, UserDatabase
from webapp.destinations.base import OF_MEDIUM, OTHER_MEDIUM, UNKNOWN, EncodedRows, Medium
from webapp.uploads.media_columns import DIGEST
from webapp.uploads.models import Upload
from webapp.values.readings import group

ERASED = "erased"
REMOVED = "removed"  # deleted by hand, by an undone import or by a command
DATABASE_GONE = "database_deleted"
# Columns of the rows, by the order of `EncodedRows.schema`.
_KEY, _OTHER_KEY = 0, 1


@dataclass(frozen=True, slots=True)
class Content:
    """The content of a batch: the rows, the contact of each, and pairs of a contact and its duplicate."""

    rows: EncodedRows
    ids: Sequence[int]
    duplicates: Sequence[int]

    def digest_of(self, contact_id: int) -> bytes:
        """The cell of the medium, by which the row was chosen."""
        place = self.ids.index(contact_id)
        return self.rows.part(place, place + 1).column(_KEY)[0]

    def duplicates_of(self, contact_id: int) -> list[int]:
        pairs = zip(self.duplicates[0::2], self.duplicates[1::2], strict=True)
        return [duplicate for original, duplicate in pairs if original == contact_id]


@dataclass(frozen=True, slots=True)
class Changes:
    """*gone*: contact → why it must not be sent. *heirs*: such a contact → its duplicate, which may be.

    *withheld*: contacts that are sent without their detail for the other medium.
    """

    gone: Mapping[int, str] = field(default_factory=dict)
    heirs: Mapping[int, int] = field(default_factory=dict)
    withheld: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.gone or self.withheld)

    def without(self, content: Content) -> Content:
        """*content* with each row that stays as it was, some under the contact that inherits it."""
        kept = [
            place
            for place, contact_id in enumerate(content.ids)
            if contact_id not in self.gone or contact_id in self.heirs
        ]
        ids = array("q", (self._now(content.ids[place]) for place in kept))
        rows = content.rows.rows()
        digests = b"".join(self._row(content.rows, content.ids[place], rows[place]) for place in kept)
        pairs = array("q")
        for original, duplicate in zip(content.duplicates[0::2], content.duplicates[1::2], strict=True):
            if self._now(original) != duplicate:
                pairs.extend((self._now(original), duplicate))
        return Content(EncodedRows(content.rows.schema, digests), ids, pairs)

    def _row(self, rows: EncodedRows, contact_id: int, row: bytes) -> bytes:
        """Only what the medium matches by is the heir's too: name and town are of the contact that goes."""
        if contact_id in self.heirs:
            return rows.blanked(row, range(_OTHER_KEY, len(rows.schema)))
        return rows.blanked(row, [_OTHER_KEY]) if contact_id in self.withheld else row

    def _now(self, contact_id: int) -> int:
        return self.heirs.get(contact_id, contact_id)


def look(session: Session, upload: Upload, content: Content, leaving: Collection[int] = ()) -> Changes:
    """The changes *content* needs before it is sent. *leaving*: contacts that are being deleted just now.

    One query by primary key; more only for contacts that have changed.
    """
    if _is_database_gone(session, upload.database_id):
        return Changes(dict.fromkeys(content.ids, DATABASE_GONE))
    found = _contacts(session, upload, set(content.ids).difference(leaving))
    gone = {contact_id: group(row.why) for contact_id, row in found.items() if row.why is not None}
    gone |= _refused_since(session, upload, content, found)
    missing = [contact_id for contact_id in content.ids if contact_id not in found]
    if missing:
        digests = {contact_id: content.digest_of(contact_id) for contact_id in missing}
        erased = erased_among(session, upload.client_id, set(digests.values()))
        gone |= {one: ERASED if digest in erased else REMOVED for one, digest in digests.items()}
    may_go_on = [one for one in gone if gone[one] != ERASED]
    # What is worth whom is not inherited, and a row without a value is none.
    heirs = {} if upload.value_field else _heirs(session, upload, content, may_go_on, leaving)
    return Changes(gone, heirs, _withheld(session, upload, content, gone))


def _withheld(session: Session, upload: Upload, content: Content, gone: Collection[int]) -> frozenset[int]:
    """Contacts whose detail for the other medium is theirs no more, or may not be sent by that medium."""
    other = OTHER_MEDIUM[Medium(upload.medium)]
    if OF_MEDIUM[other] not in upload.identifiers:
        return frozenset()
    sent = dict(zip(content.ids, content.rows.column(_OTHER_KEY), strict=True))
    asked = [one for one, digest in sent.items() if digest != UNKNOWN and one not in gone]
    allowed = why_left_out(ConsentPolicy(upload.consent), other).is_(None)
    found = session.execute(
        select(CONTACT.c.id, DIGEST[other].label("digest")).where(CONTACT.c.id.in_(asked), allowed)
    ).all()
    held = {row.id: row.digest for row in found}
    return frozenset(one for one in asked if held.get(one) != sent[one])


def _is_database_gone(session: Session, database_id: int) -> bool:
    there = select(col(UserDatabase.id)).where(
        col(UserDatabase.id) == database_id, col(UserDatabase.deleted_at).is_(None)
    )
    return session.execute(there).first() is None


def _contacts(
    session: Session, upload: Upload, ids: Collection[int]
) -> dict[int, Row[tuple[int, bytes, str]]]:
    """Those of *ids* that are there: `digest` of what is sent, and `why` it may not be, None if it may."""
    digest = DIGEST[Medium(upload.medium)]
    why = why_left_out(ConsentPolicy(upload.consent), upload.medium)
    query = select(CONTACT.c.id, digest.label("digest"), why.label("why"))
    found = session.execute(
        query.where(CONTACT.c.id.in_(ids), CONTACT.c.database_id == upload.database_id)
    ).all()
    return {row.id: row for row in found}


def _refused_since(
    session: Session, upload: Upload, content: Content, found: Mapping[int, Row[tuple[int, bytes, str]]]
) -> dict[int, str]:
    """Of contacts whose detail was changed: the former one is sent, unless who has it now may not be."""
    changed: dict[bytes, int] = {}
    for contact_id, former in zip(content.ids, content.rows.column(_KEY), strict=True):
        if contact_id in found and found[contact_id].digest != former:
            changed[former] = contact_id
    if not changed:
        return {}
    # Nobody need have said yes for it since: the contact itself was asked already.
    includes_refused = upload.consent == ConsentPolicy.ANYONE
    policy = ConsentPolicy.ANYONE if includes_refused else ConsentPolicy.NOT_REFUSED
    digest = DIGEST[Medium(upload.medium)]
    why = why_left_out(policy, upload.medium)
    holders = session.execute(
        select(digest, why).where(
            CONTACT.c.database_id == upload.database_id, digest.in_(changed), why.is_not(None)
        )
    ).all()
    return {changed[bytes(former)]: group(reason) for former, reason in holders}


def _heirs(
    session: Session, upload: Upload, content: Content, gone: Collection[int], leaving: Collection[int]
) -> dict[int, int]:
    """For contacts that go, the first duplicate with the same detail that is there and may be sent."""
    if not content.duplicates:
        return {}
    candidates = {one: content.duplicates_of(one) for one in gone}
    wanted = {duplicate for of_one in candidates.values() for duplicate in of_one}.difference(leaving)
    found = _contacts(session, upload, wanted) if wanted else {}
    heirs = {}
    for one, duplicates in candidates.items():
        former = content.digest_of(one) if duplicates else b""
        fit = (
            duplicate
            for duplicate in duplicates
            if duplicate in found and found[duplicate].why is None and found[duplicate].digest == former
        )
        if (heir := next(fit, None)) is not None:
            heirs[one] = heir
    return heirs
