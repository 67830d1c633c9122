"""Codes that a phone and we make from the same secret and the same half minute. PURE.

Source: RFC 6238 (TOTP) over RFC 4226 (HOTP), with what authenticator apps assume: SHA-1, six digits, 30 s.
"""

import hmac
from base64 import b32encode
from urllib.parse import quote, urlencode

STEP_S = 30
DIGITS = 6
SECRET_BYTES = 20  # RFC 4226 §4, R6: 160 bits
DRIFT_STEPS = 1  # RFC 6238 §5.2: at most one step for a clock that is off or a person who types slowly


def code_at(secret: bytes, step: int, digits: int = DIGITS, algorithm: str = "sha1") -> str:
    """The code of the half minute number *step*. RFC 4226 §5.3: dynamic truncation."""
    digest = hmac.digest(secret, step.to_bytes(8), algorithm)
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def step_at(epoch: float) -> int:
    """The half minute that a time (seconds since 1970) falls into."""
    return int(epoch // STEP_S)


def matching_step(secret: bytes, code: str, epoch: float, newest_used: int) -> int | None:
    """The half minute *code* is of, if it is now or one off and after the newest code used; None if not."""
    now, found = step_at(epoch), None
    for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode()) and step > newest_used:
            found = step
    return found


def base32(secret: bytes) -> str:
    """The secret as people type it into an app that cannot read the QR code."""
    return b32encode(secret).decode().rstrip("=")


def address(secret: bytes, account: str, issuer: str = "Platea") -> str:
    """The content of the QR code. Source: "Key Uri Format" of google-authenticator, which all apps read."""
    label = quote(f"{issuer}:{account}", safe="")
    return f"otpauth://totp/{label}?{urlencode({'secret': base32(secret), 'issuer': issuer})}"
