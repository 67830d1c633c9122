"""What a person asks of an upload: start it, stop it, go on with it, send what is missing, do it again.

The audit trail tells of each in the same transaction: what cannot be told of does not happen.
"""

from sqlalchemy import func, select
from sqlmodel import Session

from webapp import clock, db
from webapp.access.trail import audit
from webapp.access.trail.audit import Action
from webapp.contacts import queries as contact_queries
from webapp.contacts.consent import ConsentPolicy, answers_of, says_no
from webapp.contacts.filters.filter_rules import BrokenRule
from webapp.contacts.filters.selection import selected
from webapp.contacts.models import CONTACT, Filter, UserDatabase
from webapp.destinations import registry
from webapp.destinations.base import Medium
from webapp.uploads import idempotency, problems
from webapp.uploads.engine import enqueue, transitions
from webapp.uploads.events import Event, note
from webapp.uploads.models import UPLOAD_LOCK, Upload
from webapp.uploads.status import FINAL, UploadStatus


class NotAllowed(Exception):
    """Whoever asks may not include who said no."""


class ReasonMissing(ValueError):
    """Who said no is to be sent too, and nobody says why; `str()` is the Italian sentence."""


def start_upload(
    *,
    client_id: int,
    database_id: int,
    filter_id: int | None = None,
    destination: str = "meta",
    account_id: int,
    audience_id: str | None,
    audience_name: str,
    medium: Medium,
    started_by: str,
    consent: ConsentPolicy,
    reason: str | None = None,
    repeats_id: int | None = None,
    wish: idempotency.Wish | None = None,
) -> Upload:
    """Write the upload down as queued, then ring for it; it starts by itself if nobody hears the bell.

    *audience_id* None: a new audience called *audience_name* is made when there is something to send.
    The filter's rule is kept as it is now. *reason*: why who said no may be sent too, wanted with ANYONE and
    kept with no other choice. *wish*: to be carried out once. Raises LookupError when account or filter are
    gone, AlreadyAsked, ReasonMissing.
    """
    includes = consent == ConsentPolicy.ANYONE
    if includes and not problems.is_reason(reason):
        raise ReasonMissing(problems.REASON_SHORT)
    account = registry.destination(destination).account(account_id)
    refused = _refused_now(database_id, filter_id, medium) if includes else None
    with db.writing() as session:
        if wish:
            idempotency.claim(session, wish)
        rule_of = session.get(Filter, filter_id) if filter_id is not None else None
        if filter_id is not None and rule_of is None:
            raise LookupError("filter")
        upload = Upload(
            client_id=client_id,
            database_id=database_id,
            filter_id=filter_id,
            filter_name=rule_of.name if rule_of else None,
            rule=rule_of.rule if rule_of else None,
            destination=destination,
            account_id=account_id,
            account_name=account.name,
            audience_id=audience_id or "",
            audience_name=audience_name,
            is_new_audience=audience_id is None,
            medium=medium,
            consent=consent,
            consent_reason=reason if includes else None,
            consent_by=started_by if includes else None,
            started_by=started_by,
            repeats_id=repeats_id,
        )
        session.add(upload)
        session.flush()
        note(session, Event.STARTED, _id(upload), by=started_by)
        _tell_of_start(session, upload)
        if includes:
            told: audit.Detail = {"motivo": upload.consent_reason, "hanno_detto_no": refused}
            _tell(session, Action.REFUSALS_INCLUDED, upload, told)
    enqueue.ring(enqueue.PREPARE, _id(upload))
    return upload


def stop_upload(upload_id: int) -> bool:
    """Send nothing more after the batch that is on its way. False when there was nothing left to stop."""
    with db.writing() as session:
        upload = session.get(Upload, upload_id)
        if upload is None or upload.status in FINAL:
            return False
        upload.stop_requested = True
        upload.updated_at = clock.now()
        session.add(upload)
        note(session, Event.STOP_REQUESTED, upload_id)
        _tell(session, Action.UPLOAD_STOPPED, upload)
        session.flush()
        transitions.settle(session, upload_id)
    return True


def resume_upload(upload_id: int) -> bool:
    """Go on with a paused upload at once. False when it was not paused."""
    with db.writing() as session:
        upload = session.get(Upload, upload_id)
        if upload is None or upload.status != UploadStatus.PAUSED:
            return False
        transitions.resume(session, upload)
        _tell(session, Action.UPLOAD_RESUMED, upload)
        sending = upload.status == UploadStatus.SENDING
    enqueue.ring(enqueue.SEND if sending else enqueue.PREPARE, upload_id)
    return True


def retry_upload(upload_id: int, asked_by: str) -> bool:
    """Send what an ended upload left unsent, the same rows to the same audience; what was sent stays sent.

    False when nothing of it is missing, or it has not ended. One that ended before it was prepared has no
    rows yet: it is repeated instead.
    """
    with db.writing() as session:
        upload = session.get(Upload, upload_id, with_for_update=UPLOAD_LOCK)
        if upload is None or not transitions.reopen(session, upload, asked_by):
            return False
        _tell(session, Action.UPLOAD_RETRIED, upload)
    enqueue.ring(enqueue.PREPARE, upload_id)
    return True


def repeat_upload(
    upload_id: int, started_by: str, *, may_include: bool, wish: idempotency.Wish | None = None
) -> Upload:
    """Start the same again: same source, account, audience, medium and choice, with the contacts of today.

    A filter is read as it is now; when it was deleted since, its old rule still holds. The audience that
    the first upload created is used again. *may_include*: whether who asks may include who said no.

    Raises LookupError when the account is gone, AlreadyAsked, NotAllowed, and ReasonMissing for one that sent
    who said no before a reason was asked for.
    """
    with db.reading() as session:
        first = session.get(Upload, upload_id)
        if first is None or first.account_id is None:
            raise LookupError("upload")
        consent = _choice_again(session, first)
    if consent == ConsentPolicy.ANYONE and not may_include:
        raise NotAllowed
    return start_upload(
        client_id=first.client_id,
        database_id=first.database_id,
        filter_id=first.filter_id,
        destination=first.destination,
        account_id=first.account_id,
        audience_id=first.audience_id or None,
        audience_name=first.audience_name,
        medium=Medium(first.medium),
        consent=consent,
        reason=first.consent_reason,
        started_by=started_by,
        repeats_id=first.id,
        wish=wish,
    )


def _choice_again(session: Session, first: Upload) -> ConsentPolicy:
    """The choice of *first*; one of ANYONE without a reason meant nothing where nobody has said no."""
    policy = ConsentPolicy(first.consent)
    means_nothing = policy == ConsentPolicy.ANYONE and first.consent_reason is None
    if means_nothing and not answers_of(session, first.database_id).refused:
        return ConsentPolicy.NOT_REFUSED
    return policy


def _refused_now(database_id: int, filter_id: int | None, medium: Medium) -> int | None:
    """Contacts of the source that say no at this moment; None for a filter that is gone or broken."""
    with db.reading() as session:
        saved = session.get(Filter, filter_id) if filter_id is not None else None
        try:
            fields = contact_queries.field_types(session, database_id)
            chosen = selected(database_id, saved.rule if saved else None, fields, clock.today())
        except BrokenRule:
            return None
        refused = select(func.count()).select_from(CONTACT).where(chosen, says_no(CONTACT, medium))
        return session.execute(refused).scalar_one()


def _tell_of_start(session: Session, upload: Upload) -> None:
    if upload.repeats_id is not None:
        again = session.get_one(Upload, upload.repeats_id)
        return _tell(session, Action.UPLOAD_REPEATED, upload, {"ripete": again.public_id})
    database = session.get_one(UserDatabase, upload.database_id).name
    where: audit.Detail = {"database": database, "filtro": upload.filter_name, "account": upload.account_name}
    return _tell(session, Action.UPLOAD_STARTED, upload, where)


def _tell(session: Session, action: Action, upload: Upload, more: audit.Detail | None = None) -> None:
    told: audit.Detail = {"id": upload.public_id, **(more or {})}
    audit.record(session, action, upload.audience_name, told, upload.client_id)


def _id(upload: Upload) -> int:
    assert upload.id is not None
    return upload.id
