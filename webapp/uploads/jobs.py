"""Jobs of this room, run by RQ: an id comes in, all else is read from the database. Each may run twice."""

import time

from webapp import db
from webapp.destinations.base import NeedsPersonError
from webapp.life import die_with_parent
from webapp.queueing import is_ending
from webapp.uploads.engine import leases, preparation, reconcile, sending, transitions
from webapp.uploads.engine.batches import LeaseLost
from webapp.uploads.engine.locks import locked
from webapp.uploads.models import Upload

SHIFT_S = 60.0  # a sender goes on for about a minute, then lets other uploads have the worker


def prepare_upload(upload_id: int) -> None:
    """Make the batches of a queued upload and its audience, then enqueue its senders."""
    die_with_parent()
    db.keep_connections()
    claim = preparation.claim_preparation(upload_id)
    if claim is None:
        return
    try:
        ready = preparation.begin(claim)
    except LeaseLost:  # taken over, or stopped by a person
        with db.writing() as session:
            if held := locked(session, upload_id):
                transitions.release_preparation(held, claim.attempt)
                transitions.close_if_done(held)
        return
    if ready:
        reconcile.enqueue_senders(upload_id)


def send_upload(upload_id: int) -> None:
    """Send batches of an upload until none is due, the shift is over or the worker is to end."""
    die_with_parent()
    db.keep_connections()
    with db.reading() as session:
        upload = session.get(Upload, upload_id)
    if upload is None:
        return
    try:
        with preparation.opened(upload) as connection:
            if connection is None:
                return
            until = time.monotonic() + SHIFT_S
            while not _is_over(until) and (claimed := leases.claim(upload_id)):
                sending.send(claimed, connection)
    except NeedsPersonError as error:  # the account holds no usable token
        with db.writing() as session:
            if held := locked(session, upload_id):
                transitions.pause(held, error.problem, None)
    reconcile.enqueue_senders(upload_id)


def _is_over(until: float) -> bool:
    return is_ending() or time.monotonic() >= until
