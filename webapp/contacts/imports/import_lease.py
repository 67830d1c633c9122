"""The lease of an import: one process works at it. Files of one database wait for each other."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import Session, col

from webapp import clock, db
from webapp.contacts.models import UserDatabase
from webapp.contacts.models_imports import ContactImport, ImportStatus
from webapp.life import is_gone, this_process
from webapp.services import services


class LeaseLost(Exception):
    """Another process took the import over, or it ended: what is being done here counts no more."""


@dataclass(frozen=True, slots=True)
class ImportLease:
    """The right to work at one import, as long as *attempt* is the newest."""

    import_id: int
    attempt: int
    is_stopped: bool = False  # somebody asked to stop before this process came


def is_dead(job: ContactImport, now: float) -> bool:
    """Whether nobody works at a running import: its lease is over, or its process certainly ended."""
    is_over = clock.is_over(job.lease_until, services().settings.lease_s, now)
    return is_over or bool(job.lease_owner and is_gone(job.lease_owner))


def is_alone(session: Session, job: ContactImport, now: float) -> bool:
    """Whether no other file goes into the same database.

    Files of one database go in one after the other: which row is the last must not depend on luck.

    Whoever writes for another file holds the row of the database meanwhile, however long it takes.
    """
    mine = select(col(UserDatabase.id)).where(col(UserDatabase.id) == job.database_id)
    free = session.execute(mine.with_for_update(key_share=True, skip_locked=True)).first()
    return free is not None and not _other_is_running(session, job, now)


def _other_is_running(session: Session, job: ContactImport, now: float) -> bool:
    others = select(ContactImport).where(
        col(ContactImport.database_id) == job.database_id,
        col(ContactImport.status).in_((ImportStatus.RUNNING, ImportStatus.UNDOING)),
        col(ContactImport.id) != job.id,
    )
    found = session.execute(others).scalars()
    return any(other.status == ImportStatus.UNDOING or not is_dead(other, now) for other in found)


def hold(job: ContactImport) -> None:
    """Say that this process works at the import, for as long as a lease lasts."""
    job.lease_owner = this_process()
    job.lease_until = clock.epoch() + services().settings.lease_s
    job.updated_at = clock.now()


def ours(session: Session, claimed: ImportLease) -> ContactImport:
    """The import, locked, while the lease is the newest. Raises LeaseLost."""
    job = session.get(ContactImport, claimed.import_id, with_for_update=True)
    if job is None or job.attempt != claimed.attempt or job.status != ImportStatus.RUNNING:
        raise LeaseLost(f"import {claimed.import_id}, attempt {claimed.attempt}")
    return job


def release(claimed: ImportLease) -> None:
    """Give the import back to the queue; another job goes on with it. Raises LeaseLost."""
    with db.writing() as session:
        job = ours(session, claimed)
        job.status = ImportStatus.QUEUED
        job.lease_owner, job.lease_until, job.enqueued_at = None, 0, 0
        session.add(job)
