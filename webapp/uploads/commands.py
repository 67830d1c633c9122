"""Commands of an upload: start it, stop it, go on with it, send what is missing, do it again.

The audit trail tells of each in the same transaction: what cannot be told of does not happen.
"""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from webapp import clock, db
from webapp.access.trail.audit import Action
from webapp.contacts import queries as contact_queries
from webapp.contacts.consent import ConsentPolicy, answers_of, says_no
from webapp.contacts.filters.filter_rules import BrokenRule
from webapp.contacts.filters.selection import selected
from webapp.contacts.models import CONTACT, Filter, UserDatabase
from webapp.destinations import registry
from webapp.destinations.base import Account, Identifier, Medium, Origin, in_order
from webapp.uploads import idempotency, problems, values
from webapp.uploads.engine import enqueue, transitions
from webapp.uploads.engine.locks import locked
from webapp.uploads.events import Event, note
from webapp.uploads.models import Upload, UploadCheck
from webapp.uploads.operations import Operation
from webapp.uploads.refusals import ConfirmationMissing as ConfirmationMissing
from webapp.uploads.refusals import Gone as Gone
from webapp.uploads.refusals import NotAllowed as NotAllowed
from webapp.uploads.refusals import ReasonMissing as ReasonMissing
from webapp.uploads.refusals import Thing as Thing
from webapp.uploads.refusals import TwinRunning as TwinRunning
from webapp.uploads.status import FINAL, UploadStatus
from webapp.uploads.trail import record as _audit
from webapp.uploads.trail import record_start


def start_upload(
    *,
    client_id: int,
    database_id: int,
    filter_id: int | None = None,
    destination: str,
    account_id: int,
    audience_id: str | None,
    audience_name: str,
    medium: Medium,
    started_by: str,
    consent: ConsentPolicy,
    reason: str | None = None,
    identifiers: Collection[str] = (),
    origin: Origin | None = None,
    repeats_id: int | None = None,
    operation: Operation = Operation.ADD,
    value_field: str | None = None,
    key: idempotency.IdempotencyKey | None = None,
    twin_of: idempotency.TwinOf | None = None,
    check: UploadCheck | None = None,
) -> Upload:
    """Store the upload as queued, then enqueue its preparation; `reconcile` finds it if Redis is away.

    *audience_id* None: a new audience called *audience_name* is made when there is something to send.
    The filter's rule is kept as it is now. *destination*: the kind of the account's. *reason*: why who said
    no may be sent too, kept with ANYONE only. *identifiers*: data sent beside the medium's own. *origin*
    None: as its database says. *value_field*: the own field that says what each person is worth. *key*: of a
    request done once. *twin_of*: finds one like it that is running. *check*: kept with it.
    Raises Gone for what the client has not (any more), AlreadyHandled, ReasonMissing, TwinRunning.
    """
    includes = _includes_refused(consent, reason)
    account = _account(destination, client_id, account_id)
    refused = _refused_now(database_id, filter_id, medium) if includes else None
    with db.writing() as session:
        idempotency.only_once(session, key, database_id, twin_of)
        upload = Upload(
            client_id=client_id,
            database_id=database_id,
            filter_id=filter_id,
            destination=destination,
            account_id=account_id,
            account_name=account.name,
            audience_id=audience_id or "",
            audience_name=audience_name,
            is_new_audience=audience_id is None,
            medium=medium,
            operation=operation,
            identifiers=_sent_too(destination, _fitting(operation, identifiers), medium),
            consent=consent,
            consent_reason=reason if includes else None,
            consent_by=started_by if includes else None,
            started_by=started_by,
            repeats_id=repeats_id,
            value_field=None if operation == Operation.REMOVE else value_field,
        )
        _hold_source(session, upload, origin)
        _record_start(session, upload, refused, check)
    enqueue.enqueue(enqueue.PREPARE, db.saved_id(upload))
    return upload


def _includes_refused(consent: ConsentPolicy, reason: str | None) -> bool:
    """Raises ReasonMissing where that is not said why."""
    if consent == ConsentPolicy.ANYONE and not problems.is_reason(reason):
        raise ReasonMissing(problems.REASON_SHORT)
    return consent == ConsentPolicy.ANYONE


def stop_upload(upload_id: int) -> bool:
    """Send nothing more after the batch that is on its way. False when there was nothing left to stop."""
    with db.writing() as session:
        held = locked(session, upload_id)
        if held is None or held.row.status in FINAL:
            return False
        if transitions.request_stop(held):  # told once, however often the button was pressed
            _audit(session, Action.UPLOAD_STOPPED, held.row)
    return True


def resume_upload(upload_id: int) -> bool:
    """Go on with a paused upload at once. False when it was not paused."""
    with db.writing() as session:
        held = locked(session, upload_id)
        if held is None or not transitions.resume(held):
            return False
        _audit(session, Action.UPLOAD_RESUMED, held.row)
        sending = held.row.status == UploadStatus.SENDING
    enqueue.enqueue(enqueue.SEND if sending else enqueue.PREPARE, upload_id)
    return True


def confirm_removal(upload_id: int) -> bool:
    """Somebody has seen how many would leave, and wants it. False when it does not wait for that."""
    with db.writing() as session:
        held = locked(session, upload_id)
        if held is None or not transitions.confirm(held):
            return False
        _audit(session, Action.UPLOAD_RESUMED, held.row, {"da_togliere": held.row.to_remove})
    enqueue.enqueue(enqueue.PREPARE, upload_id)
    return True


def retry_upload(upload_id: int, asked_by: str) -> bool:
    """Send what an ended upload left unsent, the same rows to the same audience; what was sent stays sent.

    False when nothing of it is missing, or it has not ended. One that ended before it was prepared has no
    rows yet: it is repeated instead. Raises Gone when its database was deleted.
    """
    with db.writing() as session:
        held = locked(session, upload_id)
        if held is None:
            return False
        _hold_database(session, held.row.client_id, held.row.database_id)
        if not transitions.reopen(held, asked_by):
            return False
        _audit(session, Action.UPLOAD_RETRIED, held.row)
    enqueue.enqueue(enqueue.PREPARE, upload_id)
    return True


def repeat_upload(
    upload_id: int, started_by: str, *, may_include: bool, key: idempotency.IdempotencyKey | None = None
) -> Upload:
    """Start the same again: same source, account, audience, medium and choice, with the contacts of today.

    A filter is read as it is now. Of one that was deleted since nobody can say what it would choose, and
    without it the whole database would be sent: Gone. The audience that the first upload created is used
    again. *may_include*: whether who asks may include who said no.

    Raises Gone as `start_upload`, AlreadyHandled, NotAllowed, ConfirmationMissing for one that replaced
    everybody, and ReasonMissing for one that sent who said no before a reason was asked for.
    """
    with db.reading() as session:
        first = session.get_one(Upload, upload_id)
        consent = _choice_again(session, first)
    if first.only_due:  # as an ordinary one it would take out the whole database
        raise Gone(Thing.SELECTION)
    if first.rule is not None and first.filter_id is None:
        raise Gone(Thing.FILTER)
    if first.operation == Operation.REPLACE:
        raise ConfirmationMissing
    if first.account_id is None:
        raise Gone(Thing.ACCOUNT, first.destination)
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
        identifiers=first.identifiers,
        origin=Origin(first.data_origin),
        operation=Operation(first.operation),
        value_field=first.value_field,
        consent=consent,
        reason=first.consent_reason,
        started_by=started_by,
        repeats_id=first.id,
        key=key,
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
        return int(session.execute(refused).scalar_one())


def _account(destination: str, client_id: int, account_id: int) -> Account:
    try:
        return registry.destination(destination).account(client_id, account_id)
    except LookupError:
        raise Gone(Thing.ACCOUNT, destination) from None


def _sent_too(destination: str, identifiers: Collection[str], medium: Medium) -> list[str]:
    """Those of *identifiers* that the destination can use, in order."""
    known = registry.destination(destination).identifiers
    return [str(one) for one in in_order(identifiers, medium) if one in known]


def _fitting(operation: Operation, identifiers: Collection[str]) -> Collection[str]:
    """A replacement has one schema for all, and Meta refuses a row without external id (Meta sheet §4.2)."""
    if operation != Operation.REPLACE:
        return identifiers
    return [one for one in identifiers if one != Identifier.CODE]


def _hold_source(session: Session, upload: Upload, origin: Origin | None) -> None:
    """Nobody deletes what *upload* starts from before the transaction ends, and it keeps how that is now."""
    _hold_database(session, upload.client_id, upload.database_id)
    declared = session.get_one(UserDatabase, upload.database_id).data_origin
    upload.data_origin = origin or declared
    if upload.value_field:
        upload.value_name = values.fields(session, upload.database_id).get(upload.value_field)
    if upload.filter_id is not None:
        saved = _held_filter(session, upload.database_id, upload.filter_id)
        upload.filter_name, upload.rule = saved.name, saved.rule


def _record_start(session: Session, upload: Upload, refused: int | None, check: UploadCheck | None) -> None:
    try:
        session.add(upload)
        session.flush()
    except IntegrityError:  # the account's row is referred to, and was deleted a moment ago
        raise Gone(Thing.ACCOUNT, upload.destination) from None
    note(session, Event.STARTED, db.saved_id(upload), by=upload.started_by)
    record_start(session, upload, refused)
    if check is not None:
        check.upload_id = db.saved_id(upload)
        session.add(check)


def _hold_database(session: Session, client_id: int, database_id: int) -> None:
    """Nobody deletes the client's database before the transaction ends. Raises Gone."""
    there = select(col(UserDatabase.id)).where(
        col(UserDatabase.id) == database_id,
        col(UserDatabase.client_id) == client_id,
        col(UserDatabase.deleted_at).is_(None),
    )
    if session.execute(there.with_for_update(read=True)).first() is None:
        raise Gone(Thing.DATABASE)


def _held_filter(session: Session, database_id: int, filter_id: int) -> Filter:
    """The database's filter, which nobody deletes before the transaction ends. Raises Gone."""
    there = select(Filter).where(col(Filter.id) == filter_id, col(Filter.database_id) == database_id)
    found: Filter | None = session.execute(there.with_for_update(read=True)).scalar_one_or_none()
    if found is None:
        raise Gone(Thing.FILTER)
    return found
