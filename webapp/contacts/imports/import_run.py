"""The import itself: the stored file, block by block, into the database.

    claim the import (attempt = fencing token, lease)
      → rows already committed are passed over
      → some blocks of 1,000 rows read and converted, outside any transaction (`reading_ahead`)
      → one transaction: contacts, rejected rows and progress, while the claim is still ours;
        it ends after the block during which somebody else came to write
      → status

A process killed at any point leaves whole blocks behind; the next one goes on after the last of them.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from sqlalchemy import insert
from sqlmodel import Session

from webapp import clock, db
from webapp.contacts.cells import fold
from webapp.contacts.imports import alerts
from webapp.contacts.imports.files import stored_files
from webapp.contacts.imports.files.file_limits import UnreadableFile
from webapp.contacts.imports.files.file_notices import FileNotices
from webapp.contacts.imports.files.file_rows import FileRow
from webapp.contacts.imports.files.reading_ahead import ahead
from webapp.contacts.imports.import_draft import rows_of
from webapp.contacts.imports.import_lease import (
    ImportLease,
    LeaseLost,
    hold,
    is_alone,
    is_dead,
    ours,
    release,
)
from webapp.contacts.imports.matching.conversion import converter_of, settled_dates, target_for
from webapp.contacts.imports.row_blocks import Block, convert_block
from webapp.contacts.imports.tallies import counts_of, words_with
from webapp.contacts.ledger import refusals
from webapp.contacts.models import UserDatabase
from webapp.contacts.models_imports import ContactImport, ImportStatus, RejectedRow
from webapp.contacts.queries import own_fields
from webapp.contacts.store import contact_inserts, import_blocks
from webapp.contacts.store.growth import Growth
from webapp.contacts.store.row_converter import MAX_CHOICES, RowConverter
from webapp.contacts.store.upsert_plan import Target
from webapp.services import services

BLOCK_ROWS = 1_000  # others who write wait for one block at most, on SQLite some 30 ms
BLOCKS_AT_ONCE = 8  # in one transaction when nobody waits: each ends with writing half of all indexes anew
SHIFT_S = 240.0  # then the job makes room for others and enqueues the rest
MAX_CRASHES = 3
INTERRUPTED = (
    "L’importazione si è interrotta più volte sulla stessa parte del file: segnalalo a chi gestisce Platea."
)
FILE_GONE = "Il file non c’è più: caricalo di nuovo."


def run_until_final(import_id: int, block_rows: int = BLOCK_ROWS) -> None:
    """Work at the import here until it has ended or somebody else works at it."""
    while work_at(import_id, block_rows):
        continue


def work_at(import_id: int, block_rows: int = BLOCK_ROWS) -> bool:
    """One shift at the import; True when there is more to do. False also when it is not ours to do."""
    claimed = claim(import_id)
    if claimed is None:
        return False
    until = clock.epoch() + SHIFT_S
    notices = FileNotices()
    try:
        if claimed.is_stopped:
            _end(claimed, ImportStatus.STOPPED)
            return False
        _settle_dates(claimed)
        growth = Growth()
        for group in ahead(_grouped(blocks(claimed, block_rows, notices))):
            is_stopped = write(claimed, group)
            growth.add(sum(len(block.contacts) for block in group))
            if is_stopped:
                _end(claimed, ImportStatus.STOPPED)
                return False
            if clock.epoch() > until:
                release(claimed)
                return True
        _end(claimed, notices=notices)
    except LeaseLost:
        return False
    except UnreadableFile as error:
        _end(claimed, ImportStatus.FAILED, str(error))
    except FileNotFoundError:
        _end(claimed, ImportStatus.FAILED, FILE_GONE)
    return False


def claim(import_id: int) -> ImportLease | None:
    """The right to work at the import; None when it is not waiting or its database takes another in."""
    now = clock.epoch()
    with db.writing() as session:
        job = session.get(ContactImport, import_id, with_for_update=True)
        if job is None or not _is_waiting(job, now) or not is_alone(session, job, now):
            return None
        if job.status == ImportStatus.RUNNING:
            job.crashes += 1
        job.attempt += 1
        job.status = ImportStatus.RUNNING
        if job.started_at is None:
            import_blocks.forget_all_of(session, job.database_id)
        job.started_at = job.started_at or clock.now()
        hold(job)
        session.add(job)
        claimed = ImportLease(import_id, job.attempt, job.stop_requested)
        crashes = job.crashes
    if crashes >= MAX_CRASHES:
        _end(claimed, ImportStatus.FAILED, INTERRUPTED)
        return None
    return claimed


def _is_waiting(job: ContactImport, now: float) -> bool:
    return job.status == ImportStatus.QUEUED or (job.status == ImportStatus.RUNNING and is_dead(job, now))


def _settle_dates(claimed: ImportLease) -> None:
    """Decide the order of every column of dates before a cell is read. Raises LeaseLost, UnreadableFile."""
    with db.reading() as session:
        job = session.get_one(ContactImport, claimed.import_id)
        orders, undecided = settled_dates(session, job)
    if orders != job.date_orders:
        with db.writing() as session:
            job = ours(session, claimed)
            job.date_orders = orders
            job.tally = {**job.tally, "dates_open": undecided}
            session.add(job)


def blocks(
    claimed: ImportLease, rows_each: int = BLOCK_ROWS, notices: FileNotices | None = None
) -> Iterator[Block]:
    """The rows that are not in yet, *rows_each* at a time. Raises UnreadableFile, FileNotFoundError.

    *notices* counts what the whole file holds besides: rows that are in are read again and passed over.
    """
    with db.reading() as session:
        job = session.get_one(ContactImport, claimed.import_id)
        converter = converter_of(session, job)
    rows = islice(rows_of(job, notices), job.has_header, None)
    _pass_over(converter, rows, job.rows_read, rows_each)
    while block := list(islice(rows, rows_each)):
        yield convert_block(converter, block)


def _pass_over(converter: RowConverter, rows: Iterator[FileRow], count: int, rows_each: int) -> None:
    """Leave out the rows that are in already; who said no in them is remembered as if they were read now."""
    while count > 0 and (block := list(islice(rows, min(rows_each, count)))):
        count -= len(block)
        if converter.answers is not None and converter.answers.remembers:
            convert_block(converter, block)


def _grouped(converted: Iterator[Block]) -> Iterator[list[Block]]:
    while group := list(islice(converted, BLOCKS_AT_ONCE)):
        yield group


def write(claimed: ImportLease, group: Sequence[Block]) -> bool:
    """Write the blocks, in one transaction if nobody else wants to write. True: stop. Raises LeaseLost."""
    while group:
        db.give_way()
        written, is_stopped = commit(claimed, group)
        if is_stopped:
            return True
        group = group[written:]
    return False


def commit(claimed: ImportLease, group: Sequence[Block]) -> tuple[int, bool]:
    """Write blocks, their rejected rows and the progress, until somebody else waits to write or a quarter
    of the lease is over.

    (how many blocks, whether somebody asked to stop). Raises LeaseLost.
    """
    until = clock.epoch() + services().settings.lease_s / 4
    with db.writing() as session:
        job = ours(session, claimed)
        session.get(UserDatabase, job.database_id, with_for_update={"key_share": True})
        target = target_of(session, job)
        written = 0
        while written < len(group) and not (written and (db.is_awaited() or clock.epoch() > until)):
            _write_block(session, job, target, group[written])
            written += 1
        job.crashes = 0
        hold(job)
        session.add(job)
        return written, job.stop_requested


def _write_block(session: Session, job: ContactImport, target: Target, block: Block) -> None:
    connection = session.connection()
    recorder = import_blocks.Recorder(session, job, at := clock.now())
    written = contact_inserts.write_block(connection, target, block.contacts, at, recorder.keep)
    recorder.end(written.new + written.updated)
    rejected = block.rejected_with(written.conflicts)
    if rejected:
        connection.execute(insert(RejectedRow), [
            {"import_id": job.id, "line": row.line, "reason": row.problem, "cells": row.cells}
            for row in rejected
        ])  # fmt: skip
    job.rows_read += block.rows
    job.rows_new += written.new
    job.rows_updated += written.updated
    job.rows_unchanged += written.unchanged
    job.rows_skipped += written.skipped
    job.rows_rejected += len(rejected)
    job.tally = dict(Counter(job.tally) + counts_of(block, target.columns, written))
    job.unread_words = words_with(job.unread_words, block)
    job.unreadable_cells = {
        index: job.unreadable_cells.get(index, 0) + block.unreadable.get(index, 0)
        for index in {**job.unreadable_cells, **block.unreadable}
    }
    _add_choices(session, job.database_id, block.met)


def _add_choices(session: Session, database_id: int, met: Mapping[str, set[str]]) -> None:
    """Lists learn the values they had not met before."""
    for own in own_fields(session, database_id) if met else []:
        known = set(own.choices)
        if len(known) < MAX_CHOICES and (new := met.get(own.key, set()) - known):
            own.choices = sorted([*known, *new], key=fold)[:MAX_CHOICES]
            session.add(own)


def target_of(session: Session, job: ContactImport) -> Target:
    return target_for(converter_of(session, job), job)


def _end(
    claimed: ImportLease,
    status: ImportStatus | None = None,
    error: str | None = None,
    notices: FileNotices | None = None,
) -> None:
    """Close the import, as completed when no *status* is given, and forget its file."""
    with db.writing() as session:
        job = ours(session, claimed)
        if notices:
            job.file_notices = [*notices.as_list()]
        job.alerts = alerts.of_import(job)
        warn = alerts.are_warnings(job.alerts) or (notices and notices.warn)
        has_warnings = job.rows_rejected or job.unreadable_cells or warn
        completed = ImportStatus.COMPLETED_WITH_WARNINGS if has_warnings else ImportStatus.COMPLETED
        job.status = status or completed
        job.error = error
        if status is None:
            job.rows_total = job.rows_read
        job.lease_owner, job.lease_until = None, 0
        job.finished_at = job.updated_at = clock.now()
        session.add(job)
        refusals.answers_change(session, job.database_id)
        stored_files.forget_with(session, job.stored_name)
