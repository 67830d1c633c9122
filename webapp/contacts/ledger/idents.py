"""Idents: the digests by which a row names a person, sealed so that a stolen copy tells nothing.

An ident is the sealed digest of the e-mail or of the mobile (32 bytes, whichever the feed's medium is), or of
both, the e-mail first (64 bytes). Equal digests seal to equal bytes, which comparing and looking for them
need. That is safe for values as many as addresses and numbers are, never for few (gender, province).
"""

import zlib
from collections.abc import Collection, Iterator
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from webapp import data_keys
from webapp.contacts.ledger.models import MAYBE, UNKNOWN_PRINT

CELL = 32
BOTH = 2 * CELL
NO_DIGEST = bytes(CELL)  # of a cell that has no value


def seal(digests: bytes) -> bytes:
    """*digests*, 32 bytes each, one after the other."""
    encryptor = _cipher(_key()).encryptor()
    return encryptor.update(digests) + encryptor.finalize()


def unseal(sealed: bytes) -> bytes:
    decryptor = _cipher(_key()).decryptor()
    return decryptor.update(sealed) + decryptor.finalize()


def prints(sealed: bytes, count: int) -> list[int]:
    """The print of each of *count* sealed rows of the same width: their CRC-32."""
    width, crc, reserved = len(sealed) // max(count, 1), zlib.crc32, max(MAYBE, UNKNOWN_PRINT)
    found = [crc(sealed[start : start + width]) for start in range(0, len(sealed), width or 1)]
    return [one if one > reserved else one + 2 for one in found]


def whole(ident: bytes, medium: str) -> bytes:
    """*ident* with both cells; one that there is not is sealed as no digest."""
    if len(ident) == BOTH:
        return ident
    return ident + nothing() if medium == "email" else nothing() + ident


def cells(ident: bytes) -> Iterator[bytes]:
    """The cells of *ident* that hold a digest; of several idents, one after the other, too."""
    none = nothing()
    return (cell for start in range(0, len(ident), CELL) if (cell := ident[start : start + CELL]) != none)


def without(ident: bytes, held: Collection[bytes]) -> bytes | None:
    """*ident*, of both cells, without those in *held*; None when no cell is left."""
    none = nothing()
    first, second = (none if cell in held else cell for cell in (ident[:CELL], ident[CELL:BOTH]))
    return None if first == second == none else first + second


def nothing() -> bytes:
    """The sealed cell that holds no digest."""
    return _nothing(_key())


def _key() -> bytes:
    return data_keys.key(data_keys.LEDGER)


@lru_cache(maxsize=4)
def _cipher(key: bytes) -> Cipher[ECB]:
    return Cipher(AES(key), ECB())  # noqa: S305 (see above: equality is wanted)


@lru_cache(maxsize=4)
def _nothing(key: bytes) -> bytes:
    encryptor = _cipher(key).encryptor()
    return encryptor.update(NO_DIGEST) + encryptor.finalize()
