"""The numbers that the preparation of an upload would come to, with nothing stored: by the same statements.

    the source, in one moment → who is left out, by reason → duplicates → who may be sent
    an audience that the source fills already → beside the ledger, as to align it: there, to add, to take out
    to remove → who of the source the ledger holds

Nothing is enqueued and no batch is made. Only idents that are known and were not kept yet are filled in, as
any preparation does.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, func, select

from webapp import db
from webapp.contacts.consent import (
    REFUSED,
    SAME_AS_REFUSED,
    SAME_AS_UNDECIDED,
    UNANSWERED,
    UNDECIDED,
)
from webapp.contacts.ledger.due import Reason
from webapp.contacts.ledger.models import Feed
from webapp.contacts.models import CONTACT, SentAudience, UserDatabase
from webapp.destinations.base import ContactRow, Destination, Medium
from webapp.uploads.engine import sent_ledger
from webapp.uploads.engine.batches import DUPLICATE
from webapp.uploads.engine.duplicates import READ_ROWS, Duplicates
from webapp.uploads.engine.left_out import OnlyCounted
from webapp.uploads.engine.preparation_lease import PreparationLease
from webapp.uploads.engine.selecting import Selecting, chosen_by, selecting
from webapp.uploads.engine.ways import removals
from webapp.uploads.engine.ways.aligning import Aligning
from webapp.uploads.engine.ways.choosing import filled_in
from webapp.uploads.engine.ways.prepared import Prepared
from webapp.uploads.engine.ways.removing import EXAMPLES, count_taken
from webapp.uploads.exits import Examples, Exit
from webapp.uploads.media_columns import DIGEST
from webapp.uploads.models import Upload
from webapp.uploads.operations import Operation

LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class Counted:
    """As `Prepared`, by reason. *present* and *to_align*: of one that does not take its selection out.

    *present*: how many of those who may be sent the audience holds already as they would be sent; None where
    nobody is known to be there. *exits*: why → who would be taken out, and they are `to_remove` together.
    """

    numbers: Prepared
    reasons: dict[str, Examples] = field(default_factory=dict)
    exits: dict[Exit, Examples] = field(default_factory=dict)
    present: int | None = None
    leaving: int | None = None  # rows that an alignment would take out
    going: tuple[int, ...] = ()  # a few of those who would be sent


def count(upload: Upload, destination: Destination, today: date) -> Counted:
    """*upload*: not saved, with whatever names whom it sends and where. Raises BrokenRule."""
    of_audience = filled_in(upload) if upload.audience_id else []
    if upload.operation == Operation.REMOVE:
        return _removal(upload, of_audience, today)
    return _additions(upload, of_audience, destination, today)


def _removal(upload: Upload, of_audience: Sequence[Feed], today: date) -> Counted:
    left_out = OnlyCounted(Medium(upload.medium), EXAMPLES)
    ours = [feed for feed in of_audience if feed.client_id == upload.client_id]
    counted = count_taken(upload, ours, today, left_out)
    left_out.store()
    taking = counted.taking
    numbers = taking.prepared
    numbers.duplicates = len(taking.duplicates)
    reasons = _reasons(left_out, taking.duplicates)
    exits = {Exit.CHOSEN: Examples(numbers.to_remove, counted.first)}
    return Counted(numbers, reasons, {why: one for why, one in exits.items() if one.contacts})


def _additions(upload: Upload, of_audience: Sequence[Feed], destination: Destination, today: date) -> Counted:
    medium = Medium(upload.medium)
    with db.reading() as session:
        home = session.get_one(UserDatabase, upload.database_id).country
        mine = _feed_of(session, upload, of_audience) if of_audience else None
    encoder = destination.encoder(medium, upload.identifiers, home, upload.value_field is not None)
    others = [feed for feed in of_audience if feed is not mine]
    way = Aligning(upload, PreparationLease(0, 0), destination, encoder.encode, mine, others)
    chosen = chosen_by(upload, today)
    left_out = OnlyCounted(medium, EXAMPLES)
    numbers = Prepared(left_out.excluded, left_out.discarded, 0)
    with db.snapshot() as connection:
        whom = selecting(connection, upload, chosen, encoder)
        duplicates = whom.duplicates(connection)
        may_go = new = _may_go(connection, whom, duplicates, left_out, numbers)
        first = _first_going(connection, whom, duplicates)
        if mine is not None:
            way.look(connection, whom.sendable(), duplicates)
            new = sum(1 for _ in way.to_add(_some(connection, whom, way.differing)))
        left_out.store()
        numbers.duplicates = len(duplicates)
    owed_now = [contact_id for contact_id, _ in removals.owed_now(upload)]
    exits = {Exit.OWED: _examples(owed_now)}
    leaving = len(owed_now)
    if mine is not None and may_go:
        leaving, exits_of_align = _exits(upload, way, whom, numbers)
        exits = exits_of_align if upload.operation == Operation.ALIGN else exits
    is_align = upload.operation == Operation.ALIGN
    numbers.to_send = new if is_align else may_go
    numbers.already_there = may_go - numbers.to_send
    if not may_go:
        leaving = 0
        exits = {} if is_align else exits
    numbers.to_remove = leaving if is_align else len(owed_now)
    if is_align and upload.audience_id:
        numbers.members_before = way.members_before
    return Counted(
        numbers,
        _reasons(left_out, duplicates.ids),
        {why: one for why, one in exits.items() if one.contacts},
        may_go - new if upload.audience_id else None,
        leaving if upload.audience_id else None,
        tuple(first),
    )


def _may_go(
    connection: Connection,
    whom: Selecting,
    duplicates: Duplicates,
    left_out: OnlyCounted,
    numbers: Prepared,
) -> int:
    """How many may be sent. Only those who are left out need be looked at one by one."""
    for query in whom.left_out():
        for page in db.pages(connection, query, READ_ROWS):
            left_out.add(page)
    left_out.store()
    numbers.selected = _count(connection, select(func.count()).where(whom.chosen))
    if whom.includes:
        refusing = select(CONTACT.c.id).where(whom.allowed, DIGEST[whom.medium].is_not(None), whom.included)
        for page in db.pages(connection, refusing.order_by(CONTACT.c.id), READ_ROWS):
            known = duplicates.between(page[0][0], page[-1][0])
            numbers.refused += sum(row[0] not in known for row in page)
    return numbers.selected - sum(left_out.reasons.values()) - len(duplicates)


def _first_going(connection: Connection, whom: Selecting, duplicates: Duplicates) -> list[int]:
    rows = connection.execute(whom.sendable().limit(LOOKED_AT)).all()
    known = duplicates.between(rows[0][0], rows[-1][0]) if rows else set()
    return [row[0] for row in rows if row[0] not in known]


def _count(connection: Connection, query: Select[Any]) -> int:
    return int(connection.execute(query).scalar_one())


def _feed_of(session: Any, upload: Upload, of_audience: Sequence[Feed]) -> Feed | None:
    """The feed that the upload would fill, if somebody was sent by it before."""
    source = sent_ledger.source_of(session, upload)
    wanted = (upload.client_id, upload.database_id, source, upload.medium)
    for feed in of_audience:
        if (feed.client_id, feed.database_id, feed.filter_public_id, feed.medium) == wanted:
            audience = session.get_one(SentAudience, feed.audience_ref)
            assert audience.audience_id == upload.audience_id
            return feed
    return None


def _some(connection: Connection, whom: Selecting, ids: Sequence[int]) -> Iterator[ContactRow]:
    """The rows of the contacts *ids*, which are in order."""
    for start in range(0, len(ids), READ_ROWS):
        some = list(ids[start : start + READ_ROWS])
        for page in db.pages(connection, whom.sendable().where(CONTACT.c.id.in_(some)), READ_ROWS):
            yield from map(tuple, page)


def _exits(
    upload: Upload, way: Aligning, whom: Selecting, numbers: Prepared
) -> tuple[int, dict[Exit, Examples]]:
    going = way.going()
    numbers.leaving = way.leaving(going) if upload.operation == Operation.ALIGN else 0
    by_reason: dict[Exit, list[int]] = {}
    gone = [contact_id for contact_id, _ in going.people if not way.is_differing(contact_id)]
    changed = [contact_id for contact_id, _ in going.people if way.is_differing(contact_id)]
    changed += [row.contact_id for row, _ in going.others() if row.reason == Reason.CHANGED]
    owed = [row.contact_id for row, _ in going.others() if row.reason != Reason.CHANGED]
    with db.snapshot() as connection:
        for start in range(0, len(gone), READ_ROWS):
            some = gone[start : start + READ_ROWS]
            wanted = select(CONTACT.c.id, whom.excluded, whom.cannot).where(
                CONTACT.c.id.in_(some), CONTACT.c.database_id == upload.database_id
            )
            found = {contact_id: _exit(why, none) for contact_id, why, none in connection.execute(wanted)}
            for contact_id in some:
                why_gone = found.get(contact_id, Exit.NO_CONTACT)
                by_reason.setdefault(why_gone, []).append(contact_id)
    by_reason |= {Exit.CHANGED: changed, Exit.OWED: owed}
    return len(gone) + len(changed) + len(owed), {why: _examples(ids) for why, ids in by_reason.items()}


BY_ANSWER = {
    **dict.fromkeys((REFUSED, SAME_AS_REFUSED), Exit.REFUSED),
    **dict.fromkeys((UNDECIDED, SAME_AS_UNDECIDED), Exit.UNDECIDED),
    UNANSWERED: Exit.UNANSWERED,
}


def _exit(excluded: str | None, has_no_digest: bool) -> Exit:
    if excluded is not None:
        return BY_ANSWER[excluded]
    return Exit.NO_DETAIL if has_no_digest else Exit.NOT_CHOSEN


def _reasons(left_out: OnlyCounted, duplicates: Sequence[int]) -> dict[str, Examples]:
    """The largest first, duplicates last."""
    counts = Counter(left_out.reasons)
    found = {why: Examples(many, left_out.first[why]) for why, many in counts.most_common()}
    return found | ({DUPLICATE: _examples(duplicates)} if len(duplicates) else {})


def _examples(ids: Sequence[int]) -> Examples:
    return Examples(len(ids), list(ids[:EXAMPLES]))
