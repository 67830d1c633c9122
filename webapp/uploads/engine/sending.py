"""Sending: claim the next batch, send it, record what came back; until none is left.

`plan` decides, this acts. No transaction is open while a request is on its way.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from threading import Event as Flag
from threading import Thread

from sqlalchemy.exc import OperationalError

from webapp import clock, db
from webapp.destinations.base import (
    Connection,
    DestinationError,
    NeedsPersonError,
    NotBegunError,
    SessionEndedError,
    SessionLostError,
    TemporaryError,
    TooSmallError,
)
from webapp.services import services
from webapp.uploads.engine import outcomes
from webapp.uploads.engine.claimed import ClaimedBatch
from webapp.uploads.engine.leases import update_if_ours
from webapp.uploads.operations import Operation

RECORD_TRIES, RECORD_AGAIN_S = 4, 1.0  # each waits 10 s for a lock; together shorter than a lease


def send(claimed: ClaimedBatch, connection: Connection) -> None:
    """Send one claimed batch and record the outcome, whatever it is."""
    with _heartbeat(claimed):
        _write_down(_ask(claimed, connection))


def _ask(claimed: ClaimedBatch, connection: Connection) -> Callable[[], None]:
    """Send the batch; what is returned records how it went."""
    try:
        if claimed.operation == Operation.REMOVE:
            result = connection.remove_users(claimed.audience_id, claimed.rows)
        elif claimed.part is not None:
            result = connection.replace_users(claimed.audience_id, claimed.rows, claimed.part)
        else:
            result = connection.add_users(claimed.audience_id, claimed.rows)
    except TooSmallError as error:
        return partial(outcomes.record_postponed, claimed, error)
    except (NotBegunError, SessionLostError, SessionEndedError) as error:
        return partial(outcomes.record_session, claimed, error)
    except TemporaryError as error:
        return partial(outcomes.record_passing_error, claimed, error)
    except NeedsPersonError as error:
        return partial(outcomes.record_needs_person, claimed, error)
    except DestinationError as error:
        return partial(outcomes.record_refusal, claimed, error)
    return partial(outcomes.record_sent, claimed, result)


def _write_down(record: Callable[[], None]) -> None:
    """Record, and wait for a database that is locked or away: else the batch would have to be sent again."""
    for _ in range(RECORD_TRIES - 1):
        with suppress(OperationalError):
            return record()
        time.sleep(RECORD_AGAIN_S)
    return record()


@contextmanager
def _heartbeat(claimed: ClaimedBatch) -> Iterator[None]:
    """Keep the lease alive while the request is on its way."""
    stop = Flag()
    thread = Thread(target=_beat, args=(claimed, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _beat(claimed: ClaimedBatch, stop: Flag) -> None:
    settings = services().settings
    while not stop.wait(settings.heartbeat_s):
        with suppress(OperationalError), db.writing() as session:  # locked or away: the next beat tries again
            if not update_if_ours(session, claimed, lease_until=clock.epoch() + settings.lease_s):
                return  # fenced: the result will be noted and change nothing
