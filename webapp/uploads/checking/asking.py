"""What the vendor says of an account now: asked within a deadline, since somebody waits in front of a page.

One answer serves half a minute of choosing in a form; what is sent is judged on a new one.
"""

from threading import Lock

from webapp import clock
from webapp.destinations import registry
from webapp.destinations.base import Account, DestinationError, NeedsPersonError
from webapp.uploads.checking.facts import Answer

DEADLINE_S = 6.0
KEPT_S = 30.0

_kept: dict[str, Answer] = {}
_lock = Lock()


def ask(client_id: int, account: Account, again: bool = False) -> Answer:
    """Never raises: of a vendor that does not answer in time, `Answer.unasked` says why."""
    with _lock:
        known = _kept.get(account.public_id)
    if known and not again and 0 <= (clock.now() - known.asked_at).total_seconds() < KEPT_S:
        return known
    answer = _ask(client_id, account)
    with _lock:
        if answer.unasked:
            _kept.pop(account.public_id, None)
        else:
            _kept[account.public_id] = answer
    return answer


def nobody(why: str | None = None) -> Answer:
    """Nobody was asked: there is nothing to ask, or *why* it would be in vain."""
    return Answer(clock.now(), unasked=why)


def _ask(client_id: int, account: Account) -> Answer:
    now = clock.now()
    try:
        connection = registry.destination(account.kind).connect(client_id, account.id, DEADLINE_S)
    except LookupError:
        return Answer(now, unasked="Questo account è stato eliminato: scegline un altro.")
    except DestinationError as error:
        return Answer(now, (error.problem,))
    try:
        return Answer(now, tuple(connection.obstacles()))
    except NeedsPersonError as error:
        return Answer(now, (error.problem,))
    except DestinationError as error:
        return Answer(now, unasked=error.said_at_once)
    finally:
        connection.close()
