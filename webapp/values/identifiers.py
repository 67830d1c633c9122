"""Opaque ids: what stands in a URL says nothing about how many there are or whose they are."""

import hashlib
import re
import secrets

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # no 0/o, 1/l/i: people read them aloud to support
LENGTH = 12  # 31¹² ≈ 2⁵⁹: not guessable, still short enough to dictate
_HALF, _ROUNDS = 2**29, 4
_SHAPE = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")


def new_public_id() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def looks_like_public_id(text: str) -> bool:
    """Whether *text* can be one of ours; what cannot is a 404 without asking the database."""
    return _SHAPE.fullmatch(text) is not None


def new_error_code() -> str:
    """An error code that a person reads out and support finds in the log: E-7F3A-91."""
    digits = secrets.token_hex(3).upper()
    return f"E-{digits[:4]}-{digits[4:]}"


class IdCipher:
    """A row number as a public id, for tables of millions of rows: nothing to store, nothing to index.

    A Feistel network of four rounds, keyed: a permutation of 58 bits, so every number has one name and every
    name one number. Without the key neighbours have nothing in common. It hides, it does not prove: who may
    see the row is asked as for any public id.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def encode(self, number: int) -> str:
        """12 characters of ALPHABET for *number* in [0, 2⁵⁸)."""
        left, right = divmod(number, _HALF)
        for place in range(_ROUNDS):
            left, right = right, left ^ self._mix(place, right)
        code, text = left * _HALF + right, ""
        for _ in range(LENGTH):
            code, digit = divmod(code, len(ALPHABET))
            text += ALPHABET[digit]
        return text

    def decode(self, text: str) -> int | None:
        """The number *text* stands for; None for what `encode` never returns."""
        if not looks_like_public_id(text):
            return None
        code = 0
        for character in reversed(text):
            code = code * len(ALPHABET) + ALPHABET.index(character)
        left, right = divmod(code, _HALF)
        if left >= _HALF:
            return None
        for place in reversed(range(_ROUNDS)):
            left, right = right ^ self._mix(place, left), left
        return left * _HALF + right

    def _mix(self, place: int, half: int) -> int:
        digest = hashlib.blake2b(bytes([place]) + half.to_bytes(4, "big"), digest_size=4, key=self._key)
        return int.from_bytes(digest.digest(), "big") % _HALF
