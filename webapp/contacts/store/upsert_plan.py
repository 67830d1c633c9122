"""A block of converted rows → what is to be done with each: insert, update, pass over. PURE.

`contact_writes` does it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from webapp.contacts.models_imports import ImportMode
from webapp.contacts.store.merging import CLEARED, Merger, Values
from webapp.contacts.store.same_people import ContactMatcher

# Which column tells that a contact is already present, by ContactImport.key.
KEY_COLUMNS = {"code": "code", "email": "email_sha256", "mobile": "mobile_sha256"}


@dataclass(frozen=True, slots=True)
class Target:
    """Where a file goes and by which rule: fixed for a whole import.

    *columns* are those of `RowConverter.columns`, *own_keys* the own fields among them.
    """

    database_id: int
    columns: tuple[str, ...]
    own_keys: tuple[str, ...]
    key: str = "code"  # or email, mobile, none
    mode: str = ImportMode.CREATE_AND_UPDATE
    clears: bool = False  # whether rows may hold CLEARED


@dataclass(frozen=True, slots=True)
class Written:
    """Every row of the block is new, updated, skipped, or in *conflicts*: its code is another contact's.

    *unchanged*: contacts among those updated that are already what their rows say. *kept*: medium → valid
    values that an invalid one did not replace. *lost*: field → values that empty cells emptied. *sendable*:
    contacts with a valid e-mail or mobile for which they have not said no, nor anything nobody can read.
    """

    new: int
    updated: int
    skipped: int
    conflicts: tuple[int, ...] = ()
    unchanged: int = 0
    kept: Mapping[str, int] = field(default_factory=dict)
    lost: Mapping[str, int] = field(default_factory=dict)
    sendable: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of a block: rows to insert, rows to write over the contact of that id, the rest.

    A contact that has several rows in the block stands as often among *updates*, in the order of the file;
    several rows of one new contact are one of *inserts* already.
    """

    inserts: list[Values]
    updates: list[tuple[Values, int]]
    written: Written


def key_position(target: Target) -> int | None:
    """Where in a row the key stands, None when every row is a new contact."""
    return target.columns.index(KEY_COLUMNS[target.key]) if target.key in KEY_COLUMNS else None


def plan_block(target: Target, rows: Sequence[Values], present: Mapping[Any, int]) -> Plan:
    """*present*: key → id of the contact that has it, of `present_keys`. Decides, writes nothing."""
    position = key_position(target)
    merger = Merger(target.columns)
    inserts: dict[Any, Values] = {}
    updates: list[tuple[Values, int]] = []
    skipped = 0
    for number, row in enumerate(rows):
        key = row[position] if position is not None else None
        if key is None:
            key = (number,)  # without a key: a contact of its own
        is_new = key not in present
        wanted = target.mode != (ImportMode.UPDATE_ONLY if is_new else ImportMode.CREATE_ONLY)
        if not wanted or (key in inserts and target.mode == ImportMode.CREATE_ONLY):
            skipped += 1
        elif is_new:
            inserts[key] = merger.over(row, inserts[key]) if key in inserts else row
        else:
            updates.append((row, present[key]))
    written = Written(len(inserts), len(rows) - len(inserts) - skipped, skipped, kept=merger.kept)
    return Plan(_stored(target, merger, inserts.values()), updates, written)


def may_conflict(target: Target) -> bool:
    """Whether the file is read by e-mail or mobile, and brings codes, of which each is one contact's."""
    return target.key in ("email", "mobile") and "code" in target.columns


def plan_by_people(target: Target, rows: Sequence[Values], people: ContactMatcher) -> Plan:
    """As `plan_block`, for a target that `may_conflict`. *people* follow the rows."""
    key_at, code_at = target.columns.index(KEY_COLUMNS[target.key]), target.columns.index("code")
    merger = Merger(target.columns)
    typed_at = target.columns.index(target.key)
    inserts: dict[int, Values] = {}
    updates: list[tuple[Values, int]] = []
    skipped, conflicts = 0, []
    for number, row in enumerate(rows):
        match = people.match(row[key_at], row[code_at])
        if target.mode == (ImportMode.UPDATE_ONLY if match.ref is None else ImportMode.CREATE_ONLY):
            skipped += 1
        elif match.is_conflict:
            conflicts.append(number)
        else:
            ref = people.new() if match.ref is None else match.ref
            if match.ref is None or ref in inserts:
                inserts[ref] = merger.over(row, inserts[ref]) if ref in inserts else row
            else:
                updates.append((row, ref))
            people.write(ref, row[key_at], row[code_at], row[typed_at] is CLEARED)
    updated = len(rows) - len(inserts) - skipped - len(conflicts)
    written = Written(len(inserts), updated, skipped, tuple(conflicts), kept=merger.kept)
    return Plan(_stored(target, merger, inserts.values()), updates, written)


def _stored(target: Target, merger: Merger, rows: Collection[Values]) -> list[Values]:
    """New contacts as the database takes them."""
    needs = target.clears or "own_fields" in target.columns
    place = target.columns.index("own_fields") if "own_fields" in target.columns else None
    return [
        merger.stored(row) if needs and (target.clears or not isinstance(row[place or 0], str)) else row
        for row in rows
    ]


def sendable(target: Target, rows: Collection[Values]) -> int:
    """Contacts that an upload may send by some medium, by what the columns of the file say of them."""
    at = {name: place for place, name in enumerate(target.columns)}
    unread, general = at.get("consent_unread"), at.get("consent")
    media = [
        (at[digest], at.get(channel))
        for digest, channel in (("email_sha256", "consent_email"), ("mobile_sha256", "consent_sms"))
        if digest in at
    ]
    if unread is None and general is None:
        return sum(any(row[digest] is not None for digest, _ in media) for row in rows)
    return sum(
        (unread is None or row[unread] is None)
        and not _is_no(row, general)
        and any(row[digest] is not None and not _is_no(row, channel) for digest, channel in media)
        for row in rows
    )


def _is_no(row: Values, place: int | None) -> bool:
    return place is not None and row[place] is not None and not row[place]
