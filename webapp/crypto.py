"""Secrets sealed at rest: AES-256-GCM, keys outside the database, rotation while running.

A sealed text says which key made it, and opens only for the purpose it was sealed for: the purpose names the
row, and is authenticated with the text (associated data). Texts of before are Fernet tokens with the purpose
inside; they still open, and `platea chiavi ruota` seals them again.
"""

import os
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from webapp.config import WrongSetting

TOKENS, SECRETS = "tokens", "secrets"  # whose keys seal a text: PLATEA_TOKEN_KEYS or PLATEA_SECRET_KEYS
_MARK = b"p2:"  # no Fernet token begins so: they are base64 of a first byte 0x80
_NAME, _NONCE = 8, 12  # bytes


class CannotOpen(Exception):
    """The sealed text was made with a key this installation no longer has, or for another place."""


def sealed(
    purpose_of: Callable[[Mapping[str, Any]], str], ring: str = TOKENS, formerly: str = ""
) -> dict[str, Any]:
    """The `info` of a column of sealed texts: *purpose_of* gives the purpose of a row, from its columns.

    *formerly*: of Fernet tokens, where that was another one. `platea chiavi ruota` finds all such columns by
    this (`host.reseal`).
    """
    return {"sealed": purpose_of, "ring": ring, "formerly": formerly}


class Seal:
    """Seals short texts. *purpose* binds a sealed text to its row: moved elsewhere it does not open.

    The first key seals, every key opens, so a new key can be put in front while the app runs.
    """

    def __init__(self, keys: tuple[str, ...]) -> None:
        """*keys* as `new_key` makes them. Raises WrongSetting."""
        try:
            fernets = [Fernet(key) for key in keys]
            self._take([derived_key(key, "platea: sigillo") for key in keys])
        except (ValueError, NotBase64, IndexError):
            raise WrongSetting(
                "PLATEA_TOKEN_KEYS non è una chiave valida: creala con “platea chiavi”."
            ) from None
        self._former: MultiFernet | None = MultiFernet(fernets)

    @classmethod
    def of_secrets(cls, secrets: tuple[str, ...], purpose: str) -> "Seal":
        """A seal whose keys are derived from *secrets* (texts of any form, newest first) for *purpose*."""
        made = cls.__new__(cls)
        made._take([derived_key(one, purpose) for one in secrets])
        made._former = None
        return made

    def _take(self, keys: list[bytes]) -> None:
        self._keys = {derived_key(key.hex(), "platea: nome")[:_NAME]: AESGCM(key) for key in keys}
        self._newest = derived_key(keys[0].hex(), "platea: nome")[:_NAME]

    def close(self, text: str, purpose: str) -> bytes:
        head, nonce = _MARK + self._newest, os.urandom(_NONCE)
        return head + nonce + self._keys[self._newest].encrypt(nonce, text.encode(), head + purpose.encode())

    def open(self, sealed: bytes, purpose: str, formerly: str = "") -> str:
        """The text that was sealed for *purpose*, in a Fernet token for *formerly*. Raises CannotOpen."""
        if not sealed.startswith(_MARK):
            return self._open_former(sealed, formerly or purpose)
        head, rest = sealed[: len(_MARK) + _NAME], sealed[len(_MARK) + _NAME :]
        key = self._keys.get(head[len(_MARK) :])
        if key is None:
            raise CannotOpen(purpose)
        try:
            return key.decrypt(rest[:_NONCE], rest[_NONCE:], head + purpose.encode()).decode()
        except (InvalidTag, ValueError):  # changed, cut short, or of another row
            raise CannotOpen(purpose) from None

    def is_newest(self, sealed: bytes) -> bool:
        """Whether the text says it is sealed with the newest key; whether that is so, `open` knows."""
        return sealed.startswith(_MARK + self._newest)

    def _open_former(self, sealed: bytes, purpose: str) -> str:
        if self._former is None:
            raise CannotOpen(purpose)
        try:
            sealed_for, text = orjson.loads(self._former.decrypt(sealed))
        except (InvalidToken, ValueError):
            raise CannotOpen(purpose) from None
        if sealed_for != purpose:
            raise CannotOpen(purpose)
        return str(text)


def new_key() -> str:
    return Fernet.generate_key().decode()


def derived_key(secret: str, purpose: str) -> bytes:
    """32 bytes for one purpose, from the installation’s secret; one says nothing of the others."""
    return HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(secret.encode())
