"""The first half of an upload: claim it, make its batches, make sure of its audience, open it for sending."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from webapp import clock, db
from webapp.contacts.consent import UNDECIDED, ConsentPolicy
from webapp.contacts.filters.filter_rules import BrokenRule
from webapp.contacts.ledger import unknown
from webapp.contacts.ledger.gone import forget_audience
from webapp.contacts.models import UserDatabase
from webapp.destinations import registry
from webapp.destinations.base import (
    Audience,
    AudienceGoneError,
    Connection,
    DestinationError,
    Medium,
    NeedsPersonError,
    Origin,
    PermanentError,
    Problem,
    TemporaryError,
)
from webapp.life import this_process
from webapp.services import services
from webapp.uploads import plan, problems, values
from webapp.uploads.engine import leases, sent_ledger, transitions
from webapp.uploads.engine.locks import LockedUpload, locked
from webapp.uploads.engine.preparation_lease import LeaseLost, PreparationLease
from webapp.uploads.engine.ways.choosing import choose
from webapp.uploads.engine.ways.prepared import Prepared
from webapp.uploads.models import Upload
from webapp.uploads.operations import Operation
from webapp.uploads.status import UploadStatus
from webapp.workers import this_worker


def claim_preparation(upload_id: int) -> PreparationLease | None:
    """The right to prepare the upload, None when it is not the moment: it is not queued, somebody else is
    at it, its account rests or its audience is being filled by another upload."""
    rest = leases.resting(upload_id)
    try:
        with db.writing() as session:
            held = locked(session, upload_id)
            if held is None or not _is_waiting(held.row):
                return None
            if held.row.stop_requested:
                transitions.close_if_done(held)
                return None
            if rest.until > clock.epoch():
                transitions.pause(
                    held,
                    rest.problem or problems.resting(registry.destination(held.row.destination).label),
                    rest.until,
                )
                return None
            if not _takes_its_audience(held):
                return None
            until = clock.epoch() + services().settings.lease_s
            return PreparationLease(
                upload_id, transitions.prepare(held, this_process(), this_worker(), until)
            )
    except IntegrityError:  # the unique index on busy audiences: another host was quicker
        return None


def begin(claim: PreparationLease) -> bool:
    """Prepare what was claimed; True when there is something to send now. Raises Fenced."""
    upload = _read(claim.upload_id)
    if why := _why_impossible(upload):
        with _ours(claim) as held:
            transitions.fail(held, why)
        return False
    if not upload.only_due and _is_database_deleted(upload):
        with _ours(claim) as held:
            transitions.fail(held, problems.DATABASE_GONE)
        return False
    if upload.prepared_at is None and upload.value_field and not _is_value(upload):
        with _ours(claim) as held:
            transitions.fail(held, problems.VALUE_GONE)
        return False
    if upload.prepared_at is None and not _prepare(upload, claim):
        return False
    with _ours(claim) as held:
        if transitions.is_for_a_person(held.row):
            leaving, members = held.row.leaving or 0, held.row.members_before or 0
            transitions.pause(held, problems.confirm_removal(leaving, members), None)
            return False
        if lost := _lost_since(held):
            transitions.pause(held, problems.unknown_since(lost), None)
            return False
    try:
        with opened(upload) as connection:
            if connection is None:
                return False
            audience_id = _make_sure_of_audience(connection, upload)
    except TemporaryError as error:
        wait = error.retry_after_s or plan.wait_s(1, random.random())
        _put_off(claim, error, clock.epoch() + wait)
    except NeedsPersonError as error:
        _put_off(claim, error, None)
    except DestinationError as error:
        with _ours(claim) as held:
            transitions.fail(held, error.problem)
        if isinstance(error, AudienceGoneError):
            forget_audience(upload.destination, upload.audience_id)
    else:
        return _open_for_sending(claim, audience_id, _account_reference(upload))
    return False


@contextmanager
def opened(upload: Upload) -> Iterator[Connection | None]:
    """The upload's account, opened; None after the upload was failed because the account is gone."""
    destination = registry.destination(upload.destination)
    try:
        if upload.account_id is None:  # the account was deleted, and took its id along
            raise LookupError("account")
        connection = destination.connect(upload.client_id, upload.account_id)
    except LookupError:
        with db.writing() as session:
            if held := locked(session, upload.id):
                transitions.fail(held, problems.account_gone(destination.label))
        yield None
        return
    try:
        yield connection
    finally:
        connection.close()


def _is_waiting(upload: Upload) -> bool:
    abandoned = upload.status == UploadStatus.PREPARING and clock.is_over(
        upload.lease_until, services().settings.lease_s, clock.epoch()
    )
    return upload.status == UploadStatus.QUEUED or abandoned


def _takes_its_audience(held: LockedUpload) -> bool:
    """Hold the existing audience for this upload, or say behind whom it waits."""
    session, upload = held.session, held.row
    if not upload.audience_id or upload.audience_busy:
        return True
    holder = session.execute(
        select(Upload).where(
            col(Upload.destination) == upload.destination,
            col(Upload.audience_id) == upload.audience_id,
            col(Upload.audience_busy).is_(True),
        )
    ).scalar_one_or_none()
    if holder is not None:
        transitions.wait_behind(held, _behind(upload, holder))
        return False
    upload.audience_busy = True
    session.add(upload)
    session.flush()
    return True


def _behind(upload: Upload, holder: Upload) -> str:
    """The sentence that names the upload it waits for; that of another client has no name here."""
    other = holder.number if holder.client_id == upload.client_id else None
    return problems.waiting_behind(upload.audience_name, other)


def _prepare(upload: Upload, claim: PreparationLease) -> bool:
    """Store the batches; False when that ended the upload."""
    try:
        prepared = choose(upload, claim, registry.destination(upload.destination), clock.today())
    except BrokenRule:
        problem = problems.FILTER_BROKEN
    else:
        if prepared.to_send or _is_enough_without(upload, prepared):
            return True
        if upload.operation == Operation.REPLACE:
            problem = problems.REPLACE_WITH_NOBODY
        elif upload.operation == Operation.ALIGN and prepared.members_before:
            problem = problems.ALIGN_WITH_NOBODY
        elif prepared.excluded:
            problem = problems.nobody_allowed(
                ConsentPolicy(upload.consent), bool(prepared.excluded[UNDECIDED])
            )
        elif values.MISSING in prepared.discarded:
            problem = problems.nobody_with_value(upload.value_name or "")
        elif not prepared.selected:
            problem = problems.EMPTY_DATABASE if upload.rule is None else problems.EMPTY_FILTER
        else:
            problem = problems.NOTHING_TO_SEND[Medium(upload.medium)]
    with _ours(claim) as held:
        transitions.fail(held, problem)
    return False


def _why_impossible(upload: Upload) -> Problem | None:
    if upload.audience_id:
        return None
    new = {
        Operation.REPLACE: problems.REPLACE_A_NEW_ONE,
        Operation.REMOVE: problems.NOBODY_IN_A_NEW_AUDIENCE,
    }
    return new.get(Operation(upload.operation))


def _lost_since(held: LockedUpload) -> datetime | None:
    """Since when the ledger of its audience is not whole, of one that aligns and is not confirmed."""
    upload = held.row
    if upload.operation != Operation.ALIGN or upload.removal_confirmed or not upload.audience_id:
        return None
    known = (held.session, upload.client_id, upload.destination, upload.audience_id)
    return unknown.of_audience(*known).since


def _is_enough_without(upload: Upload, prepared: Prepared) -> bool:
    """Whether an upload that adds nobody is as it should be; whoever wants to add is told why it does not."""
    if upload.operation == Operation.REMOVE:
        return upload.only_due or bool(prepared.to_remove or prepared.never_there)
    return upload.operation == Operation.ALIGN and prepared.already_there > 0


def _make_sure_of_audience(connection: Connection, upload: Upload) -> str:
    """The id of the audience to fill, created now when it is new. PermanentError: it takes no users."""
    if not upload.audience_id:
        by_value = upload.value_field is not None
        origin = Origin(upload.data_origin)
        return connection.create_audience(upload.audience_name, upload.public_id, origin, by_value)
    audience: Audience = connection.check_audience(upload.audience_id)
    if audience.unsuitable:
        raise PermanentError(problems.audience_unsuitable(audience.name, audience.unsuitable))
    if why := values.mismatch(Operation(upload.operation), audience.by_value, upload.value_field is not None):
        raise PermanentError(problems.audience_unsuitable(audience.name, why))
    return audience.id


def _open_for_sending(claim: PreparationLease, audience_id: str, reference: str) -> bool:
    with _ours(claim) as held:
        transitions.open_for_sending(held, audience_id)
        sent_ledger.feed(held.session, held.row, reference)
        held.session.flush()
        transitions.close_if_done(held)  # nothing to send: all is as it should be
        return held.row.status == UploadStatus.SENDING


def _account_reference(upload: Upload) -> str:
    """The vendor's; empty when the account was deleted a moment ago."""
    try:
        account = registry.destination(upload.destination).account(upload.client_id, upload.account_id or 0)
    except LookupError:
        return ""
    return account.reference


def _put_off(claim: PreparationLease, error: DestinationError, until: float | None) -> None:
    with _ours(claim) as held:
        transitions.pause(held, error.problem, until)


@contextmanager
def _ours(claim: PreparationLease) -> Iterator[LockedUpload]:
    """A transaction on the upload while its preparation is still ours. Raises Fenced."""
    with db.writing() as session:
        held = locked(session, claim.upload_id)
        if held is None or (held.row.attempt, held.row.status) != (claim.attempt, UploadStatus.PREPARING):
            raise LeaseLost(f"upload {claim.upload_id}, attempt {claim.attempt}")
        yield held


def _is_database_deleted(upload: Upload) -> bool:
    with db.reading() as session:
        return session.get_one(UserDatabase, upload.database_id).deleted_at is not None


def _is_value(upload: Upload) -> bool:
    with db.reading() as session:
        return upload.value_field in values.fields(session, upload.database_id)


def _read(upload_id: int) -> Upload:
    with db.reading() as session:
        return session.get_one(Upload, upload_id)
