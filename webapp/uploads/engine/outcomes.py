"""What came back for a batch, written down if the batch is still ours: sent, to be tried again, refused."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import update
from sqlmodel import Session, col

from webapp import clock, db
from webapp.destinations import registry
from webapp.destinations.base import BatchResult, DestinationError, NeedsPersonError, TemporaryError
from webapp.uploads import plan, problems
from webapp.uploads.engine import account_rest, halves, sent_ledger, transitions
from webapp.uploads.engine.leases import Claimed, update_if_ours
from webapp.uploads.events import Event, note
from webapp.uploads.models import UPLOAD_LOCK, Batch, BatchRows, Upload
from webapp.uploads.status import BatchStatus


def record_sent(claimed: Claimed, result: BatchResult) -> None:
    ids = claimed.contact_ids
    rejected = [[ids[row.row], row.reason] for row in result.rejected]
    with _recording(
        claimed,
        status=BatchStatus.SENT,
        num_received=result.received,
        num_rejected=result.rejected_count,
        rejected=rejected,
        trace=result.trace,
        error=None,
        error_code=None,
        sent_at=clock.now(),
    ) as recorded:
        if recorded:
            session, upload = recorded
            _forget_digests(session, claimed)
            upload.sent_at = upload.sent_at or clock.now()
            told = {"rows": len(claimed.rows), "rejected": result.rejected_count, "trace": result.trace}
            _note(session, claimed, Event.SENT, **told)
            received = set(ids).difference(ids[row.row] for row in result.rejected)
            sent_ledger.remember(session, upload, received, claimed.duplicates)
            if result.pause_s > 0:
                transitions.pause(session, upload, problems.RESTING, clock.epoch() + result.pause_s)
    if result.recovered:
        account_rest.wake(claimed.destination, claimed.account_id)


def record_passing_error(claimed: Claimed, error: TemporaryError) -> None:
    problem = error.problem
    with db.reading() as session:
        batch = session.get(Batch, claimed.batch_id)
        errors = (batch.errors if batch else 0) + 1
    wait = error.retry_after_s or plan.wait_s(errors, random.random())
    if error.account_wide:  # every upload of the account: insisting while it is throttled lengthens the wait
        registry.destination(claimed.destination).rest(claimed.account_id, wait, problem)
    with _recording(
        claimed,
        status=BatchStatus.PENDING,
        errors=errors,
        next_attempt_at=clock.epoch() + wait,
        error=problem.what,
        error_code=problem.code,
        trace=problem.trace,
    ) as recorded:
        if not recorded:
            return
        session, upload = recorded
        said = {"code": problem.code, "reason": problem.what, "trace": problem.trace}
        _note(session, claimed, Event.RETRIED, **said, wait_s=round(wait))
        if error.account_wide:
            transitions.pause(session, upload, problem, clock.epoch() + wait)
        if error.in_a_row:  # a limit says nothing about the batch that met it
            step = plan.after_error(halves.trouble_of(session, claimed, error, errors))
            if step == plan.Next.HALVE:
                halves.halve(session, claimed)
            elif step == plan.Next.SET_ASIDE:
                _set_aside(session, claimed)


def record_needs_person(claimed: Claimed, error: NeedsPersonError) -> None:
    problem = error.problem
    with _recording(
        claimed,
        status=BatchStatus.PENDING,
        next_attempt_at=0,
        error=problem.what,
        error_code=problem.code,
        trace=problem.trace,
    ) as recorded:
        if recorded:
            session, upload = recorded
            transitions.pause(session, upload, problem, None)


def record_refusal(claimed: Claimed, error: DestinationError) -> None:
    problem = error.problem
    with _recording(
        claimed,
        status=BatchStatus.FAILED,
        error=problem.what,
        error_code=problem.code,
        trace=problem.trace,
    ) as recorded:
        if recorded:
            session, upload = recorded
            said = {"code": problem.code, "reason": problem.what, "trace": problem.trace}
            _note(session, claimed, Event.FAILED, **said)
            # Meta refuses the audience or the request, not these rows: the other batches would fail alike.
            transitions.fail(session, upload, problem)


@contextmanager
def _recording(claimed: Claimed, **values: object) -> Iterator[tuple[Session, Upload] | None]:
    """A transaction that has written *values* to the batch and given its lease back; None when fenced."""
    with db.writing() as session:
        upload = session.get(Upload, claimed.upload_id, with_for_update=UPLOAD_LOCK)
        if upload is None or not update_if_ours(session, claimed, lease_owner=None, lease_until=0, **values):
            _note(session, claimed, Event.FENCED)
            yield None
            return
        upload.updated_at = clock.now()
        session.add(upload)
        yield session, upload
        session.flush()
        transitions.settle_locked(session, upload)


def _note(session: Session, claimed: Claimed, kind: Event, **detail: str | int | float | None) -> None:
    note(
        session,
        kind,
        claimed.upload_id,
        batch_id=claimed.batch_id,
        seq=claimed.seq,
        attempt=claimed.attempt,
        **detail,
    )


def _forget_digests(session: Session, claimed: Claimed) -> None:
    rows = update(BatchRows).where(col(BatchRows.batch_id) == claimed.batch_id)
    session.execute(rows.values(digests=b"").execution_options(synchronize_session=False))


def _set_aside(session: Session, claimed: Claimed) -> None:
    session.execute(update(Batch).where(col(Batch.id) == claimed.batch_id).values(status=BatchStatus.FAILED))
    _note(session, claimed, Event.FAILED)
