"""Passwords: argon2id, and what a new one must be.

One lane; memory and passes are of `config.Settings`. When they change, an old hash is renewed at the next
sign-in.
"""

from collections.abc import Iterable
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from webapp import services
from webapp.access.signing_in import weak_passwords

MIN_CHARACTERS = 12
MAX_BYTES = 1024  # hashing has a price: nobody makes us hash megabytes

# Of nobody's password: verified when the account does not exist, so that the answer takes as long.
# Written out, because each process of ours would make it anew for a tenth of a second, and most need none.
_NOBODYS = (
    "$argon2id$v=19$m={kib},t={passes},p=1$asPsKZaJfSP/n4z8hbfrbA$iZGAwtX6ezP9sKPIle0M+GAKTN1WdQtxMtNDn6MEzxA"
)


class WeakPassword(Exception):
    """A password that cannot be set; `str()` is the Italian sentence."""


def hash_password(password: str) -> str:
    return _hasher().hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Whether *password* is the one; without an account (None) it takes as long and is False."""
    if len(password.encode()) > MAX_BYTES:
        password_hash, password = None, ""
    try:
        _hasher().verify(password_hash or nobodys_hash(), password)
    except (VerifyMismatchError, InvalidHashError):
        return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    return _hasher().check_needs_rehash(password_hash)


def nobodys_hash() -> str:
    """A hash that no password has, with the figures of all others."""
    settings = services.services().settings
    return _NOBODYS.format(kib=settings.password_kib, passes=settings.password_passes)


def _hasher() -> PasswordHasher:
    settings = services.services().settings
    return _hasher_of(settings.password_kib, settings.password_passes)


@cache
def _hasher_of(kib: int, passes: int) -> PasswordHasher:
    return PasswordHasher(memory_cost=kib, time_cost=passes, parallelism=1)


FREQUENT = (
    "Questa password è tra le prime che si provano: scegline una più lunga e tua, per esempio quattro parole."
)
OWN = (
    "La password è fatta di nomi che tutti conoscono (il tuo, l’email, lo spazio cliente, Platea): cambiala."
)


def check_new(password: str, email: str, names: Iterable[str] = ()) -> None:
    """Length counts, composition does not; what is tried first is refused (Source: NIST SP 800-63B, 3.1.1.2).

    *names*: of the operator and of the clients they work in. Raises WeakPassword.
    """
    if len(password) < MIN_CHARACTERS:
        raise WeakPassword(f"La password deve avere almeno {MIN_CHARACTERS} caratteri.")
    if len(password.encode()) > MAX_BYTES:
        raise WeakPassword(f"La password è troppo lunga: al massimo {MAX_BYTES} byte.")
    if len(set(password.lower())) < 4:
        raise WeakPassword("La password ripete sempre gli stessi caratteri: scegline una più varia.")
    if password.lower() in (email.lower(), email.lower().partition("@")[0]):
        raise WeakPassword("La password non può essere il tuo indirizzo email.")
    if weak_passwords.is_published(password) or weak_passwords.is_frequent(password):
        raise WeakPassword(FREQUENT)
    if weak_passwords.is_frequent(password, ("Platea", email, *names)):
        raise WeakPassword(OWN)
