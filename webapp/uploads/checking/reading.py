"""The facts of the check before an upload, read: counted as the upload will count, and asked of the vendor.

a proposal (an upload that is not saved) → its numbers, by the statements of its preparation
+ the account and the audience as the vendor shows them, asked before
  → facts → lines (`judging`)
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from zlib import crc32

from sqlalchemy import func, select
from sqlmodel import Session, col

from webapp import clock, db
from webapp.contacts.consent import ConsentPolicy
from webapp.contacts.ledger.models import FEED, MEMBER
from webapp.contacts.models import Filter, SentAudience, UserDatabase
from webapp.destinations import registry
from webapp.destinations.base import Account, Medium, Origin, in_order
from webapp.services import services
from webapp.uploads import plan, usage
from webapp.uploads.checking import judging
from webapp.uploads.checking.facts import Answer, Facts, Numbers, Target
from webapp.uploads.checking.lines import Line
from webapp.uploads.engine.ways.counting import Counted, count
from webapp.uploads.exits import Examples, Exit
from webapp.uploads.models import Batch, Upload
from webapp.uploads.operations import Operation

CALL_S = 2.0  # of a batch, while the account has no history of its own


@dataclass(frozen=True, slots=True)
class Check:
    """The check of one proposal. *reasons*, *exits* and *going* name contacts, for masked examples."""

    facts: Facts
    lines: Sequence[Line]
    reasons: Mapping[str, Examples] = field(default_factory=dict)
    exits: Mapping[Exit, Examples] = field(default_factory=dict)
    going: Sequence[int] = ()
    leaving_if_aligned: int | None = None
    about: str = ""  # a sign of what was proposed: numbers of another proposal are other numbers

    @property
    def numbers(self) -> Numbers:
        return self.facts.numbers

    @property
    def is_blocked(self) -> bool:
        return bool(judging.blocking(self.lines))

    @property
    def seal(self) -> str:
        """What it is about and the numbers, as a form carries back what it has shown."""
        one = self.numbers
        parts = (one.selected, one.left_out, one.already_there, one.never_there or 0, one.to_send)
        return f"{self.about}:" + "-".join(map(str, (*parts, one.to_remove, one.refused_included)))


def proposal(
    database: UserDatabase,
    saved: Filter | None,
    account: Account | None,
    *,
    audience_id: str,
    audience_name: str,
    medium: Medium,
    consent: ConsentPolicy,
    operation: Operation,
    identifiers: Sequence[str] = (),
    value_field: str | None = None,
) -> Upload:
    """The upload that would be started, never to be saved. *audience_id* empty: a new audience."""
    kind = account.kind if account else registry.proposed().kind
    known = registry.destination(kind).identifiers
    is_removal = operation == Operation.REMOVE
    return Upload(
        client_id=database.client_id,
        database_id=db.saved_id(database),
        filter_id=saved.id if saved else None,
        rule=saved.rule if saved else None,
        destination=kind,
        account_id=account.id if account else None,
        audience_id=audience_id,
        audience_name=audience_name,
        medium=medium,
        operation=operation,
        consent=consent,
        identifiers=[] if is_removal else [str(one) for one in in_order(identifiers, medium) if one in known],
        value_field=None if is_removal else value_field,
    )


def counted(upload: Upload, today: date) -> Counted:
    """The numbers of a proposal alone. Raises BrokenRule."""
    return count(upload, registry.destination(upload.destination), today)


def check(
    upload: Upload, account: Account | None, answer: Answer, target: Target, origin: Origin, today: date
) -> Check:
    """Raises BrokenRule for a filter that uses a field that is gone."""
    destination = registry.destination(upload.destination)
    found = counted(upload, today)
    with db.reading() as session:
        members = _members(session, upload)
        pace = _pace(session, upload.account_id)
        is_busy = bool(upload.audience_id) and db.finds_any(
            session, usage.running_on(upload.destination, upload.audience_id)
        )
    numbers = _numbers(found, members, upload.operation == Operation.REMOVE)
    calls = _calls(upload, numbers)
    facts = Facts(
        operation=Operation(upload.operation),
        account=account,
        answer=answer,
        target=replace(target, is_busy=is_busy),
        numbers=numbers,
        origin=origin,
        label=destination.label,
        calls=calls,
        lasts_s=calls * pace / plan.SENDERS_PER_ACCOUNT,
        at=clock.now(),
    )
    lines = judging.judge(facts)
    about = _about(upload)
    return Check(facts, lines, found.reasons, found.exits, found.going, found.leaving, about)


def _about(upload: Upload) -> str:
    whom = (upload.database_id, upload.filter_id, upload.medium, upload.consent, upload.identifiers)
    where = (upload.operation, upload.account_id, upload.audience_id, upload.value_field)
    return f"{crc32(repr((*whom, *where)).encode()):x}"


def _numbers(found: Counted, members: int, takes_out: bool) -> Numbers:
    one = found.numbers
    return Numbers(
        selected=one.selected,
        excluded=dict(one.excluded),
        discarded=dict(one.discarded),
        duplicates=one.duplicates,
        to_send=one.to_send,
        already_there=one.already_there,
        never_there=one.never_there if takes_out else None,
        to_remove=one.to_remove,
        leaving=one.leaving,
        members_before=one.members_before,
        refused_included=one.refused,
        members=members,
        present=found.present,
    )


def _calls(upload: Upload, numbers: Numbers) -> int:
    """One for the audience, then the batches; removals go by the keys that they know, so one may be two."""
    by_value = upload.value_field is not None
    destination, medium = registry.destination(upload.destination), Medium(upload.medium)
    encoder = destination.encoder(medium, upload.identifiers, by_value=by_value)
    size = min(services().settings.batch_rows, encoder.max_rows)
    return 1 + math.ceil(numbers.to_send / size) + math.ceil(numbers.to_remove / size)


def _members(session: Session, upload: Upload) -> int:
    """Whom the client has put into the audience, by any of its sources."""
    if not upload.audience_id:
        return 0
    feeds = (
        select(FEED.c.id)
        .join(SentAudience, col(SentAudience.id) == FEED.c.audience_ref)
        .where(
            FEED.c.client_id == upload.client_id,
            col(SentAudience.destination) == upload.destination,
            col(SentAudience.audience_id) == upload.audience_id,
        )
    )
    wanted = select(func.count()).where(MEMBER.c.feed_id.in_(feeds), MEMBER.c.ident != b"")
    return int(session.execute(wanted).scalar_one())


def _pace(session: Session, account_id: int | None) -> float:
    """Seconds a call of the account takes, by its last upload that has ended."""
    if account_id is None:
        return CALL_S
    last = (
        select(Upload)
        .where(
            col(Upload.account_id) == account_id,
            col(Upload.finished_at).is_not(None),
            col(Upload.sent_at).is_not(None),
        )
        .order_by(col(Upload.id).desc())
        .limit(1)
    )
    found = session.execute(last).scalar_one_or_none()
    if found is None or found.finished_at is None or found.sent_at is None:
        return CALL_S
    made = select(func.count()).where(col(Batch.upload_id) == found.id, col(Batch.sent_at).is_not(None))
    batches = int(session.execute(made).scalar_one())
    lasted: float = (found.finished_at - found.sent_at).total_seconds()
    if batches < plan.SENDERS_PER_ACCOUNT or lasted <= 0:
        return CALL_S  # of a few batches, most of the time is not theirs
    return lasted * plan.SENDERS_PER_ACCOUNT / batches
