"""The vendor's session by which an upload replaces everybody: begun once, gone on with, ended, begun anew.

    none ──number 1 goes──▶ opening ──a number is taken──▶ open ──the last is taken──▶ done ──▶ settled
     ▲                         │                            │
     ├─ “it has not begun” ────┘                            │
     └─ the session is lost: another one, from number 1 ────┘

Meta begins with number 1, which must come first and once; the others may come in any order and again, within
90 minutes (Meta sheet §4.5). So while nobody knows whether number 1 arrived, its batch goes again under
another number: in a session that has begun that does no harm, and one that has not begun says so. Another
session would be refused until the first one has run out.

One batch is on its way at a time: Meta answers with totals of the session, and only so does each batch know
its share. The digests stay until the ledger is written: who must begin anew needs them all.
"""

import secrets
from dataclasses import replace

from sqlalchemy import func, select, update
from sqlmodel import Session, col

from webapp import clock, db
from webapp.destinations.base import Part, Totals
from webapp.uploads.engine.claimed import ClaimedBatch
from webapp.uploads.engine.locks import LockedUpload, locked
from webapp.uploads.events import Event, note
from webapp.uploads.models import Batch, Replacement
from webapp.uploads.plan import MOST_BEGUN_ANEW, SESSION_LASTS_S, SESSION_OVER_S
from webapp.uploads.status import BatchStatus, ReplaceState

UNDER_WAY = (ReplaceState.OPENING, ReplaceState.OPEN)
NOT_SENT = {"num_received": 0, "num_rejected": 0, "rejected": [], "sent_at": None, "trace": None}


def of(session: Session, upload_id: int) -> Replacement:
    """How far the upload has come; the upload is locked, or only looked at."""
    found = session.get(Replacement, upload_id, populate_existing=True)
    return found or Replacement(upload_id=upload_id)


def may_send(held: LockedUpload) -> bool:
    """Whether a batch may be claimed now. A session that would run out on the way is given up in time."""
    if _count(held, BatchStatus.SENDING):
        return False
    now, one = clock.epoch(), of(held.session, held.id)
    if one.state in UNDER_WAY and clock.is_over(one.began_at + SESSION_LASTS_S, SESSION_LASTS_S, now):
        begin_anew(held, wait_s=max(0.0, one.began_at + SESSION_OVER_S - now))
        return False
    return True


def stand(claimed: ClaimedBatch) -> ClaimedBatch | None:
    """*claimed* with its place in the session, written down before it goes; None when it is not ours."""
    with db.writing() as session:
        held = locked(session, claimed.upload_id)
        batch = session.get(Batch, claimed.batch_id, populate_existing=True)
        if held is None or batch is None or (batch.attempt, batch.status) != (claimed.attempt, "sending"):
            return None
        one = of(session, held.id)
        begins = one.state == ReplaceState.NONE
        if begins:
            one.session_id = one.session_id or secrets.randbits(62) + 1
            one.state, one.began_at = ReplaceState.OPENING, clock.epoch()
        is_last = not _count(held, BatchStatus.PENDING)
        may_have_ended = one.ending_session_id == one.session_id
        one.ending_session_id = one.session_id if is_last else one.ending_session_id
        session.add(one)
        part = Part(
            session_id=one.session_id or 0,
            number=1 if begins else _number(held, claimed.seq),
            is_last=is_last,
            rows=_rows(held),
            before=Totals(one.received, one.invalid),
        )
    return replace(claimed, part=part, may_have_ended=may_have_ended)


def took(held: LockedUpload, part: Part, totals: Totals) -> None:
    """The vendor has taken a batch."""
    one = of(held.session, held.id)
    one.state = ReplaceState.DONE if part.is_last else ReplaceState.OPEN
    one.received, one.invalid = totals
    held.session.add(one)


def refused(held: LockedUpload, part: Part) -> None:
    """The vendor has refused a batch for certain: what would have begun the session has not."""
    if part.number == 1:
        _not_begun(held)


def not_begun(held: LockedUpload, part: Part) -> None:
    """The vendor says that it never had number 1."""
    if of(held.session, held.id).state != ReplaceState.OPENING or part.number == 1:
        begin_anew(held)
    else:
        _not_begun(held)


def begin_anew(held: LockedUpload, wait_s: float = 0.0) -> None:
    """Everything is sent once more, in another session, unless that happened too often (`is_lost`)."""
    one = of(held.session, held.id)
    one.begun_anew += 1
    one.state, one.session_id, one.received, one.invalid = ReplaceState.NONE, None, 0, 0
    held.session.add(one)
    if one.begun_anew > MOST_BEGUN_ANEW:
        return
    held.session.execute(
        update(Batch)
        .where(
            col(Batch.upload_id) == held.id,
            col(Batch.status).in_((BatchStatus.SENT, BatchStatus.PENDING)),
        )
        .values(status=BatchStatus.PENDING, next_attempt_at=clock.epoch() + wait_s, **NOT_SENT)
    )
    note(held.session, Event.BEGUN_ANEW, held.id)


def is_lost(held: LockedUpload) -> bool:
    """Whether its sessions were lost too often to begin once more."""
    return of(held.session, held.id).begun_anew > MOST_BEGUN_ANEW


def has_replaced(held: LockedUpload) -> bool:
    """Whether everybody was replaced, and the ledger tells of it."""
    return of(held.session, held.id).state == ReplaceState.SETTLED


def is_ending(held: LockedUpload) -> bool:
    """Whether everybody was replaced, and the ledger does not tell of it yet."""
    return of(held.session, held.id).state == ReplaceState.DONE


def end_is_missing(held: LockedUpload) -> bool:
    """Whether all that is left was sent, and the last of it did not say so: one of them goes again."""
    sent = select(func.max(col(Batch.id))).where(
        col(Batch.upload_id) == held.id, col(Batch.status) == BatchStatus.SENT
    )
    again = held.session.execute(sent).scalar_one_or_none()
    if again is None:
        return False
    values = {"status": BatchStatus.PENDING, "next_attempt_at": 0, **NOT_SENT}
    held.session.execute(update(Batch).where(col(Batch.id) == again).values(**values))
    held.row.enqueued_at = 0
    held.session.add(held.row)
    return True


def give_up(held: LockedUpload, status: BatchStatus) -> bool:
    """Nobody will end it: what was sent counts for nothing. False while the ledger must hear of it first.

    Once the last batch may have arrived, so may everybody: the ledger takes them in as a maybe.
    """
    one = of(held.session, held.id)
    if one.state in (ReplaceState.DONE, ReplaceState.SETTLED):
        return one.state == ReplaceState.SETTLED
    held.session.execute(
        update(Batch)
        .where(col(Batch.upload_id) == held.id, col(Batch.status) == BatchStatus.SENT)
        .values(status=status, **NOT_SENT, **_why(held, status))
    )
    may_have_ended = one.ending_session_id is not None
    one.state = ReplaceState.DOUBTED if may_have_ended else ReplaceState.NONE
    one.session_id, one.received, one.invalid = None, 0, 0
    held.session.add(one)
    return not may_have_ended


def _why(held: LockedUpload, status: BatchStatus) -> dict[str, str | None]:
    """What a batch that failed with all the others keeps: the reason of the upload."""
    if status != BatchStatus.FAILED:
        return {}
    return {"error": held.row.reason, "error_code": held.row.reason_code}


def forget_losses(held: LockedUpload) -> None:
    """Somebody wants it tried again."""
    one = of(held.session, held.id)
    one.begun_anew = 0
    held.session.add(one)


def _not_begun(held: LockedUpload) -> None:
    one = of(held.session, held.id)
    one.state = ReplaceState.NONE
    held.session.add(one)


def _number(held: LockedUpload, seq: int) -> int:
    """Of a batch that does not begin the session: its own, or a new one for the first."""
    if seq > 1:
        return seq
    last = select(func.max(col(Batch.seq))).where(col(Batch.upload_id) == held.id)
    return int(held.session.execute(last).scalar_one()) + 1


def _rows(held: LockedUpload) -> int:
    rows = select(func.coalesce(func.sum(col(Batch.n_rows)), 0)).where(col(Batch.upload_id) == held.id)
    return int(held.session.execute(rows).scalar_one())


def _count(held: LockedUpload, status: BatchStatus) -> int:
    wanted = select(func.count()).where(col(Batch.upload_id) == held.id, col(Batch.status) == status)
    return int(held.session.execute(wanted).scalar_one())
