"""To remove: whoever is chosen leaves the audience. Nobody need have agreed to that.

a contact that the audience holds                      → taken out by what was sent of it
no valid detail, or one that another chosen one has    → left out, as for any upload
a detail that the audience holds under another contact → taken out
the others                                             → never there: nothing is sent
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, not_, select

from webapp import clock, db
from webapp.contacts.ledger import due, feeds, idents, looking
from webapp.contacts.ledger.looking import Member
from webapp.contacts.ledger.models import MEMBER, Feed
from webapp.contacts.models import CONTACT
from webapp.destinations.base import Destination, Medium
from webapp.uploads.engine import batches, sent_ledger
from webapp.uploads.engine.batches import DUPLICATE
from webapp.uploads.engine.duplicates import READ_ROWS, Duplicates, find_duplicates
from webapp.uploads.engine.left_out import LeftOut, store_discarded
from webapp.uploads.engine.preparation_lease import PreparationLease, still_ours
from webapp.uploads.engine.selecting import chosen_by
from webapp.uploads.engine.ways import removals
from webapp.uploads.engine.ways.prepared import Prepared
from webapp.uploads.engine.ways.removals import Person
from webapp.uploads.media_columns import DIGEST, REASON
from webapp.uploads.models import Upload

EXAMPLES = 5  # ids of those who are taken out


def prepare_removal(
    upload: Upload, claim: PreparationLease, destination: Destination, today: date, ours: Sequence[Feed]
) -> Prepared:
    """Store the batches and the numbers. *ours*: the client's feeds of the audience. Raises LeaseLost."""
    batches.forget_former_batches(claim)
    taking = take(upload, ours, today, LeftOut(claim, Medium(upload.medium)))
    prepared = taking.prepared
    taking.left_out.store()
    if len(taking.duplicates):
        store_discarded(claim, DUPLICATE, taking.duplicates)
    prepared.duplicates = len(taking.duplicates)
    _doubt_sharers(upload, claim, taking.people)
    with db.writing() as session:
        still_ours(session, claim)
        audience_ref = sent_ledger.audience_of(session, upload)
        reason, now = due.Reason.LEFT, clock.epoch()
        due.owe(session, upload.client_id, audience_ref, taking.more, reason, now, upload.feed_id)
    removals.store(claim, destination, prepared, taking.people)
    batches.record(claim, prepared, takes_out=True)
    return prepared


def take(upload: Upload, ours: Sequence[Feed], today: date, left_out: LeftOut) -> "Taking":
    """Whom the selection of *upload* takes out, in one moment. Only *left_out* writes. Raises BrokenRule."""
    chosen = chosen_by(upload, today)
    with db.snapshot() as connection:
        taking = _taking(connection, upload, ours, chosen, left_out)
        taking.take_all(connection, chosen)
    return taking


def count_taken(upload: Upload, ours: Sequence[Feed], today: date, left_out: LeftOut) -> "Counted":
    """The numbers of `take`. The database counts whoever is held by the contact that is chosen, nearly all of
    them as a rule; the others are looked at one by one. Raises BrokenRule.
    """
    chosen = chosen_by(upload, today)
    held = and_(
        MEMBER.c.feed_id.in_([feed.id for feed in ours]),
        MEMBER.c.contact_id == CONTACT.c.id,
        MEMBER.c.ident != b"",
    )
    is_held = select(MEMBER.c.contact_id).where(held).exists()
    with db.snapshot() as connection:
        taking = _taking(connection, upload, ours, chosen, left_out)
        taking.take_all(connection, and_(chosen, not_(is_held)))
        selected = connection.execute(select(func.count()).select_from(CONTACT).where(chosen)).scalar_one()
        by_contact = selected - taking.prepared.selected
        taking.prepared.selected = selected
        first = select(CONTACT.c.id).where(chosen, is_held).order_by(CONTACT.c.id).limit(EXAMPLES)
        ids = list(connection.execute(first).scalars()) if by_contact else []
    taking.prepared.to_remove = by_contact + len(taking.people)
    return Counted(taking, sorted([*ids, *(one for one, _ in taking.people[:EXAMPLES])])[:EXAMPLES])


def _taking(
    connection: Connection,
    upload: Upload,
    ours: Sequence[Feed],
    chosen: ColumnElement[bool],
    left_out: LeftOut,
) -> "Taking":
    duplicates = find_duplicates(connection, chosen, DIGEST[Medium(upload.medium)], upload.rule is not None)
    return Taking(upload, ours, _strays(connection, upload, ours), duplicates, left_out)


@dataclass(frozen=True, slots=True)
class Counted:
    """*taking*: its numbers are all, its people only those the database did not count. *first*: a few ids."""

    taking: "Taking"
    first: list[int]


class Taking:
    """The contacts of a selection, each counted once. *more*: other idents of contacts that have several."""

    def __init__(
        self,
        upload: Upload,
        ours: Sequence[Feed],
        strays: dict[bytes, Member],
        duplicates: Duplicates,
        left_out: LeftOut,
    ) -> None:
        self._upload, self._strays, self._known_duplicates = upload, strays, duplicates
        self._media = {db.saved_id(feed): feed.medium for feed in ours}
        self.left_out = left_out
        self.prepared = Prepared(self.left_out.excluded, self.left_out.discarded, 0)
        self.duplicates = array("q")
        self.people: list[Person] = []
        self.more: list[Person] = []

    def take_all(self, connection: Connection, chosen: ColumnElement[bool]) -> None:
        columns = (CONTACT.c.id, *DIGEST.values(), REASON[Medium(self._upload.medium)])
        query = select(*columns).where(chosen).order_by(CONTACT.c.id)
        for page in db.pages(connection, query, READ_ROWS):
            self._take(connection, page)

    def _take(self, connection: Connection, page: Sequence[Any]) -> None:
        held = self._held(connection, [row[0] for row in page])
        known = self._known_duplicates.between(page[0][0], page[-1][0])
        digest_at = 1 if self._upload.medium == Medium.EMAIL else 2
        self.prepared.selected += len(page)
        for row in page:
            contact_id, digest = row[0], row[digest_at]
            named = held.get(contact_id)
            if named:
                first, *others = sorted(named)
                self.people.append((contact_id, first))
                self.more += [(contact_id, other) for other in others]
            elif digest is None:
                self.left_out.add([(*row, None, False)])
            elif contact_id in known:
                self.duplicates.append(contact_id)
            elif named is not None or idents.seal(bytes(digest)) in self._strays:
                sealed = idents.seal(bytes(digest))
                self.people.append((contact_id, idents.whole(sealed, self._upload.medium)))
            else:
                self.prepared.never_there += 1

    def _held(self, connection: Connection, ids: Sequence[int]) -> dict[int, set[bytes]]:
        """Contact → the idents by which the audience holds it; none for one behind another contact."""
        # Neighbours are read as they lie; a few that lie far apart, each by its key.
        are_neighbours = ids[-1] - ids[0] < 2 * len(ids)
        place = MEMBER.c.contact_id
        query = select(MEMBER.c.feed_id, place, MEMBER.c.ident).where(
            MEMBER.c.feed_id.in_(self._media),
            place.between(ids[0], ids[-1]) if are_neighbours else place.in_(ids),
        )
        found: dict[int, set[bytes]] = {}
        for feed_id, contact_id, ident in connection.execute(query):
            named = found.setdefault(contact_id, set())
            if ident:
                named.add(idents.whole(bytes(ident), self._media[feed_id]))
        return found


def _strays(connection: Any, upload: Upload, ours: Sequence[Feed]) -> dict[bytes, Member]:
    """Members by the digests that are not found by the contact: of other databases, or without contact."""
    found: dict[bytes, Member] = {}
    for feed in ours:
        query = select(MEMBER.c.feed_id, MEMBER.c.contact_id, MEMBER.c.ident).where(
            MEMBER.c.feed_id == feed.id, MEMBER.c.ident != b""
        )
        if feed.database_id == upload.database_id:
            query = query.outerjoin_from(MEMBER, CONTACT, CONTACT.c.id == MEMBER.c.contact_id)
            query = query.where(CONTACT.c.id.is_(None))
        for page in db.pages(connection, query, READ_ROWS):
            for feed_id, contact_id, ident in page:
                member = Member(feed_id, contact_id, bytes(ident))
                found |= dict.fromkeys(idents.cells(member.ident), member)
    return found


def _doubt_sharers(upload: Upload, claim: PreparationLease, people: Iterable[Person]) -> None:
    """Whoever else is held by the same digests is taken out too: only who sends them again knows more."""
    taken = {contact_id for contact_id, _ in people}
    cells = removals.members_of(list(people))
    with db.reading() as session:
        of_vendor = feeds.feeds_of_vendor(session, upload.destination, upload.audience_id)
    with db.snapshot() as connection:
        found = looking.sharing(connection, [db.saved_id(feed) for feed in of_vendor], cells)
        others = [member for member in found if member.contact_id not in taken]
    with db.writing() as session:
        still_ours(session, claim)
        looking.doubt(session, others)
