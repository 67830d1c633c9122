"""Secrets sealed at rest: AES in Fernet tokens, keys outside the database, rotation while running."""

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from webapp.config import WrongSetting

# Of a table's column that holds sealed texts: `platea chiavi ruota` finds them all by it (`reseal`).
SEALED = {"sealed": True}


class CannotOpen(Exception):
    """The sealed text was made with a key this installation no longer has, or for another place."""


class Seal:
    """Seals short texts. *purpose* binds a sealed text to its row: moved elsewhere it does not open.

    The first key seals, every key opens, so a new key can be put in front while the app runs.
    """

    def __init__(self, keys: tuple[str, ...]) -> None:
        try:
            made = [Fernet(key) for key in keys]
            self._newest, self._fernet = made[0], MultiFernet(made)
        except (ValueError, IndexError):
            raise WrongSetting(
                "PLATEA_TOKEN_KEYS non è una chiave valida: creala con “platea chiavi”."
            ) from None

    def close(self, text: str, purpose: str) -> bytes:
        return self._fernet.encrypt(orjson.dumps([purpose, text]))

    def open(self, sealed: bytes, purpose: str) -> str:
        """The text that was sealed for *purpose*. Raises CannotOpen."""
        try:
            sealed_for, text = orjson.loads(self._fernet.decrypt(sealed))
        except InvalidToken:
            raise CannotOpen(purpose) from None
        if sealed_for != purpose:
            raise CannotOpen(purpose)
        return str(text)

    def is_newest(self, sealed: bytes) -> bool:
        """Whether the text is sealed with the newest key."""
        try:
            self._newest.decrypt(sealed)
        except InvalidToken:
            return False
        return True

    def renew(self, sealed: bytes) -> bytes:
        """The same text under the newest key. Raises CannotOpen."""
        try:
            return self._fernet.rotate(sealed)
        except InvalidToken:
            raise CannotOpen("renew") from None


def new_key() -> str:
    return Fernet.generate_key().decode()


def derived_key(secret: str, purpose: str) -> bytes:
    """32 bytes for one purpose, from the installation’s secret; one says nothing of the others."""
    return HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(secret.encode())
