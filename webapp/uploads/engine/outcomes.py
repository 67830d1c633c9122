"""The outcome of a batch, recorded if the batch is still ours: sent, to be tried again, failed."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import update
from sqlmodel import Session, col

from webapp import clock, db
from webapp.contacts.ledger.gone import forget_audience
from webapp.destinations import registry
from webapp.destinations.base import (
    AudienceGoneError,
    BatchResult,
    DestinationError,
    NeedsPersonError,
    NotBegunError,
    Problem,
    SessionEndedError,
    TemporaryError,
)
from webapp.uploads import plan, problems
from webapp.uploads.engine import account_rest, halves, sent_ledger, transitions, withdrawals
from webapp.uploads.engine.claimed import ClaimedBatch
from webapp.uploads.engine.leases import update_if_ours
from webapp.uploads.engine.locks import LockedUpload, locked
from webapp.uploads.engine.replacing import ledger as replaced_ledger
from webapp.uploads.engine.replacing import session as replacing
from webapp.uploads.events import Event, note
from webapp.uploads.models import Batch, BatchRows
from webapp.uploads.operations import Operation
from webapp.uploads.status import BatchStatus


def record_sent(claimed: ClaimedBatch, result: BatchResult) -> None:
    ids, sent = claimed.contact_ids, len(claimed.rows)
    label = registry.destination(claimed.destination).label
    doubt = problems.counts_in_doubt(label, result.received, sent, result.doubt)
    with _recording(
        claimed,
        status=BatchStatus.SENT,
        num_received=result.received,
        num_rejected=result.rejected_count,
        rejected=[[ids[row.row], row.reason] for row in result.rejected],
        trace=result.trace,
        error=doubt,
        error_code=problems.COUNTS if doubt else None,
        sent_at=clock.now(),
    ) as held:
        if held:
            held.row.sent_at = held.row.sent_at or clock.now()
            told = {"rows": result.received, "rejected": result.rejected_count, "trace": result.trace}
            _note(held.session, claimed, Event.SENT, **told)
            if doubt:
                _note(held.session, claimed, Event.IN_DOUBT, reason=doubt, received=result.received)
            _tell_the_ledger(held, claimed, result)
            if result.pause_s > 0:
                transitions.pause(held, problems.resting(label), clock.epoch() + result.pause_s)
    if result.recovered:
        account_rest.wake(claimed.destination, claimed.account_id)
    if claimed.part and claimed.part.is_last:
        replaced_ledger.settle(claimed.upload_id)


def record_session(claimed: ClaimedBatch, error: DestinationError) -> None:
    """What the vendor says of the session by which everybody is replaced."""
    assert claimed.part is not None
    if isinstance(error, SessionEndedError) and claimed.may_have_ended and claimed.part.is_last:
        record_sent(claimed, BatchResult(len(claimed.rows), trace=error.problem.trace))
        return
    problem = error.problem
    with _recording(claimed, status=BatchStatus.PENDING, next_attempt_at=0, **_told(problem)) as held:
        if held:
            said = {"code": problem.code, "reason": problem.what, "trace": problem.trace}
            _note(held.session, claimed, Event.RETRIED, **said, wait_s=0)
            if isinstance(error, NotBegunError):
                replacing.not_begun(held, claimed.part)
            else:
                replacing.begin_anew(held)
    withdrawals.look_again(claimed.upload_id, claimed.batch_id)


def _tell_the_ledger(held: LockedUpload, claimed: ClaimedBatch, result: BatchResult) -> None:
    if claimed.part is not None:  # it hears of all batches at once, when everybody was replaced
        replacing.took(held, claimed.part, result.session)
        return
    _forget_digests(held.session, claimed)
    if claimed.operation == Operation.REMOVE:
        sent_ledger.forget(held.session, held.row, claimed, result)
    else:
        sent_ledger.remember(held.session, held.row, claimed, result)


def record_passing_error(claimed: ClaimedBatch, error: TemporaryError) -> None:
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
        **_told(problem),
    ) as held:
        if not held:
            return
        said = {"code": problem.code, "reason": problem.what, "trace": problem.trace}
        _note(held.session, claimed, Event.RETRIED, **said, wait_s=round(wait))
        if error.account_wide:
            transitions.pause(held, problem, clock.epoch() + wait)
        if claimed.part and not error.in_a_row:
            replacing.refused(held, claimed.part)
        if error.in_a_row:  # a limit says nothing about the batch that met it, and refuses it for certain
            if claimed.operation == Operation.ADD:
                sent_ledger.remember_maybe(
                    held.session, held.row, claimed.batch_id, claimed.rows, claimed.contact_ids
                )
            step = plan.after_error(halves.trouble_of(held.session, claimed, error, errors))
            if step == plan.Next.HALVE:
                halves.halve(held.session, claimed)
            elif step == plan.Next.SET_ASIDE:
                _set_aside(held, claimed, problems.refused_again_and_again(problem, errors))
    withdrawals.look_again(claimed.upload_id, claimed.batch_id)


def record_needs_person(claimed: ClaimedBatch, error: NeedsPersonError) -> None:
    problem = error.problem
    with _recording(
        claimed,
        status=BatchStatus.PENDING,
        next_attempt_at=0,
        **_told(problem),
    ) as held:
        if held:
            if claimed.part:
                replacing.refused(held, claimed.part)
            transitions.pause(held, problem, None)
    withdrawals.look_again(claimed.upload_id, claimed.batch_id)


def record_postponed(claimed: ClaimedBatch, error: DestinationError) -> None:
    """Nobody can be taken out for now: the rows are owed, and the rest of the upload goes on."""
    problem = error.problem
    with _recording(
        claimed,
        status=BatchStatus.POSTPONED,
        **_told(problem),
    ) as held:
        if held:
            sent_ledger.postpone(held.session, held.row, claimed, problem.code)
            _forget_digests(held.session, claimed)
            said = {"code": problem.code, "reason": problem.what, "trace": problem.trace}
            _note(held.session, claimed, Event.POSTPONED, rows=len(claimed.rows), **said)


def record_refusal(claimed: ClaimedBatch, error: DestinationError) -> None:
    problem = error.problem
    with _recording(
        claimed,
        status=BatchStatus.FAILED,
        **_told(problem),
    ) as held:
        if held:
            said = {"code": problem.code, "reason": problem.what, "trace": problem.trace}
            _note(held.session, claimed, Event.FAILED, **said)
            # The audience or the request is at fault, not these rows: the other batches would fail alike.
            transitions.fail(held, problem)
    if isinstance(error, AudienceGoneError):
        forget_audience(claimed.destination, claimed.audience_id)
    withdrawals.look_again(claimed.upload_id, claimed.batch_id)


def _told(problem: Problem) -> dict[str, str | None]:
    """What the destination said, as a batch keeps it."""
    return {"error": problem.what, "error_code": problem.code, "trace": problem.trace}


@contextmanager
def _recording(claimed: ClaimedBatch, **values: object) -> Iterator[LockedUpload | None]:
    """A transaction that has written *values* to the batch and given its lease back; None when fenced."""
    with db.writing() as session:
        held = locked(session, claimed.upload_id)
        if held is None or not update_if_ours(session, claimed, lease_owner=None, lease_until=0, **values):
            _note(session, claimed, Event.FENCED)
            yield None
            return
        held.row.updated_at = clock.now()
        session.add(held.row)
        yield held
        session.flush()
        transitions.close_if_done(held)


def _note(session: Session, claimed: ClaimedBatch, kind: Event, **detail: str | int | float | None) -> None:
    note(
        session,
        kind,
        claimed.upload_id,
        batch_id=claimed.batch_id,
        seq=claimed.seq,
        attempt=claimed.attempt,
        **detail,
    )


def _forget_digests(session: Session, claimed: ClaimedBatch) -> None:
    rows = update(BatchRows).where(col(BatchRows.batch_id) == claimed.batch_id)
    session.execute(rows.values(digests=b"").execution_options(synchronize_session=False))


def _set_aside(held: LockedUpload, claimed: ClaimedBatch, problem: Problem) -> None:
    values = {"status": BatchStatus.FAILED, "error": problem.what, "error_code": problem.code}
    held.session.execute(update(Batch).where(col(Batch.id) == claimed.batch_id).values(**values))
    said = {"code": problem.code, "reason": problem.what, "trace": problem.trace}
    _note(held.session, claimed, Event.FAILED, **said)
    if claimed.part:  # the others alone would replace everybody with a part
        transitions.fail(held, problem)
