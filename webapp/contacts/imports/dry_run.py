"""The dry run of an import: its numbers and its bad rows, and nothing is written."""

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import islice

from sqlmodel import Session

from webapp.contacts.imports import alerts
from webapp.contacts.imports.alerts import Alert
from webapp.contacts.imports.file_quality import Quality, becoming
from webapp.contacts.imports.files.file_rows import FileRow
from webapp.contacts.imports.import_draft import rows_of
from webapp.contacts.imports.matching.conversion import converter_of, settled_dates, target_for
from webapp.contacts.imports.row_blocks import convert_block
from webapp.contacts.imports.tallies import MEDIA, counts_of
from webapp.contacts.models_imports import ContactImport
from webapp.contacts.store.contact_inserts import people_of, present_keys, written_of
from webapp.contacts.store.contact_updates import changing
from webapp.contacts.store.row_converter import RowConverter
from webapp.contacts.store.same_people import ContactMatcher
from webapp.contacts.store.upsert_plan import (
    Target,
    key_position,
    may_conflict,
    plan_block,
    plan_by_people,
    sendable,
)

MAX_ROWS = 20_000  # about a second: nobody waits longer for a page
BLOCK_ROWS = 5_000
SHOWN_ROWS = 20


@dataclass(slots=True)
class Forecast:
    """`rows = new + updated + skipped + rejected`. *valid* counts the contacts with a usable email or mobile.

    *unchanged*: contacts among those updated that are already so. *is_whole*: the file has no further rows.
    *tally* as of `tallies`. *words*: (turned, word) about consent that nobody can read → cells.
    *reasons*: why rows are rejected → how many. *unreadable*: column index as text → cells that stay empty.
    *met*: ids of the contacts that rows are written over. *quality*: of the rows that become contacts.
    """

    rows: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    rejected: int = 0
    is_whole: bool = True
    reasons: Counter[str] = field(default_factory=Counter)
    bad_rows: list[FileRow] = field(default_factory=list)
    unreadable: Counter[str] = field(default_factory=Counter)
    valid: Counter[str] = field(default_factory=Counter)
    tally: Counter[str] = field(default_factory=Counter)
    words: Counter[tuple[bool, str]] = field(default_factory=Counter)
    alerts: list[Alert] = field(default_factory=list)
    met: set[int] = field(default_factory=set)
    quality: Quality = field(default_factory=Quality)

    @property
    def repeated(self) -> int:
        """Rows of a contact that another row of the file makes or changes too."""
        return self.updated - len(self.met)

    @property
    def contacts(self) -> int:
        """How many contacts the rows become: new ones and those that are there."""
        return self.new + len(self.met)

    @property
    def rejected_share(self) -> float:
        return self.rejected / self.rows if self.rows else 0.0


def forecast(session: Session, draft: ContactImport, max_rows: int = MAX_ROWS) -> Forecast:
    """Read the first *max_rows* rows as the import will. Raises UnreadableFile."""
    orders, undecided = settled_dates(session, draft, max_rows)
    converter = converter_of(session, draft, orders)
    target = target_for(converter, draft)
    rows = islice(rows_of(draft), draft.has_header, None)
    found = Forecast()
    found.tally["dates_open"] = undecided
    seen: dict[object, int] = {}
    people = ContactMatcher()
    while found.rows < max_rows and (block := list(islice(rows, min(BLOCK_ROWS, max_rows - found.rows)))):
        _add(session, found, target, block, converter, seen, people)
    found.is_whole = next(rows, None) is None
    found.alerts = alerts.of_forecast(draft, found.tally, found.unreadable, found.new + found.updated)
    return found


def _add(
    session: Session,
    found: Forecast,
    target: Target,
    rows: list[FileRow],
    converter: RowConverter,
    seen: dict[object, int],
    people: ContactMatcher,
) -> None:
    """Add a block to the numbers; *seen* and *people* know what earlier blocks would have made."""
    block = convert_block(converter, rows)
    if may_conflict(target):
        people_of(session.connection(), target, block.contacts, people)
        plan = plan_by_people(target, block.contacts, people)
    else:
        keys = seen | present_keys(session.connection(), target, block.contacts)
        plan = plan_block(target, block.contacts, keys)
        position = key_position(target)
        if position is not None:
            seen.update((row[position], 0) for row in plan.inserts if row[position] is not None)
    rejected = block.rejected_with(plan.written.conflicts)
    found.rows += len(rows)
    found.new += plan.written.new
    found.updated += plan.written.updated
    present = [(row, contact_id) for row, contact_id in plan.updates if contact_id > 0]
    found.met.update(contact_id for _, contact_id in present)
    found.quality.add(target.columns, becoming(target, block.contacts, plan))
    changes = changing(session.connection(), target, present)
    written = written_of(target, plan, changes)
    sent_before = [row for row, contact_id in plan.updates if contact_id <= 0]
    written = replace(written, sendable=written.sendable + sendable(target, sent_before))
    found.unchanged += written.unchanged
    found.tally.update(counts_of(block, target.columns, written))
    found.words.update(block.words)
    found.skipped += plan.written.skipped
    found.rejected += len(rejected)
    found.reasons.update(row.problem or "" for row in rejected)
    found.bad_rows += rejected[: SHOWN_ROWS - len(found.bad_rows)]
    found.unreadable.update(block.unreadable)
    for medium in MEDIA:
        if medium in target.columns:
            found.valid[medium] = found.tally[f"valid.{medium}"]
