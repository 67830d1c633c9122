"""To align: only differences are sent, so that of one source the audience holds exactly whom it chooses now.

    first look, in the moment that is prepared: whom the feed holds, beside whom the source chooses
      → gone: held by another ident than now, or not chosen any more
      → to be added: not held, held by another ident, with other details, or for all we know
    second look, as for any upload: of those to be added
      → whoever is held under a contact that is gone is pointed to anew, and nothing is sent
      → the others are stored
    at the end
      → of gone people, only what nobody who stays is known by is taken out, and first of all

Meta knows people and not rows, so the last word about somebody who stands on both sides is the addition.
"""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Select, select

from webapp import db
from webapp.contacts.ledger import due, idents, looking, members
from webapp.contacts.ledger.models import MEMBER, Feed, RemovalDue
from webapp.destinations.base import ContactRow, Destination, EncodedRows
from webapp.uploads.engine import sent_ledger
from webapp.uploads.engine.duplicates import READ_ROWS, Duplicates
from webapp.uploads.engine.preparation_lease import PreparationLease, still_ours
from webapp.uploads.engine.ways import removals
from webapp.uploads.engine.ways.differences import Going, Held, Moved, is_among, not_among, what_is_left
from webapp.uploads.engine.ways.prepared import Prepared, Way
from webapp.uploads.models import Upload

SIDE_BY_SIDE = 50

Encode = Callable[[Sequence[ContactRow]], EncodedRows]


class Aligning(Way):
    def __init__(
        self,
        upload: Upload,
        claim: PreparationLease,
        destination: Destination,
        encode: Encode,
        feed: Feed | None,
        others: Sequence[Feed],
    ) -> None:
        """*feed*: of the upload, None while nobody was sent; *others*: of the same audience."""
        super().__init__()
        self._upload, self._claim, self._destination, self._encode = upload, claim, destination, encode
        self._feed, self._others = feed, others
        self._to_add = array("q")
        self._gone: dict[int, Held] = {}
        self._by_ident: dict[bytes, Held] = {}
        self._behind = array("q")  # contacts that stood behind another one and are not chosen any more
        self._moved: list[Moved] = []
        self._already = 0
        self._before = 0

    def look(self, connection: Connection, sendable: Select[Any], duplicates: Duplicates) -> None:
        if self._feed is None:
            return
        after = 0
        for people in _blocks(connection, sendable, duplicates):
            held = self._held(connection, after, people[-1][0])
            after = people[-1][0]
            self._compare(people, held, duplicates)
        for left in self._rest(connection, after):
            self._leave(left, duplicates)
        self._by_ident = {self._whole(held.ident): held for held in self._gone.values()}

    def to_add(self, people: Iterator[ContactRow]) -> Iterator[ContactRow]:
        if self._feed is None:
            yield from people
            return
        place = 0
        while block := list(islice(people, READ_ROWS)):
            wanted = []
            for row in block:
                if place < len(self._to_add) and self._to_add[place] == row[0]:
                    wanted.append(row)
                    place += 1
            self._already += len(block) - len(wanted)
            yield from self._not_moved(wanted)

    def settle(self, prepared: Prepared) -> None:
        prepared.already_there, prepared.members_before = self._already, self._before
        if not prepared.already_there + prepared.to_send:
            return  # who chooses nobody takes nobody out
        if self._feed is None:
            removals.store(self._claim, self._destination, prepared, removals.owed_now(self._upload))
            return
        self._point_anew()
        going = self.going()
        prepared.leaving = self.leaving(going)
        with db.writing() as session:
            still_ours(session, self._claim)
            members.drop(session, db.saved_id(self._feed), [*going.unsaid, *self._behind])
            rows = due.open_rows(
                session, self._upload.client_id, self._upload.destination, self._upload.audience_id
            )
            due.keep_only_missing(session, rows, going.staying)
            left = [(row.contact_id, row.ident) for row in rows if row.done_at is None]
        removals.store(
            self._claim, self._destination, prepared, [*going.people, *not_among(going.people, left)]
        )

    @property
    def differing(self) -> Sequence[int]:
        """After `look`: the contacts that are not held as they would be sent now, in order."""
        return self._to_add

    @property
    def members_before(self) -> int:
        return self._before

    def going(self) -> Going:
        """After `to_add`: who is to be taken out. It only reads."""
        for moved in self._moved:
            self._gone.pop(moved.former, None)
        gone = {one: self._whole(held.ident) for one, held in self._gone.items()}
        owed = self._owed()
        named = [*gone.items(), *((row.contact_id, row.ident) for row in owed)]
        staying = self._held_by_who_stays(removals.members_of(named))
        people, unsaid = what_is_left(gone, staying)
        return Going(people, unsaid, staying, owed)

    def leaving(self, going: Going) -> int:
        return sum(not self.is_differing(contact_id) for contact_id, _ in going.people)

    def is_differing(self, contact_id: int) -> bool:
        return is_among(self._to_add, contact_id)

    def _compare(self, people: Sequence[ContactRow], held: Sequence[Any], duplicates: Duplicates) -> None:
        """All at once, then a few side by side: most are there as they would be sent, and need no look at
        each.
        """
        rows = self._encode(people)
        sealed = idents.seal(rows.digests)
        named = sent_ledger.columns(EncodedRows(rows.schema, sealed), self._destination.identity_keys)
        prints = idents.prints(sealed, len(rows))
        width = len(named) // len(rows)
        ids = [row[0] for row in people]
        held_ids, held_prints = [one[0] for one in held], [one[2] for one in held]
        held_idents = [one[1] for one in held]
        if held_ids == ids and held_prints == prints and b"".join(held_idents) == named:
            self._before += len(ids)
            return
        at = 0
        for start in range(0, len(people), SIDE_BY_SIDE):
            end = min(start + SIDE_BY_SIDE, len(people))
            until = bisect_right(held_ids, ids[end - 1], at)
            wanted = named[start * width : end * width]
            is_same = held_ids[at:until] == ids[start:end] and held_prints[at:until] == prints[start:end]
            if is_same and b"".join(held_idents[at:until]) == wanted:
                self._before += end - start
            else:
                self._compare_each(ids[start:end], wanted, prints[start:end], held[at:until], duplicates)
            at = until

    def _compare_each(
        self,
        ids: Sequence[int],
        named: bytes,
        prints: Sequence[int],
        some: Sequence[Any],
        duplicates: Duplicates,
    ) -> None:
        held = {one[0]: Held(one[0], bytes(one[1]), *one[2:]) for one in some}
        width = len(named) // len(ids)
        for place, contact_id in enumerate(ids):
            there = held.pop(contact_id, None)
            if there is None:
                self._to_add.append(contact_id)
                continue
            now = named[place * width : (place + 1) * width]
            if there.ident:
                self._before += 1
                if there.ident != now and not self._is_still_named(there.ident, now):
                    self._gone[contact_id] = there
            if there.ident != now or there.print != prints[place]:
                self._to_add.append(contact_id)
        for one in held.values():
            self._leave(one, duplicates)

    def _is_still_named(self, former: bytes, now: bytes) -> bool:
        """Whether *now* names by every digest of *former*: with one more, nobody need be taken out first."""
        return set(idents.cells(self._whole(former))) <= set(idents.cells(self._whole(now)))

    def _leave(self, held: Held, duplicates: Duplicates) -> None:
        """Held, and not among those who may be sent."""
        if held.ident:
            self._before += 1
            self._gone[held.contact_id] = held
        elif held.batch_id and not is_among(duplicates.ids, held.contact_id):
            self._behind.append(held.contact_id)

    def _not_moved(self, people: Sequence[ContactRow]) -> Iterator[ContactRow]:
        """Those of *people* that are not held under a contact that is gone."""
        if not self._by_ident or not people:
            yield from people
            return
        rows = self._encode(people)
        sealed = idents.seal(rows.digests)
        named = sent_ledger.columns(EncodedRows(rows.schema, sealed), self._destination.identity_keys)
        prints = idents.prints(sealed, len(rows))
        width = len(named) // len(rows)
        for place, row in enumerate(people):
            ident = named[place * width : (place + 1) * width]
            former = self._by_ident.get(self._whole(ident))
            # Two who swap their addresses are taken out and added: of each, a row is needed for the other.
            if former is None or row[0] in self._gone:
                yield row
                continue
            self._moved.append(Moved(former.contact_id, row[0], former.ident))
            if former.ident == ident and former.print == prints[place]:
                self._already += 1
            else:
                yield row

    def _point_anew(self) -> None:
        """Whoever is held under a contact that is gone is held under the one that stands for them now."""
        feed_id = db.saved_id(self._feed) if self._feed else 0
        for start in range(0, len(self._moved), READ_ROWS):
            with db.writing() as session:
                still_ours(session, self._claim)
                for moved in self._moved[start : start + READ_ROWS]:
                    members.move(session, feed_id, *moved)

    def _owed(self) -> list[RemovalDue]:
        upload = self._upload
        with db.reading() as session:
            return due.open_rows(session, upload.client_id, upload.destination, upload.audience_id)

    def _held_by_who_stays(self, cells: set[bytes]) -> set[bytes]:
        """Those of *cells* by which somebody who stays is known, in this feed or another of the audience."""
        assert self._feed is not None
        mine = db.saved_id(self._feed)
        found: set[bytes] = set()
        with db.snapshot() as connection:
            ids = [mine, *(db.saved_id(feed) for feed in self._others)]
            for member in looking.sharing(connection, ids, cells):
                if member.feed_id != mine or member.contact_id not in self._gone:
                    found.update(idents.cells(member.ident))
        return found & cells

    def _held(self, connection: Connection, after: int, until: int) -> list[Any]:
        """Contact, ident, print and batch of the members in that range, in order."""
        query = self._members().where(MEMBER.c.contact_id > after, MEMBER.c.contact_id <= until)
        pages = db.pages(connection, query.order_by(MEMBER.c.contact_id), READ_ROWS)
        found: list[Any] = []
        for page in pages:
            found += page
        return found

    def _rest(self, connection: Connection, after: int) -> Iterator[Held]:
        query = self._members().where(MEMBER.c.contact_id > after)
        for page in db.pages(connection, query, READ_ROWS):
            for contact_id, ident, *more in page:
                yield Held(contact_id, bytes(ident), *more)

    def _members(self) -> Select[Any]:
        assert self._feed is not None
        columns = (MEMBER.c.contact_id, MEMBER.c.ident, MEMBER.c.print, MEMBER.c.batch_id)
        return select(*columns).where(MEMBER.c.feed_id == db.saved_id(self._feed))

    def _whole(self, ident: bytes) -> bytes:
        return idents.whole(ident, self._upload.medium)


def _blocks(
    connection: Connection, sendable: Select[Any], duplicates: Duplicates
) -> Iterator[list[ContactRow]]:
    """Whoever may be sent, without duplicates, in blocks in the order of their ids."""
    for page in db.pages(connection, sendable, READ_ROWS):
        known = duplicates.between(page[0][0], page[-1][0])
        if people := [tuple(row) for row in page if row[0] not in known]:
            yield people
