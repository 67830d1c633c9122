"""How the last file of the same shape was imported into this database: nobody matches columns twice.

The shape of a file are the names of its columns, in whatever order. Finished imports are the memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from webapp.contacts.fields import OWN
from webapp.contacts.imports.columns import name_of
from webapp.contacts.models_imports import ContactImport, ImportStatus
from webapp.contacts.queries import own_fields

LOOKED_AT = 50  # imports: further back nobody remembers either
# An import that was undone was a mistake: what it matched is not to be repeated.
_NOT_TO_REPEAT = (ImportStatus.DRAFT, ImportStatus.UNDONE, ImportStatus.UNDOING)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What to do again as *file_name* did; *mapping* as of `ContactImport`. *key* None: as proposed."""

    file_name: str
    at: datetime
    mapping: dict[str, str]
    key: str | None
    mode: str


def find(session: Session, draft: ContactImport) -> Remembered | None:
    """What the newest import of a file with the same columns did, where the database still has the fields."""
    names = shape(draft.header)
    if not draft.has_header or len(set(names)) < len(names):
        return None
    earlier = select(ContactImport).where(
        col(ContactImport.database_id) == draft.database_id,
        col(ContactImport.status).not_in(_NOT_TO_REPEAT),
        col(ContactImport.has_header),
    )
    for made in session.execute(earlier.order_by(col(ContactImport.id).desc()).limit(LOOKED_AT)).scalars():
        if sorted(shape(made.header)) == sorted(names):
            return _of(session, draft, made)
    return None


def shape(header: Sequence[str]) -> list[str]:
    return [name_of(name) or name for name in header]


def is_followed(draft: ContactImport, remembered: Remembered) -> bool:
    """Whether the columns still go where they went the last time."""
    return draft.mapping == remembered.mapping


def _of(session: Session, draft: ContactImport, made: ContactImport) -> Remembered:
    then = {name: made.mapping[str(index)] for index, name in enumerate(shape(made.header))}
    present = {OWN + field.key for field in own_fields(session, draft.database_id)}
    mapping = {}
    for index, name in enumerate(shape(draft.header)):
        is_gone = then[name].startswith(OWN) and then[name] not in present
        mapping[str(index)] = draft.mapping[str(index)] if is_gone else then[name]
    # "Every row is new" is what an empty database gets by itself; repeated, it would double everybody.
    key = made.key if made.key != "none" else None
    return Remembered(made.file_name, made.started_at or made.created_at, mapping, key, made.mode)
