"""A contact's id as it stands in a URL: opaque, and stored nowhere."""

from functools import lru_cache

from webapp.crypto import derived_key
from webapp.services import services
from webapp.values.identifiers import Disguise

_PURPOSE = "platea: contatti negli indirizzi"


def public_id(contact_id: int) -> str:
    return _disguise(services().settings.secret_key).hide(contact_id)


def contact_id(public_id: str) -> int | None:
    """The id that *public_id* hides; None for what is none."""
    return _disguise(services().settings.secret_key).show(public_id)


@lru_cache(maxsize=4)
def _disguise(secret: str) -> Disguise:
    return Disguise(derived_key(secret, _PURPOSE))
