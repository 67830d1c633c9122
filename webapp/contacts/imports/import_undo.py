"""Undoing the last import of a database: contacts it made go, contacts it changed become what they were.

    ask (status undoing)
      → a worker looks first whether somebody changed the contacts since: then nothing is undone
      → block by block, from the last one back, each in one transaction that also forgets the block
      → the own fields that the import made go too, when no filter uses them
      → undone

A process killed at any point leaves whole blocks behind; the next one goes on with the newest that is left.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlmodel import Session, col

from webapp import clock, db
from webapp.access.trail.audit import Action
from webapp.contacts import hooks
from webapp.contacts.fields import OWN
from webapp.contacts.imports import import_trail
from webapp.contacts.imports.import_lease import ImportLease, LeaseLost, hold, is_dead
from webapp.contacts.imports.import_run import MAX_CRASHES, SHIFT_S
from webapp.contacts.models import CONTACT, Filter, OwnField
from webapp.contacts.models_imports import ContactImport, ImportBlock, ImportStatus
from webapp.contacts.store import import_blocks
from webapp.values.texts import number

ENDED = (
    ImportStatus.COMPLETED,
    ImportStatus.COMPLETED_WITH_WARNINGS,
    ImportStatus.FAILED,
    ImportStatus.STOPPED,
)
NOT_ENDED = "Questa importazione non è ancora finita, oppure è già stata annullata."
NOT_THE_LAST = "Si può annullare solo l’ultima importazione di un database."
TOO_LATE = "Non si può più annullare: conserviamo i contatti di prima per 7 giorni, se non sono troppi."
HOLD_EVERY_S = 10.0  # well within a lease
INTERRUPTED = "L’annullamento si è interrotto più volte: segnalalo a chi gestisce Platea."


def refusal(session: Session, job: ContactImport) -> str | None:
    """Why the import cannot be undone, in Italian; None when it can, as far as is quickly seen."""
    if _has_later_one(session, job):
        return NOT_THE_LAST
    if not import_blocks.exist(session, db.saved_id(job)):
        return TOO_LATE
    return hooks.why_database_busy(session, job.database_id, job.started_at)


def ask(import_id: int, operator: str) -> str | None:
    """Put the undo in the queue; the Italian sentence when it cannot be. The caller then enqueues it."""
    with db.writing() as session:
        job = session.get(ContactImport, import_id, with_for_update=True)
        if job is None or job.status not in ENDED:
            return NOT_ENDED
        if why := refusal(session, job):
            return why
        job.undo_from, job.undo_error, job.undone_by = job.status, None, operator
        job.status, job.crashes, job.stop_requested = ImportStatus.UNDOING, 0, False
        job.lease_owner, job.lease_until, job.enqueued_at = None, 0, 0
        session.add(job)
        import_trail.record(session, Action.IMPORT_UNDONE, job)
    return None


def run_until_final(import_id: int) -> None:
    while work_at(import_id):
        continue


def work_at(import_id: int) -> bool:
    """One shift at the undo; True when there is more to do. False also when it is not ours to do."""
    claimed = claim(import_id)
    if claimed is None:
        return False
    until = clock.epoch() + SHIFT_S
    try:
        if changed := _changed_since(claimed):
            _refuse(claimed, _changed_words(changed))
            return False
        while undo_newest(claimed):
            if clock.epoch() > until:
                _release(claimed)
                return True
        end(claimed)
    except LeaseLost:
        pass
    return False


def claim(import_id: int) -> ImportLease | None:
    """The right to undo the import; None when nobody asked for it or another process is at it."""
    with db.writing() as session:
        job = session.get(ContactImport, import_id, with_for_update=True)
        if job is None or job.status != ImportStatus.UNDOING or not is_dead(job, clock.epoch()):
            return None
        job.crashes += job.lease_owner is not None
        job.attempt += 1
        hold(job)
        session.add(job)
        claimed, crashes = ImportLease(import_id, job.attempt), job.crashes
    if crashes >= MAX_CRASHES:
        _refuse(claimed, INTERRUPTED)
        return None
    return claimed


def _changed_since(claimed: ImportLease) -> int:
    """Contacts of the import that somebody changed after it; once some of it is undone, nobody asks again."""
    with db.reading() as session:
        job = session.get_one(ContactImport, claimed.import_id)
        blocks = select(col(ImportBlock.id), col(ImportBlock.written_at))
        found = session.execute(blocks.where(col(ImportBlock.import_id) == claimed.import_id)).all()
    if job.rows_undone:
        return 0
    moments = [written_at for _, written_at in found]
    changed, held_at = 0, clock.epoch()
    for block_id, _ in found:
        with db.reading() as session:
            block = session.get_one(ImportBlock, block_id)
            changed += _changed_in(session, job.database_id, block, moments)
        if clock.epoch() > held_at + HOLD_EVERY_S:
            _hold_on(claimed)
            held_at = clock.epoch()
    return changed


def _changed_in(session: Session, database_id: int, block: ImportBlock, moments: Sequence[datetime]) -> int:
    changed = CONTACT.c.updated_at.not_in(moments)
    ids = [row[0] for row in _before(block)[1]]
    of_block = or_(and_(*_made_in(database_id, block)), CONTACT.c.id.in_(ids))
    counted = select(func.count()).select_from(CONTACT).where(of_block, changed)
    return int(session.execute(counted).scalar_one())


def undo_newest(claimed: ImportLease) -> bool:
    """Take back the newest block that is left; False when there is none. Raises LeaseLost."""
    with db.writing() as session:
        job = _ours(session, claimed)
        block = import_blocks.newest(session, claimed.import_id)
        if block is None:
            return False
        # First those that are new: a code they have may have been of one that is to have it again.
        job.undo_kept += _remove(session, job.database_id, block) + _restore(session, block)
        job.rows_undone += block.rows
        job.crashes = 0
        hold(job)
        session.add(job)
        session.delete(block)
    return True


def _restore(session: Session, block: ImportBlock) -> int:
    """Contacts that the block changed become what they were; returns how many somebody changed meanwhile."""
    names, rows = _before(block)
    if not rows:
        return 0
    present = select(CONTACT.c.id, CONTACT.c.updated_at).where(CONTACT.c.id.in_([row[0] for row in rows]))
    found = session.execute(present.with_for_update()).all()
    untouched = {contact_id for contact_id, updated_at in found if updated_at == block.written_at}
    untouched -= _without_their_code(session, names, rows, untouched)
    session.execute(update(CONTACT).where(CONTACT.c.id.in_(untouched)).values(code=None))
    import_blocks.write_back(session.connection(), names, [row for row in rows if row[0] in untouched])
    return len(found) - len(untouched)


def _without_their_code(
    session: Session, names: Sequence[str], rows: Sequence[Sequence[Any]], untouched: Collection[int]
) -> set[int]:
    """Those of *untouched* whose former code is by now of a contact that stays."""
    at = names.index("code") + 1
    codes = {row[at]: row[0] for row in rows if row[at] and row[0] in untouched}
    theirs = select(CONTACT.c.database_id).where(CONTACT.c.id.in_(untouched)).distinct()
    taken = select(CONTACT.c.code).where(
        CONTACT.c.database_id.in_(theirs), CONTACT.c.code.in_(codes), CONTACT.c.id.not_in(untouched)
    )
    return {codes[code] for code in session.execute(taken).scalars()}


def _remove(session: Session, database_id: int, block: ImportBlock) -> int:
    """Contacts that the block made go; returns how many stay because somebody changed them meanwhile."""
    theirs = _made_in(database_id, block)
    untouched = select(CONTACT.c.id).where(*theirs, CONTACT.c.updated_at == block.written_at)
    ids = session.execute(untouched.with_for_update()).scalars().all()
    hooks.forget(session, database_id, ids)
    session.execute(delete(CONTACT).where(CONTACT.c.id.in_(ids)))
    return int(session.execute(select(func.count()).select_from(CONTACT).where(*theirs)).scalar_one())


def _made_in(database_id: int, block: ImportBlock) -> tuple[ColumnElement[bool], ...]:
    return (
        CONTACT.c.database_id == database_id,
        CONTACT.c.id > block.first_id,
        CONTACT.c.id <= block.last_id,
        CONTACT.c.created_at == block.written_at,
    )


def _before(block: ImportBlock) -> tuple[list[str], list[list[Any]]]:
    return import_blocks.unpack(block.before) if block.before else ([], [])


def end(claimed: ImportLease) -> None:
    """Say that nothing is left to undo. Raises LeaseLost."""
    with db.writing() as session:
        job = _ours(session, claimed)
        if not job.undo_kept:
            _remove_made_fields(session, job)
        job.status, job.undone_at = ImportStatus.UNDONE, clock.now()
        _let_go(job)
        session.add(job)


def _remove_made_fields(session: Session, job: ContactImport) -> None:
    """The own fields that came with the file, but those a filter asks about."""
    rules = select(col(Filter.rule)).where(col(Filter.database_id) == job.database_id)
    asked = {name for rule in session.execute(rules).scalars() for name in _fields_in(rule)}
    keys = [key for key in job.made_fields if OWN + key not in asked]
    mine = col(OwnField.database_id) == job.database_id, col(OwnField.key).in_(keys)
    session.execute(delete(OwnField).where(*mine))


def _fields_in(rule: Any) -> Iterator[str]:
    """Every `field` of a stored rule, however deep."""
    if isinstance(rule, dict):
        if isinstance(rule.get("field"), str):
            yield rule["field"]
        rule = list(rule.values())
    if isinstance(rule, list):
        for part in rule:
            yield from _fields_in(part)


def _refuse(claimed: ImportLease, why: str) -> None:
    """Leave the import as it was before, with the reason."""
    with db.writing() as session:
        job = _ours(session, claimed)
        job.status, job.undo_error = job.undo_from or ImportStatus.COMPLETED, why
        _let_go(job)
        session.add(job)


def _release(claimed: ImportLease) -> None:
    with db.writing() as session:
        job = _ours(session, claimed)
        _let_go(job)
        session.add(job)


def _hold_on(claimed: ImportLease) -> None:
    with db.writing() as session:
        job = _ours(session, claimed)
        hold(job)
        session.add(job)


def _let_go(job: ContactImport) -> None:
    job.lease_owner, job.lease_until, job.enqueued_at = None, 0, 0
    job.updated_at = clock.now()


def _ours(session: Session, claimed: ImportLease) -> ContactImport:
    job = session.get(ContactImport, claimed.import_id, with_for_update=True)
    if job is None or job.attempt != claimed.attempt or job.status != ImportStatus.UNDOING:
        raise LeaseLost(f"undo of import {claimed.import_id}, attempt {claimed.attempt}")
    return job


def _has_later_one(session: Session, job: ContactImport) -> bool:
    later = select(col(ContactImport.id)).where(
        col(ContactImport.database_id) == job.database_id,
        col(ContactImport.id) != job.id,
        or_(
            col(ContactImport.started_at) > job.started_at,
            col(ContactImport.status).in_((ImportStatus.QUEUED, ImportStatus.RUNNING)),
        ),
    )
    return db.finds_any(session, later)


def _changed_words(changed: int) -> str:
    if changed == 1:
        return "Non si può annullare: un suo contatto è stato modificato dopo."
    return f"Non si può annullare: {number(changed)} suoi contatti sono stati modificati dopo."
