"""Meta's `signed_request`: who sent it, and about whom. PURE. Source: Meta sheet §1.6."""

import base64
import binascii
import hashlib
import hmac
from typing import Any, NamedTuple

import orjson

CLOCK_SKEW_S = 300
LIVES_S = 24 * 3600  # an old one, written down somewhere, must not take effect again
MAX_CHARS = 4096


class Forged(Exception):
    """Not from Meta, or not for now; `str()` says what is wrong with it, for the log."""


class About(NamedTuple):
    """The Facebook user id a request is about, and when Meta made it (seconds since 1970)."""

    user_id: str
    issued_at: int


def read(text: str, app_secret: str, now: float) -> About:
    """Raises Forged.

    The signature is HMAC-SHA256 over the payload *as it came*, and is compared in constant time; the
    algorithm the payload claims is never obeyed, only checked.
    """
    signature, dot, encoded = text.partition(".")
    if not app_secret or not dot or len(text) > MAX_CHARS:
        raise Forged("shape")
    expected = hmac.new(app_secret.encode(), encoded.encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(_decoded(signature), expected):
        raise Forged("signature")
    payload = _payload(_decoded(encoded))
    if str(payload.get("algorithm", "")).upper() != "HMAC-SHA256":
        raise Forged("algorithm")
    issued_at = _checked_times(payload, now)
    user_id = str(payload.get("user_id") or "")
    if not user_id.isdigit():
        raise Forged("user_id")
    return About(user_id, issued_at)


def _decoded(text: str) -> bytes:
    """base64url without its padding."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Forged("encoding") from None


def _payload(data: bytes) -> dict[str, Any]:
    try:
        payload = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise Forged("payload") from None
    if not isinstance(payload, dict):
        raise Forged("payload")
    return payload


def _checked_times(payload: dict[str, Any], now: float) -> int:
    issued_at, expires = payload.get("issued_at"), payload.get("expires")
    if not isinstance(issued_at, int) or not now - LIVES_S < issued_at <= now + CLOCK_SKEW_S:
        raise Forged("issued_at")
    if isinstance(expires, int) and 0 < expires < now - CLOCK_SKEW_S:
        raise Forged("expires")
    return issued_at
