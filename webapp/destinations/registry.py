"""kind → where it lives. A new destination adds one line here."""

from importlib import import_module
from typing import cast

from webapp.destinations.base import Destination

DESTINATIONS = {
    "meta": "webapp.destinations.meta.destination:MetaDestination",
}


def destination(kind: str) -> Destination:
    """The destination of that kind. Raises KeyError for a kind nobody registered."""
    module, _, name = DESTINATIONS[kind].partition(":")
    return cast(Destination, getattr(import_module(module), name)())
