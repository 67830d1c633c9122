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
from webapp.destinations.base import EncodedRows, Medium
from webapp.uploads.media_columns import DIGEST
from webapp.uploads.models import Upload
from webapp.values.readings import group

ERASED = "erased"
REMOVED = "removed"  # deleted by hand, by an undone import or by a command
DATABASE_GONE = "database_deleted"


@dataclass(frozen=True, slots=True)
class Content:
    """The content of a batch: the rows, the contact of each, and pairs of a contact and its duplicate."""

    rows: EncodedRows
    ids: Sequence[int]
    duplicates: Sequence[int]

    def digest_of(self, contact_id: int) -> bytes:
        place = self.ids.index(contact_id)
        return self.rows.part(place, place + 1).digests

    def duplicates_of(self, contact_id: int) -> list[int]:
        pairs = zip(self.duplicates[0::2], self.duplicates[1::2], strict=True)
        return [duplicate for original, duplicate in pairs if original == contact_id]


@dataclass(frozen=True, slots=True)
class Changes:
    """*gone*: contact → why it must not be sent. *heirs*: such a contact → its duplicate, which may be."""

    gone: Mapping[int, str] = field(default_factory=dict)
    heirs: Mapping[int, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.gone)

    def without(self, content: Content) -> Content:
        """*content* with each row that stays exactly as it was, some under the contact that inherits it."""
        kept = [
            place
            for place, contact_id in enumerate(content.ids)
            if contact_id not in self.gone or contact_id in self.heirs
        ]
        ids = array("q", (self._now(content.ids[place]) for place in kept))
        digests = b"".join(content.rows.part(place, place + 1).digests for place in kept)
        pairs = array("q")
        for original, duplicate in zip(content.duplicates[0::2], content.duplicates[1::2], strict=True):
            if self._now(original) != duplicate:
                pairs.extend((self._now(original), duplicate))
        return Content(EncodedRows(content.rows.schema, digests), ids, pairs)

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
    heirs = _heirs(session, upload, content, [one for one in gone if gone[one] != ERASED], leaving)
    return Changes(gone, heirs)


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
    for place, contact_id in enumerate(content.ids):
        former = content.rows.part(place, place + 1).digests
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
