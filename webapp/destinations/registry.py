"""Every destination: its kind, and where its class lives. A new destination adds one line here."""

from importlib import import_module
from typing import cast

from webapp.destinations.base import Account, Destination

DESTINATIONS = {
    "meta": "webapp.destinations.meta.destination:MetaDestination",
}

# Modules with the tables of destinations: foreign keys of uploads point to them, in every process.
TABLES = ("webapp.destinations.meta.models",)


def load_tables() -> None:
    """Make the tables of every destination known to the schema of this process."""
    for module in TABLES:
        import_module(module)


def destination(kind: str) -> Destination:
    """The destination of that kind. Raises KeyError for a kind nobody registered."""
    module, _, name = DESTINATIONS[kind].partition(":")
    return cast(Destination, getattr(import_module(module), name)())


def proposed() -> Destination:
    """The destination to connect first, for a client that has no account yet: the first of the table."""
    return destination(next(iter(DESTINATIONS)))


def accounts(client_id: int) -> list[Account]:
    """The client's connected accounts at every destination, each destination's by name."""
    return [account for kind in DESTINATIONS for account in destination(kind).accounts(client_id)]


def name_warning(name: str, account: Account | None) -> str | None:
    """Why the vendor may block an audience with this name (Italian); of any, while no account is chosen."""
    kinds = [account.kind] if account else list(DESTINATIONS)
    found = (destination(kind).name_warning(name) for kind in kinds)
    return next((warning for warning in found if warning), None)
