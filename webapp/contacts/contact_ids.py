"""A contact's id as it stands in a URL: opaque, and stored nowhere."""

from functools import lru_cache

from webapp.crypto import derived_key
from webapp.services import services
from webapp.values.identifiers import IdCipher

_PURPOSE = "platea: contatti negli indirizzi"


def public_id(contact_id: int) -> str:
    return _cipher(services().settings.secret_key).encode(contact_id)


def contact_id(public_id: str) -> int | None:
    """The id that *public_id* hides; None for what is none."""
    return _cipher(services().settings.secret_key).decode(public_id)


@lru_cache(maxsize=4)
def _cipher(secret: str) -> IdCipher:
    return IdCipher(derived_key(secret, _PURPOSE))
