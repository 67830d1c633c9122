"""A contact's id as it stands in a URL: opaque, and stored nowhere."""

from functools import lru_cache

from webapp.crypto import derived_key
from webapp.services import services
from webapp.values.identifiers import IdCipher

_PURPOSE = "platea: contatti negli indirizzi"


# No table has so many rows. Under another key a name stands for any of 2⁵⁸ numbers: one in 262,144 is below.
_MOST = 2**40


def public_id(contact_id: int) -> str:
    return _cipher(services().settings.secret_key).encode(contact_id)


def contact_id(public_id: str) -> int | None:
    """The id that *public_id* hides, also in an address from before the secret was changed.

    None for what is none.
    """
    found = (_cipher(one).decode(public_id) for one in services().settings.secret_keys)
    return next((number for number in found if number is not None and number < _MOST), None)


@lru_cache(maxsize=4)
def _cipher(secret: str) -> IdCipher:
    return IdCipher(derived_key(secret, _PURPOSE))
