"""Opaque ids: what stands in a URL says nothing about how many there are or whose they are."""

import re
import secrets

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # no 0/o, 1/l/i: people read them aloud to support
LENGTH = 12  # 31¹² ≈ 2⁵⁹: not guessable, still short enough to dictate
_SHAPE = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")


def new_public_id() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def looks_like_public_id(text: str) -> bool:
    """Whether *text* can be one of ours; what cannot is a 404 without asking the database."""
    return _SHAPE.fullmatch(text) is not None
