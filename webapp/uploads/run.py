"""Sending: claim the next batch, send it, record what came back; until none is left.

`plan` decides, this acts. No transaction is open while a request is on its way.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event as Flag
from threading import Thread

from webapp import clock, db
from webapp.destinations.base import Connection, DestinationError, NeedsPersonError, TemporaryError
from webapp.services import services
from webapp.uploads import outcomes
from webapp.uploads.claims import Claimed, update_if_ours


def send(claimed: Claimed, connection: Connection) -> None:
    """Send one claimed batch and record the outcome, whatever it is."""
    with _heartbeat(claimed):
        try:
            result = connection.add_users(claimed.audience_id, claimed.rows)
        except TemporaryError as error:
            outcomes.record_passing_error(claimed, error)
        except NeedsPersonError as error:
            outcomes.record_needs_person(claimed, error)
        except DestinationError as error:
            outcomes.record_refusal(claimed, error)
        else:
            outcomes.record_sent(claimed, result)


@contextmanager
def _heartbeat(claimed: Claimed) -> Iterator[None]:
    """Keep the lease alive while the request is on its way."""
    stop = Flag()
    thread = Thread(target=_beat, args=(claimed, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _beat(claimed: Claimed, stop: Flag) -> None:
    settings = services().settings
    while not stop.wait(settings.heartbeat_s):
        with db.writing() as session:
            if not update_if_ours(session, claimed, lease_until=clock.epoch() + settings.lease_s):
                return  # fenced: the result will be noted and change nothing
