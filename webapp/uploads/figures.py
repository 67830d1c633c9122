"""How sending stands over all clients, in numbers for monitoring. No name, no id of anybody."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlmodel import Session, col

from webapp import clock
from webapp.uploads.models import Batch, Upload
from webapp.uploads.operations import Operation
from webapp.uploads.status import RUNNING, BatchStatus, UploadStatus


@dataclass(frozen=True, slots=True)
class Figures:
    """*uploads*: status → uploads. *batches*, *rows*: status → batches of uploads that have not ended, and
    their rows. *waiting_s*: for how long the oldest upload or batch has been due. *errors*: the vendor's
    code → batches of those uploads whose last answer was it. *received*, *taken_out*: rows confirmed, ever.
    """

    uploads: dict[str, int]
    batches: dict[str, int]
    rows: dict[str, int]
    waiting_s: float
    errors: dict[str, int]
    received: int
    taken_out: int


def figures(session: Session) -> Figures:
    status, running = col(Upload.status), col(Upload.status).in_(RUNNING)
    uploads = dict.fromkeys(map(str, UploadStatus), 0)
    for name, count in session.execute(select(status, func.count()).group_by(status)):
        uploads[name] = count
    of_batch = col(Batch.status)
    batches, rows = dict.fromkeys(map(str, BatchStatus), 0), dict.fromkeys(map(str, BatchStatus), 0)
    query = select(of_batch, func.count(), func.sum(col(Batch.n_rows))).join(Upload).where(running)
    for name, count, total in session.execute(query.group_by(of_batch)):
        batches[name], rows[name] = count, int(total)
    code = col(Batch.error_code)
    failed = select(code, func.count()).join(Upload).where(running, code.is_not(None)).group_by(code)
    sums = {True: 0, False: 0}  # taken out?
    of_way = (col(Batch.operation) == Operation.REMOVE, func.sum(col(Batch.num_received)))
    for takes_out, total in session.execute(select(*of_way).group_by(of_way[0])):
        sums[bool(takes_out)] = int(total or 0)
    return Figures(
        uploads,
        batches,
        rows,
        _waiting_s(session),
        {str(code): count for code, count in session.execute(failed)},
        sums[False],
        sums[True],
    )


def _waiting_s(session: Session) -> float:
    """Seconds since the oldest thing that could go on by itself could have; 0 when nothing waits."""
    now = clock.epoch()
    queued = select(func.min(col(Upload.created_at))).where(col(Upload.status) == UploadStatus.QUEUED)
    since = session.execute(queued).scalar_one()
    waits = [0.0, (clock.now() - since).total_seconds()] if since else [0.0]
    due = (
        select(func.min(col(Batch.next_attempt_at)), func.min(col(Upload.prepared_at)))
        .join(Upload)
        .where(
            col(Upload.status) == UploadStatus.SENDING,
            col(Batch.status) == BatchStatus.PENDING,
            col(Batch.next_attempt_at) <= now,
        )
    )
    at, prepared_at = session.execute(due).one()
    if at is not None and prepared_at is not None:
        waits.append(now - max(float(at), prepared_at.timestamp()))
    return max(waits)
