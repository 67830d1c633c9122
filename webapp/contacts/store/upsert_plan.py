"""A block of converted rows → what is to be done with each: insert, update, pass over. PURE.

`contact_writes` does it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from webapp.contacts.models_imports import ImportMode
from webapp.contacts.store.row_converter import Values
from webapp.contacts.store.same_people import SamePeople

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


@dataclass(frozen=True, slots=True)
class Written:
    """`new + updated + skipped` and the rows at *conflicts*, whose code is another's, are the whole block.

    *unchanged*: contacts among those updated that are already what their row says.
    """

    new: int
    updated: int
    skipped: int
    conflicts: tuple[int, ...] = ()
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """What a block comes to: rows to insert, rows to write over the contact of that id, the rest."""

    inserts: list[Values]
    updates: list[tuple[Values, int]]
    written: Written


def key_position(target: Target) -> int | None:
    """Where in a row the key stands, None when every row is a new contact."""
    return target.columns.index(KEY_COLUMNS[target.key]) if target.key in KEY_COLUMNS else None


def plan_block(target: Target, rows: Sequence[Values], present: Mapping[Any, int]) -> Plan:
    """*present*: key → id of the contact that has it, of `present_keys`. Decides, writes nothing."""
    position = key_position(target)
    inserts: dict[Any, Values] = {}
    updates: dict[Any, Values] = {}
    skipped = 0
    for number, row in enumerate(rows):
        key = row[position] if position is not None else None
        if key is None:
            key = (number,)  # without a key: a contact of its own
        is_new = key not in present
        wanted = target.mode != (ImportMode.UPDATE_ONLY if is_new else ImportMode.CREATE_ONLY)
        if not wanted or (key in inserts and target.mode == ImportMode.CREATE_ONLY):
            skipped += 1
        else:
            (inserts if is_new else updates)[key] = row
    written = Written(len(inserts), len(rows) - len(inserts) - skipped, skipped)
    return Plan(list(inserts.values()), [(row, present[key]) for key, row in updates.items()], written)


def may_conflict(target: Target) -> bool:
    """Whether the file is read by e-mail or mobile, and brings codes, of which each is one contact's."""
    return target.key in ("email", "mobile") and "code" in target.columns


def plan_by_people(target: Target, rows: Sequence[Values], people: SamePeople) -> Plan:
    """As `plan_block`, for a target that `may_conflict`. *people* follow the rows."""
    key_at, code_at = target.columns.index(KEY_COLUMNS[target.key]), target.columns.index("code")
    inserts: dict[int, Values] = {}
    updates: dict[int, Values] = {}
    skipped, conflicts = 0, []
    for number, row in enumerate(rows):
        match = people.match(row[key_at], row[code_at])
        if target.mode == (ImportMode.UPDATE_ONLY if match.ref is None else ImportMode.CREATE_ONLY):
            skipped += 1
        elif match.is_conflict:
            conflicts.append(number)
        else:
            ref = people.new() if match.ref is None else match.ref
            (inserts if match.ref is None or ref in inserts else updates)[ref] = row
            people.write(ref, row[key_at], row[code_at])
    updated = len(rows) - len(inserts) - skipped - len(conflicts)
    written = Written(len(inserts), updated, skipped, tuple(conflicts))
    return Plan(list(inserts.values()), [(row, ref) for ref, row in updates.items()], written)
