"""The first half of an upload: claim it, make its batches, make sure of its audience, open it for sending."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from webapp import clock, db
from webapp.contacts.consent import Consent
from webapp.contacts.filters.filter_rules import BrokenRule
from webapp.destinations import registry
from webapp.destinations.base import (
    Audience,
    Connection,
    DestinationError,
    Medium,
    NeedsPersonError,
    PermanentError,
    TemporaryError,
)
from webapp.services import services
from webapp.uploads import plan, problems
from webapp.uploads.engine import leases, transitions, withdrawals
from webapp.uploads.engine.batches import Claim, Fenced, prepare
from webapp.uploads.events import Event, note
from webapp.uploads.models import UPLOAD_LOCK, Upload
from webapp.uploads.status import UploadStatus
from webapp.workers import this_process, this_worker


def claim_preparation(upload_id: int) -> Claim | None:
    """The right to prepare the upload, None when it is not the moment: it is not queued, somebody else is
    at it, its account rests or its audience is being filled by another upload."""
    rests_until = leases.resting_until(upload_id)
    try:
        with db.writing() as session:
            upload = session.get(Upload, upload_id, with_for_update=UPLOAD_LOCK)
            if upload is None or not _is_waiting(upload):
                return None
            if upload.stop_requested:
                transitions.settle(session, upload_id)
                return None
            if rests_until > clock.epoch():
                transitions.pause(session, upload, problems.RESTING, rests_until)
                return None
            if not _takes_its_audience(session, upload):
                return None
            upload.status = UploadStatus.PREPARING
            upload.attempt += 1
            upload.reason = upload.todo = None
            upload.lease_owner = this_process()
            upload.worker = this_worker()
            upload.lease_until = clock.epoch() + services().settings.lease_s
            upload.updated_at = clock.now()
            session.add(upload)
            return Claim(upload_id, upload.attempt)
    except IntegrityError:  # the unique index on busy audiences: another host was quicker
        return None


def begin(claim: Claim) -> bool:
    """Prepare what was claimed; True when there is something to send now. Raises Fenced."""
    upload = _read(claim.upload_id)
    if upload.prepared_at is not None:
        withdrawals.take_out_since_refused(upload)
    elif not _prepare(upload, claim):
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
        with _ours(claim) as (session, current):
            transitions.fail(session, current, error.problem)
    else:
        return _open_for_sending(claim, audience_id)
    return False


@contextmanager
def opened(upload: Upload) -> Iterator[Connection | None]:
    """The upload's account, opened; None after the upload was failed because the account is gone."""
    destination = registry.destination(upload.destination)
    try:
        connection = destination.connect(upload.account_id or 0)
    except LookupError:
        with db.writing() as session:
            if current := session.get(Upload, upload.id):
                transitions.fail(session, current, problems.ACCOUNT_GONE)
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


def _takes_its_audience(session: Session, upload: Upload) -> bool:
    """Hold the existing audience for this upload, or say behind whom it waits."""
    if not upload.audience_id or upload.audience_busy:
        return True
    holder = session.execute(
        select(Upload).where(
            col(Upload.account_id) == upload.account_id,
            col(Upload.audience_id) == upload.audience_id,
            col(Upload.audience_busy).is_(True),
        )
    ).scalar_one_or_none()
    if holder is not None:
        upload.reason = problems.waiting_behind(upload.audience_name, holder.public_id)
        upload.updated_at = clock.now()
        session.add(upload)
        return False
    upload.audience_busy = True
    session.add(upload)
    session.flush()
    return True


def _prepare(upload: Upload, claim: Claim) -> bool:
    """Store the batches; False when that ended the upload."""
    try:
        prepared = prepare(upload, claim, registry.destination(upload.destination), clock.today())
    except BrokenRule:
        problem = problems.FILTER_BROKEN
    else:
        if prepared.to_send:
            return True
        if prepared.excluded:
            problem = problems.NOBODY_ALLOWED[Consent(upload.consent)]
        else:
            problem = problems.NOTHING_TO_SEND[Medium(upload.medium)]
    with _ours(claim) as (session, current):
        transitions.fail(session, current, problem)
    return False


def _make_sure_of_audience(connection: Connection, upload: Upload) -> str:
    """The id of the audience to fill, created now when it is new. PermanentError: it takes no users."""
    if not upload.audience_id:
        return connection.create_audience(upload.audience_name, upload.public_id)
    audience: Audience = connection.check_audience(upload.audience_id)
    if audience.unsuitable:
        raise PermanentError(problems.audience_unsuitable(audience.name, audience.unsuitable))
    return audience.id


def _open_for_sending(claim: Claim, audience_id: str) -> bool:
    with _ours(claim) as (session, upload):
        if upload.is_new_audience and not upload.audience_id:
            note(session, Event.AUDIENCE_CREATED, claim.upload_id, audience=audience_id)
        upload.audience_id = audience_id
        upload.audience_busy = True
        upload.status = UploadStatus.SENDING
        upload.lease_owner = None
        upload.lease_until = 0
        upload.updated_at = clock.now()
        session.add(upload)
    return True


def _put_off(claim: Claim, error: DestinationError, until: float | None) -> None:
    with _ours(claim) as (session, upload):
        transitions.pause(session, upload, error.problem, until)


@contextmanager
def _ours(claim: Claim) -> Iterator[tuple[Session, Upload]]:
    """A transaction on the upload while its preparation is still ours. Raises Fenced."""
    with db.writing() as session:
        upload = session.get(Upload, claim.upload_id, with_for_update=UPLOAD_LOCK)
        if upload is None or upload.attempt != claim.attempt or upload.status != UploadStatus.PREPARING:
            raise Fenced(f"upload {claim.upload_id}, attempt {claim.attempt}")
        yield session, upload


def _read(upload_id: int) -> Upload:
    with db.reading() as session:
        return session.get_one(Upload, upload_id)
