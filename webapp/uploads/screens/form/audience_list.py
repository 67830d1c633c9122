"""The custom audiences of an account, as the upload form offers them.

One reading serves a minute of looking through the list, so that typing in its search asks the vendor nothing.
What is submitted is always judged on a new reading.
"""

from dataclasses import dataclass, field
from threading import Lock

from webapp import clock
from webapp.destinations import registry
from webapp.destinations.base import Account, Audience, DestinationError

KEPT_S = 60.0
DEADLINE_S = 12.0  # somebody waits in front of the form
SHOWN = 20

_kept: dict[str, tuple[float, "Listing"]] = {}
_lock = Lock()


@dataclass(frozen=True, slots=True)
class Listing:
    """Every audience of an account; *problem* is the Italian reason they cannot be read."""

    audiences: list[Audience] = field(default_factory=list)
    problem: str | None = None

    def find(self, audience_id: str) -> Audience | None:
        return next((audience for audience in self.audiences if audience.id == audience_id), None)

    def has_name(self, name: str) -> bool:
        return any(_key(audience.name) == _key(name) for audience in self.audiences)

    def matching(self, text: str, chosen: str = "") -> list[Audience]:
        """Those whose name holds *text*, suitable ones first; the chosen one stays in sight."""
        found = [one for one in self.audiences if _key(text) in _key(one.name) or one.id == chosen]
        return sorted(found, key=lambda one: (one.id != chosen, one.unsuitable is not None))


def read(client_id: int, account: Account, again: bool = False) -> Listing:
    """The audiences of *account*; a reading less than a minute old will do unless *again*."""
    with _lock:
        read_at, listing = _kept.get(account.public_id, (0.0, Listing()))
    if not again and 0 <= clock.epoch() - read_at < KEPT_S:
        return listing
    listing = _ask(client_id, account)
    if listing.problem is None:
        with _lock:
            _kept[account.public_id] = (clock.epoch(), listing)
    return listing


def _ask(client_id: int, account: Account) -> Listing:
    try:
        connection = registry.destination(account.kind).connect(client_id, account.id, DEADLINE_S)
    except LookupError:
        return Listing(problem="Questo account è stato eliminato: scegline un altro.")
    except DestinationError as error:
        return Listing(problem=error.said_at_once)
    try:
        return Listing(connection.audiences())
    except DestinationError as error:
        return Listing(problem=error.said_at_once)
    finally:
        connection.close()


def _key(name: str) -> str:
    return " ".join(name.casefold().split())
