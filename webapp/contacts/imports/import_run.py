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
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import insert, select
from sqlmodel import Session, col

from webapp import clock, db
from webapp.contacts.cells import fold
from webapp.contacts.imports import alerts
from webapp.contacts.imports.files import stored_files
from webapp.contacts.imports.files.file_limits import UnreadableFile
from webapp.contacts.imports.files.file_notices import FileNotices
from webapp.contacts.imports.files.file_rows import FileRow
from webapp.contacts.imports.files.reading_ahead import ahead
from webapp.contacts.imports.import_draft import rows_of
from webapp.contacts.imports.matching.conversion import converter_of, settled_dates, target_for
from webapp.contacts.imports.row_blocks import Block, convert_block
from webapp.contacts.imports.tallies import counts_of, words_with
from webapp.contacts.models import UserDatabase
from webapp.contacts.models_imports import ContactImport, ImportStatus, RejectedRow
from webapp.contacts.queries import own_fields
from webapp.contacts.store import contact_inserts, import_blocks
from webapp.contacts.store.growth import Growth
from webapp.contacts.store.row_converter import MAX_CHOICES, RowConverter
from webapp.contacts.store.upsert_plan import Target
from webapp.services import services
from webapp.workers import is_gone, this_process

BLOCK_ROWS = 1_000  # others who write wait for one block at most, on SQLite some 30 ms
BLOCKS_AT_ONCE = 8  # in one transaction when nobody waits: each ends with writing half of all indexes anew
SHIFT_S = 240.0  # then the job makes room for others and rings for the rest
MAX_CRASHES = 3
INTERRUPTED = (
    "L’importazione si è interrotta più volte sulla stessa parte del file: segnalalo a chi gestisce Platea."
)
FILE_GONE = "Il file non c’è più: caricalo di nuovo."


class Fenced(Exception):
    """Another process took the import over, or it ended: what is being done here counts no more."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work at one import, as long as *attempt* is the newest."""

    import_id: int
    attempt: int
    is_stopped: bool = False  # somebody asked to stop before this process came


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
                _release(claimed)
                return True
        _end(claimed, notices=notices)
    except Fenced:
        return False
    except UnreadableFile as error:
        _end(claimed, ImportStatus.FAILED, str(error))
    except FileNotFoundError:
        _end(claimed, ImportStatus.FAILED, FILE_GONE)
    return False


def claim(import_id: int) -> Claim | None:
    """The right to work at the import; None when it is not waiting or its database takes another in."""
    now = clock.epoch()
    with db.writing() as session:
        made = session.get(ContactImport, import_id, with_for_update=True)
        if made is None or not _is_waiting(made, now) or not _is_alone(session, made, now):
            return None
        if made.status == ImportStatus.RUNNING:
            made.crashes += 1
        made.attempt += 1
        made.status = ImportStatus.RUNNING
        if made.started_at is None:
            import_blocks.forget_all_of(session, made.database_id)
        made.started_at = made.started_at or clock.now()
        hold(made)
        session.add(made)
        claimed = Claim(import_id, made.attempt, made.stop_requested)
        crashes = made.crashes
    if crashes >= MAX_CRASHES:
        _end(claimed, ImportStatus.FAILED, INTERRUPTED)
        return None
    return claimed


def _is_waiting(made: ContactImport, now: float) -> bool:
    return made.status == ImportStatus.QUEUED or (made.status == ImportStatus.RUNNING and is_dead(made, now))


def is_dead(made: ContactImport, now: float) -> bool:
    """Whether nobody works at a running import: its lease is over, or its process certainly ended."""
    is_over = clock.is_over(made.lease_until, services().settings.lease_s, now)
    return is_over or bool(made.lease_owner and is_gone(made.lease_owner))


def _is_alone(session: Session, made: ContactImport, now: float) -> bool:
    """Files of one database go in one after the other: which row is the last must not depend on luck.

    Whoever writes for another file holds the row of the database meanwhile, however long it takes.
    """
    mine = select(col(UserDatabase.id)).where(col(UserDatabase.id) == made.database_id)
    free = session.execute(mine.with_for_update(key_share=True, skip_locked=True)).first()
    return free is not None and not _other_is_running(session, made, now)


def _other_is_running(session: Session, made: ContactImport, now: float) -> bool:
    others = select(ContactImport).where(
        col(ContactImport.database_id) == made.database_id,
        col(ContactImport.status).in_((ImportStatus.RUNNING, ImportStatus.UNDOING)),
        col(ContactImport.id) != made.id,
    )
    found = session.execute(others).scalars()
    return any(other.status == ImportStatus.UNDOING or not is_dead(other, now) for other in found)


def _settle_dates(claimed: Claim) -> None:
    """Decide the order of every column of dates before a cell is read. Raises Fenced, UnreadableFile."""
    with db.reading() as session:
        made = session.get_one(ContactImport, claimed.import_id)
        orders, undecided = settled_dates(session, made)
    if orders != made.date_orders:
        with db.writing() as session:
            made = _ours(session, claimed)
            made.date_orders = orders
            made.tally = {**made.tally, "dates_open": undecided}
            session.add(made)


def blocks(
    claimed: Claim, rows_each: int = BLOCK_ROWS, notices: FileNotices | None = None
) -> Iterator[Block]:
    """The rows that are not in yet, *rows_each* at a time. Raises UnreadableFile, FileNotFoundError.

    *notices* counts what the whole file holds besides: rows that are in are read again and passed over.
    """
    with db.reading() as session:
        made = session.get_one(ContactImport, claimed.import_id)
        converter = converter_of(session, made)
    rows = islice(rows_of(made, notices), made.has_header, None)
    _pass_over(converter, rows, made.rows_read, rows_each)
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


def write(claimed: Claim, group: Sequence[Block]) -> bool:
    """Write the blocks, in one transaction if nobody else wants to write. True: stop. Raises Fenced."""
    while group:
        db.give_way()
        written, is_stopped = commit(claimed, group)
        if is_stopped:
            return True
        group = group[written:]
    return False


def commit(claimed: Claim, group: Sequence[Block]) -> tuple[int, bool]:
    """Write blocks, their rejected rows and the progress, until somebody else waits to write or a quarter
    of the lease is over.

    (how many blocks, whether somebody asked to stop). Raises Fenced.
    """
    until = clock.epoch() + services().settings.lease_s / 4
    with db.writing() as session:
        made = _ours(session, claimed)
        session.get(UserDatabase, made.database_id, with_for_update={"key_share": True})
        target = target_of(session, made)
        written = 0
        while written < len(group) and not (written and (db.is_awaited() or clock.epoch() > until)):
            _write_block(session, made, target, group[written])
            written += 1
        made.crashes = 0
        hold(made)
        session.add(made)
        return written, made.stop_requested


def _write_block(session: Session, made: ContactImport, target: Target, block: Block) -> None:
    connection = session.connection()
    recorder = import_blocks.Recorder(session, made, at := clock.now())
    written = contact_inserts.write_block(connection, target, block.contacts, at, recorder.keep)
    recorder.end(written.new + written.updated)
    rejected = block.rejected_with(written.conflicts)
    if rejected:
        connection.execute(insert(RejectedRow), [
            {"import_id": made.id, "line": row.line, "reason": row.problem, "cells": row.cells}
            for row in rejected
        ])  # fmt: skip
    made.rows_read += block.rows
    made.rows_new += written.new
    made.rows_updated += written.updated
    made.rows_unchanged += written.unchanged
    made.rows_skipped += written.skipped
    made.rows_rejected += len(rejected)
    made.tally = dict(Counter(made.tally) + counts_of(block, target.columns, written))
    made.unread_words = words_with(made.unread_words, block)
    made.unreadable_cells = {
        index: made.unreadable_cells.get(index, 0) + block.unreadable.get(index, 0)
        for index in {**made.unreadable_cells, **block.unreadable}
    }
    _add_choices(session, made.database_id, block.met)


def _add_choices(session: Session, database_id: int, met: Mapping[str, set[str]]) -> None:
    """Lists learn the values they had not met before."""
    for own in own_fields(session, database_id) if met else []:
        known = set(own.choices)
        if len(known) < MAX_CHOICES and (new := met.get(own.key, set()) - known):
            own.choices = sorted([*known, *new], key=fold)[:MAX_CHOICES]
            session.add(own)


def target_of(session: Session, made: ContactImport) -> Target:
    return target_for(converter_of(session, made), made)


def hold(made: ContactImport) -> None:
    """Say that this process works at the import, for as long as a lease lasts."""
    made.lease_owner = this_process()
    made.lease_until = clock.epoch() + services().settings.lease_s
    made.updated_at = clock.now()


def _ours(session: Session, claimed: Claim) -> ContactImport:
    made = session.get(ContactImport, claimed.import_id, with_for_update=True)
    if made is None or made.attempt != claimed.attempt or made.status != ImportStatus.RUNNING:
        raise Fenced(f"import {claimed.import_id}, attempt {claimed.attempt}")
    return made


def _release(claimed: Claim) -> None:
    with db.writing() as session:
        made = _ours(session, claimed)
        made.status = ImportStatus.QUEUED
        made.lease_owner, made.lease_until, made.rung_at = None, 0, 0
        session.add(made)


def _end(
    claimed: Claim,
    status: ImportStatus | None = None,
    error: str | None = None,
    notices: FileNotices | None = None,
) -> None:
    """Close the import, as completed when no *status* is given, and forget its file."""
    with db.writing() as session:
        made = _ours(session, claimed)
        if notices:
            made.file_notices = [*notices.as_list()]
        made.alerts = alerts.of_import(made)
        warn = alerts.are_warnings(made.alerts) or (notices and notices.warn)
        has_warnings = made.rows_rejected or made.unreadable_cells or warn
        completed = ImportStatus.COMPLETED_WITH_WARNINGS if has_warnings else ImportStatus.COMPLETED
        made.status = status or completed
        made.error = error
        if status is None:
            made.rows_total = made.rows_read
        made.lease_owner, made.lease_until = None, 0
        made.finished_at = made.updated_at = clock.now()
        session.add(made)
    stored_files.forget(made.stored_name)
