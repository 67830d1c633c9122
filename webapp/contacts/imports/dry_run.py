"""What an import would do, without doing it: the numbers and the bad rows of step 3."""

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice

from sqlmodel import Session

from webapp import clock
from webapp.contacts.erasure import erased
from webapp.contacts.fields import OWN
from webapp.contacts.imports.columns import NEW
from webapp.contacts.imports.files.csv_import import FileRow
from webapp.contacts.imports.import_draft import rows_of
from webapp.contacts.imports.row_blocks import convert_block
from webapp.contacts.models import UserDatabase
from webapp.contacts.models_imports import ContactImport
from webapp.contacts.queries import own_fields
from webapp.contacts.store.contact_inserts import people_of, present_keys
from webapp.contacts.store.contact_updates import changing
from webapp.contacts.store.row_converter import RowConverter
from webapp.contacts.store.same_people import SamePeople
from webapp.contacts.store.upsert_plan import Target, key_position, may_conflict, plan_block, plan_by_people

MAX_ROWS = 20_000  # about a second: nobody waits longer for a page
BLOCK_ROWS = 5_000
SHOWN_ROWS = 20


@dataclass(slots=True)
class Forecast:
    """`rows = new + updated + skipped + rejected`. *valid* counts the contacts with a usable email or mobile.

    *unchanged*: contacts among those updated that are already so. *is_whole*: the file has no further rows.
    *reasons*: why rows are rejected → how many. *unreadable*: column index as text → cells that stay empty.
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

    @property
    def rejected_share(self) -> float:
        return self.rejected / self.rows if self.rows else 0.0


def forecast(session: Session, draft: ContactImport, max_rows: int = MAX_ROWS) -> Forecast:
    """Read the first *max_rows* rows as the import will. Raises UnreadableFile."""
    converter = draft_converter(session, draft)
    target = Target(
        draft.database_id, tuple(converter.columns), tuple(converter.own_keys), draft.key, draft.mode
    )
    rows = islice(rows_of(draft), draft.has_header, None)
    found = Forecast()
    seen: dict[object, int] = {}
    people = SamePeople()
    while found.rows < max_rows and (block := list(islice(rows, min(BLOCK_ROWS, max_rows - found.rows)))):
        _add(session, found, target, block, converter, seen, people)
    found.is_whole = next(rows, None) is None
    return found


def draft_converter(session: Session, draft: ContactImport) -> RowConverter:
    """The converter for a draft, whose new own fields do not exist yet."""
    types = {own.key: own.type for own in own_fields(session, draft.database_id)}
    mapping = {}
    for index, target in draft.mapping.items():
        if target.startswith(NEW):
            types[f"new_{index}"] = target.removeprefix(NEW)
            mapping[index] = f"{OWN}new_{index}"
        else:
            mapping[index] = target
    database = session.get_one(UserDatabase, draft.database_id)
    converter = RowConverter(mapping, types, database.country, clock.today())
    converter.erased = erased.keys_of_client(session, database.client_id)
    return converter


def _add(
    session: Session,
    found: Forecast,
    target: Target,
    rows: list[FileRow],
    converter: RowConverter,
    seen: dict[object, int],
    people: SamePeople,
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
    found.unchanged += len(present) - len(changing(session.connection(), target, present))
    found.skipped += plan.written.skipped
    found.rejected += len(rejected)
    found.reasons.update(row.problem or "" for row in rejected)
    found.bad_rows += rejected[: SHOWN_ROWS - len(found.bad_rows)]
    found.unreadable.update(block.unreadable)
    for medium in ("email", "mobile"):
        if medium in target.columns:
            digest = target.columns.index(f"{medium}_sha256")
            found.valid[medium] += sum(row[digest] is not None for row in block.contacts)
