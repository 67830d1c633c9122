"""Commands of an import: begin with a file, start it, stop it; and the search for lost ones.

The audit trail tells of a start and of a stop in their transaction: what cannot be told of does not happen.
"""

from datetime import timedelta

from sqlalchemy import func, select
from sqlmodel import Session, col

from webapp import clock, db, rounds
from webapp.access.models import Client
from webapp.access.trail.audit import Action
from webapp.contacts import texts
from webapp.contacts.fields import FieldType
from webapp.contacts.imports import columns, import_lease, import_run, import_trail, import_undo
from webapp.contacts.imports.files import stored_files
from webapp.contacts.imports.files.file_limits import UnreadableFile
from webapp.contacts.imports.import_draft import create, problems
from webapp.contacts.models import OwnField, UserDatabase
from webapp.contacts.models_imports import ContactImport, ImportStatus
from webapp.contacts.queries import own_fields
from webapp.contacts.store import import_blocks
from webapp.services import services

__all__ = [
    "UnreadableFile",
    "create",
    "discard",
    "lost",
    "problems",
    "enqueue",
    "refuse_too_many",
    "ring_lost",
    "run",
    "start",
    "stop",
    "undo",
]

RUN = "webapp.contacts.jobs.run_import"
ENQUEUE_AGAIN_S = 10.0
DRAFT_LIVES = timedelta(days=1)
UNNAMED_LIVES = timedelta(minutes=30)  # a file without a row: longer than it may take to read one that came
FINAL = frozenset(
    {
        ImportStatus.COMPLETED,
        ImportStatus.COMPLETED_WITH_WARNINGS,
        ImportStatus.FAILED,
        ImportStatus.STOPPED,
    }
)


def refuse_too_many(session: Session, client_id: int) -> None:
    """Raises UnreadableFile when the client's files that wait to be imported are together larger than is set.

    To be asked in the transaction that adds one: it keeps the client's row, so two cannot pass at once.
    """
    most = services().settings.drafts_mb
    if not most:
        return
    session.execute(select(col(Client.id)).where(col(Client.id) == client_id).with_for_update(key_share=True))
    waiting = (
        select(func.coalesce(func.sum(col(ContactImport.size_bytes)), 0))
        .join(UserDatabase, col(UserDatabase.id) == col(ContactImport.database_id))
        .where(col(UserDatabase.client_id) == client_id, col(ContactImport.status) == ImportStatus.DRAFT)
    )
    if session.execute(waiting).scalar_one() > most * 1_000_000:
        raise UnreadableFile(texts.TOO_MANY_DRAFTS.format(mb=most))


def start(import_id: int) -> None:
    """Queue the import and enqueue its job; it starts later if Redis is away. Raises UnreadableFile."""
    if _queue(import_id):
        enqueue(import_id)


def run(import_id: int) -> None:
    """Import here and now, without a worker. Raises UnreadableFile when the columns do not fit."""
    _queue(import_id)
    import_run.run_until_final(import_id)


def stop(import_id: int) -> bool:
    """Read no further block; what was imported stays. False when there was nothing left to stop."""
    with db.writing() as session:
        job = session.get(ContactImport, import_id, with_for_update=True)
        if job is None or job.status not in (ImportStatus.QUEUED, ImportStatus.RUNNING):
            return False
        job.stop_requested = True
        ended = job.status == ImportStatus.QUEUED or import_lease.is_dead(job, clock.epoch())
        if ended:
            job.status, job.finished_at = ImportStatus.STOPPED, clock.now()
        session.add(job)
        import_trail.record(session, Action.IMPORT_STOPPED, job)
        if ended:
            stored_files.forget_with(session, job.stored_name)
    return True


def undo(import_id: int, operator: str) -> str | None:
    """Take the import back, in a worker; the Italian sentence when that cannot be."""
    why = import_undo.ask(import_id, operator)
    if why is None:
        enqueue(import_id)
    return why


def discard(session: Session, draft: ContactImport) -> None:
    """Forget a draft and, once *session* has committed, its file."""
    stored_files.forget_with(session, draft.stored_name)
    session.delete(draft)


def lost(session: Session) -> list[int]:
    """Imports nobody is working at although they should be: no job, or their job died."""
    now = clock.epoch()
    found = []
    waiting = (ImportStatus.QUEUED, ImportStatus.RUNNING, ImportStatus.UNDOING)
    for job in session.execute(select(ContactImport).where(col(ContactImport.status).in_(waiting))).scalars():
        if import_lease.is_dead(job, now) and clock.is_over(
            job.enqueued_at + ENQUEUE_AGAIN_S, ENQUEUE_AGAIN_S, now
        ):
            found.append(db.saved_id(job))
    return found


def enqueue(import_id: int) -> None:
    if services().job_queue.enqueue(RUN, import_id):
        with db.writing() as session:
            if job := session.get(ContactImport, import_id):
                job.enqueued_at = clock.epoch()
                session.add(job)


def ring_lost() -> None:
    """Ring again for imports that were lost."""
    with db.reading() as session:
        ids = lost(session)
    with rounds.guarded("importazione") as guard:
        guard.each(ids, enqueue)


def forget_drafts() -> None:
    """Forget the drafts nobody came back to, each by itself, and files that no import knows of."""
    with db.reading() as session:
        old = col(ContactImport.created_at) < clock.now() - DRAFT_LIVES
        drafts = select(col(ContactImport.id)).where(col(ContactImport.status) == ImportStatus.DRAFT, old)
        forgotten = session.execute(drafts).scalars().all()
        unread = col(ContactImport.status).not_in(FINAL)
        named = session.execute(select(col(ContactImport.stored_name)).where(unread)).scalars().all()
    with rounds.guarded("importazione") as guard:
        guard.each(forgotten, _forget_draft)
    stored_files.forget_others(set(named), UNNAMED_LIVES.total_seconds())


def _forget_draft(import_id: int) -> None:
    with db.writing() as session:
        draft = session.get(ContactImport, import_id, with_for_update=True)
        if draft is not None and draft.status == ImportStatus.DRAFT:  # nobody has started it meanwhile
            discard(session, draft)


def forget_undo() -> None:
    """Forget what nobody undid in time."""
    with db.writing() as session:
        import_blocks.forget_old(session)


def _queue(import_id: int) -> bool:
    """Draft → queued, with the own fields that its new columns need; False when it was started before."""
    with db.writing() as session:
        job = session.get(ContactImport, import_id, with_for_update=True)
        if job is None or job.status != ImportStatus.DRAFT:
            return False
        if found := problems(job):
            raise UnreadableFile(found[0])
        _make_own_fields(session, job)
        if job.key == "none" and "code" in job.mapping.values():
            job.key = "code"  # two contacts cannot have the same code
        job.status = ImportStatus.QUEUED
        job.updated_at = clock.now()
        session.add(job)
        import_trail.record(session, Action.IMPORT_STARTED, job)
    return True


def _make_own_fields(session: Session, job: ContactImport) -> None:
    present = own_fields(session, job.database_id)
    taken = {field.key for field in present}
    mapping = dict(job.mapping)
    for index, target in mapping.items():
        if not target.startswith(columns.NEW):
            continue
        label = job.header[int(index)]
        key = columns.key_of(label, taken)
        taken.add(key)
        kind = FieldType(target.removeprefix(columns.NEW))
        session.add(
            OwnField(database_id=job.database_id, key=key, label=label, type=kind, position=len(taken))
        )
        mapping[index] = columns.OWN + key
        job.made_fields = [*job.made_fields, key]
    job.mapping = mapping
