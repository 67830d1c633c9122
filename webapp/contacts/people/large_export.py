"""Exports that a worker makes: asked for, written in sealed pieces, fetched within a day, forgotten.

A database of a million contacts takes a minute to write. Sent while it is read, that is a thread of the web
server, a line that may not break and a deploy that has to wait; here only a page waits.
"""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import func, or_, select
from sqlmodel import Session, col

from webapp import clock, db, rounds, sealed_files
from webapp.contacts import queries
from webapp.contacts.filters import word_index
from webapp.contacts.filters.filter_rules import BrokenRule
from webapp.contacts.models import CONTACT, Filter, UserDatabase
from webapp.contacts.models_exports import ContactExport, ExportStatus
from webapp.contacts.people import contact_export
from webapp.contacts.store import exported
from webapp.sealed_files import EXPORT
from webapp.services import services
from webapp.values.identifiers import new_public_id
from webapp.web import csv_file

LARGE_ROWS = 50_000  # some two seconds: below, the file is sent while it is read
RUN = "webapp.contacts.jobs.run_export"
LIVES = timedelta(days=1)
LEASE_S = 300.0  # a filter may look at millions before it finds the first
RENEW_S = 15.0
ENQUEUE_AGAIN_S = 10.0
MAX_CRASHES = 3
UNNAMED_LIVES_S = 6 * 3600.0
INTERRUPTED = "L’esportazione si è interrotta più volte: segnalalo a chi gestisce Platea."


class _Lost(Exception):
    """Somebody else makes this export now, or nobody wants it any more."""


class _Lines:
    """The lines of the file as bytes; *renew* is called now and then while they are read."""

    def __init__(self, lines: Iterator[str], renew: "_Lease") -> None:
        self._lines, self._renew, self._left, self.rows = lines, renew, b"", -2  # the mark and the labels

    def read(self, size: int, /) -> bytes:
        parts, length = [self._left], len(self._left)
        while length < size and (line := next(self._lines, None)) is not None:
            parts.append(line.encode())
            length += len(parts[-1])
            self.rows += 1
            if self.rows % 1_000 == 0:
                self._renew.now_and_then()
        whole = b"".join(parts)
        self._left = whole[size:]
        return whole[:size]


def is_large(session: Session, database_id: int) -> bool:
    some = select(CONTACT.c.id).where(CONTACT.c.database_id == database_id).limit(LARGE_ROWS + 1).subquery()
    return int(session.execute(select(func.count()).select_from(some)).scalar_one()) > LARGE_ROWS


def ask(
    session: Session, database: UserDatabase, narrowed: Filter | None, file_name: str, asked_by: str
) -> ContactExport:
    """To be enqueued once *session* has committed."""
    made = ContactExport(
        database_id=db.saved_id(database),
        filter_name=narrowed.name if narrowed else None,
        rule=narrowed.rule if narrowed else None,
        file_name=file_name,
        asked_by=asked_by,
    )
    session.add(made)
    session.flush()
    return made


def one_of(session: Session, database: UserDatabase, public_id: str) -> ContactExport | None:
    wanted = select(ContactExport).where(
        col(ContactExport.database_id) == database.id, col(ContactExport.public_id) == public_id
    )
    return session.execute(wanted).scalars().first()


def enqueue(export_id: int) -> None:
    if services().job_queue.enqueue(RUN, export_id):
        with db.writing() as session:
            if job := session.get(ContactExport, export_id):
                job.enqueued_at = clock.epoch()
                session.add(job)


def work_at(export_id: int) -> None:
    """Make the file, unless somebody else does or it is made."""
    lease = _Lease.claim(export_id)
    if lease is None:
        return
    name = new_public_id()
    try:
        with db.reading() as session:
            job = session.get_one(ContactExport, export_id)
            types = queries.field_types(session, job.database_id)
            chosen = word_index.chosen(session, job.database_id, job.rule, types, clock.today())
            fields = queries.fields_of(session, job.database_id)
        source = _Lines(csv_file.lines(contact_export.rows(chosen, fields)), lease)
        size = sealed_files.keep(EXPORT, name, source)
        lease.end(status=ExportStatus.READY, stored_name=name, rows=source.rows, size_bytes=size)
    except BrokenRule as error:
        lease.end(status=ExportStatus.FAILED, error=str(error))
    except _Lost:
        sealed_files.forget(name)


def content(job: ContactExport) -> Iterator[bytes]:
    """The file, a piece at a time. Raises as `sealed_files.pieces`."""
    return sealed_files.pieces(EXPORT, job.stored_name or "")


def ring_lost() -> None:
    """Ring again for exports nobody works at."""
    now = clock.epoch()
    waiting = (col(ContactExport.status) == ExportStatus.QUEUED) | (
        (col(ContactExport.status) == ExportStatus.RUNNING) & (col(ContactExport.lease_until) < now)
    )
    with db.reading() as session:
        rung = col(ContactExport.enqueued_at)
        # A clock that was ahead may have written a moment that is still to come.
        quiet = or_(rung < now - ENQUEUE_AGAIN_S, rung > now + ENQUEUE_AGAIN_S)
        ids = session.execute(select(col(ContactExport.id)).where(waiting, quiet)).scalars().all()
    with rounds.guarded("esportazione") as guard:
        guard.each(ids, enqueue)


def forget_old() -> None:
    """Forget what was not fetched in a day, and files that belong to none."""
    with db.writing() as session:
        old = select(col(ContactExport.id)).where(col(ContactExport.created_at) < clock.now() - LIVES)
        exported.forget(session, *session.execute(old).scalars())
    with db.reading() as session:
        named = session.execute(select(col(ContactExport.stored_name))).scalars().all()
    sealed_files.forget_others(EXPORT, [name for name in named if name], UNNAMED_LIVES_S)


class _Lease:
    """The right to make one export, until somebody else has taken it."""

    def __init__(self, export_id: int, attempt: int) -> None:
        self._id, self._attempt, self._renewed = export_id, attempt, clock.epoch()

    @classmethod
    def claim(cls, export_id: int) -> "_Lease | None":
        with db.writing() as session:
            job = session.get(ContactExport, export_id, with_for_update=True)
            is_free = job is not None and (
                job.status == ExportStatus.QUEUED
                or (job.status == ExportStatus.RUNNING and job.lease_until < clock.epoch())
            )
            if job is None or not is_free:
                return None
            job.crashes += job.status == ExportStatus.RUNNING
            job.attempt += 1
            job.status, job.lease_until = ExportStatus.RUNNING, clock.epoch() + LEASE_S
            if job.crashes >= MAX_CRASHES:
                job.status, job.error, job.finished_at = ExportStatus.FAILED, INTERRUPTED, clock.now()
            session.add(job)
            return cls(export_id, job.attempt) if job.status == ExportStatus.RUNNING else None

    def now_and_then(self) -> None:
        """Raises _Lost."""
        if clock.epoch() - self._renewed > RENEW_S:
            self._renewed = clock.epoch()
            self._change(lease_until=self._renewed + LEASE_S)

    def end(self, **changes: object) -> None:
        """Raises _Lost."""
        self._change(**changes, finished_at=clock.now())

    def _change(self, **changes: object) -> None:
        with db.writing() as session:
            job = session.get(ContactExport, self._id, with_for_update=True)
            if job is None or job.attempt != self._attempt or job.status != ExportStatus.RUNNING:
                raise _Lost
            for name, value in changes.items():
                setattr(job, name, value)
            session.add(job)
