"""How the last file of the same shape was imported into this database: nobody matches columns twice.

The shape of a file are the names of its columns, in whatever order. Finished imports are the memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from webapp.contacts.fields import OWN
from webapp.contacts.imports.matching import consent_columns
from webapp.contacts.imports.matching.names import name_of
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
    feeding: dict[str, list[int]]
    blank_cells: str


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
    for job in session.execute(earlier.order_by(col(ContactImport.id).desc()).limit(LOOKED_AT)).scalars():
        if sorted(shape(job.header)) == sorted(names):
            return _of(session, draft, job)
    return None


def same_name(session: Session, database_id: int, file_name: str) -> ContactImport | None:
    """The newest import of a file of this name: the next one has its table in the same place."""
    earlier = select(ContactImport).where(
        col(ContactImport.database_id) == database_id,
        col(ContactImport.file_name) == file_name,
        col(ContactImport.status).not_in(_NOT_TO_REPEAT),
    )
    return session.execute(earlier.order_by(col(ContactImport.id).desc()).limit(1)).scalars().first()


def shape(header: Sequence[str]) -> list[str]:
    return [name_of(name) or name for name in header]


def is_followed(draft: ContactImport, remembered: Remembered) -> bool:
    """Whether the columns still go where they went the last time."""
    return draft.mapping == remembered.mapping


def _of(session: Session, draft: ContactImport, job: ContactImport) -> Remembered:
    then = {name: job.mapping[str(index)] for index, name in enumerate(shape(job.header))}
    present = {OWN + field.key for field in own_fields(session, draft.database_id)}
    mapping = {}
    places = {name: index for index, name in enumerate(shape(draft.header))}
    for name, index in places.items():
        proposed = draft.mapping[str(index)]
        is_gone = then[name].startswith(OWN) and then[name] not in present
        # Who is out is read, whatever was done with the column before anybody knew.
        is_refusal = consent_columns.is_turned_answer(proposed) and not consent_columns.is_answer(then[name])
        mapping[str(index)] = proposed if is_gone or is_refusal else then[name]
    names = shape(job.header)
    feeding = {field: [places[names[index]] for index in order] for field, order in job.feeding.items()}
    for field, order in draft.feeding.items():
        still = [index for index in order if mapping[str(index)] == field]
        if field not in feeding and len(still) > 1:
            feeding[field] = still
    # "Every row is new" is what an empty database gets by itself; repeated, it would double everybody.
    key = job.key if job.key != "none" else None
    at = job.started_at or job.created_at
    return Remembered(job.file_name, at, mapping, key, job.mode, feeding, job.blank_cells)
