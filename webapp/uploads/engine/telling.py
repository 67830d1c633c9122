"""How an upload stands, and why: the words that its row keeps."""

from typing import Any

from sqlalchemy import Row, func, select
from sqlmodel import Session, col

from webapp import clock
from webapp.destinations import registry
from webapp.destinations.base import Problem
from webapp.uploads import problems
from webapp.uploads.engine.locks import LockedUpload
from webapp.uploads.models import Batch, Upload
from webapp.uploads.plan import Tally
from webapp.uploads.status import BatchStatus


def tally(session: Session, upload_id: int) -> Tally:
    rows = session.execute(
        select(
            col(Batch.status),
            func.count(),
            func.coalesce(func.sum(col(Batch.num_rejected)), 0),
            func.coalesce(func.sum(col(Batch.n_rows)), 0),
            func.coalesce(func.sum(col(Batch.num_received)), 0),
            func.count(col(Batch.error_code)),
        )
        .where(col(Batch.upload_id) == upload_id)
        .group_by(col(Batch.status))
    ).all()
    sent = next((row[3:] for row in rows if row[0] == BatchStatus.SENT), (0, 0, 0))
    rejected = sum(int(row[2]) for row in rows)
    return Tally({row[0]: row[1] for row in rows}, rejected, *map(int, sent))


def explain_end(held: LockedUpload, standing: Tally) -> None:
    """Why it did not end well; the reason of a pause says nothing of the end."""
    failed = standing.count(BatchStatus.FAILED)
    label = registry.destination(held.row.destination).label
    if standing.count(BatchStatus.POSTPONED) and not failed:
        explain(held, problems.still_to_remove(label, _rows_postponed(held)))
        return
    doubt = problems.unconfirmed(label, standing.received, standing.answered) if standing.doubtful else None
    last = _last_set_aside(held) if failed else None
    if last is None or last.error != held.row.reason:  # else it was explained as it failed
        forget_reason(held.row)
        if last is not None:
            explain(held, problems.set_aside(failed, last.error_code, last.error or "", last.trace))
        elif doubt:
            explain(held, doubt)
            return
    if doubt:
        held.row.reason = f"{held.row.reason} {doubt.what}"


def _rows_postponed(held: LockedUpload) -> int:
    postponed = (col(Batch.upload_id) == held.id, col(Batch.status) == BatchStatus.POSTPONED)
    return int(held.session.execute(select(func.sum(col(Batch.n_rows))).where(*postponed)).scalar_one())


def _last_set_aside(held: LockedUpload) -> Row[Any] | None:
    columns = (col(Batch.error), col(Batch.error_code), col(Batch.trace))
    failed = (col(Batch.upload_id) == held.id, col(Batch.status) == BatchStatus.FAILED)
    return held.session.execute(
        select(*columns).where(*failed).order_by(col(Batch.seq).desc()).limit(1)
    ).first()


def explain(held: LockedUpload, problem: Problem) -> None:
    upload = held.row
    upload.reason = problem.what
    upload.todo = problem.todo
    upload.reason_code = problem.code
    upload.reason_trace = problem.trace
    upload.reason_who = problem.who
    upload.reason_link = problem.link
    touch(held)


def forget_reason(upload: Upload) -> None:
    upload.reason = upload.todo = upload.reason_code = upload.reason_trace = None
    upload.reason_who = upload.reason_link = None


def touch(held: LockedUpload) -> None:
    held.row.updated_at = clock.now()
    held.session.add(held.row)
