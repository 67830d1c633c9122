"""Keys that open something once or for a while: made here, handed out, and kept only as a keyed hash."""

import hmac
import secrets
from hashlib import sha256

from webapp import crypto, data_keys
from webapp.services import services

BYTES = 32


def new_key() -> str:
    """256 random bits, fit for a cookie or a link."""
    return secrets.token_urlsafe(BYTES)


def keyed_hash(purpose: str, key: str) -> str:
    """*key* as it is stored: useless without the installation's secret, and different for every purpose."""
    return keyed_hashes(purpose, key)[0]


def keyed_hashes(purpose: str, key: str) -> list[str]:
    """*key* as it may be stored already, newest first: under each secret that is still accepted."""
    told = f"platea: {purpose}"
    return [_hash(crypto.derived_key(one, told), key) for one in services().settings.secret_keys]


def lasting_hash(name: str, key: str) -> str:
    """*key* as it is stored for years, under a data key: no change of the secret touches it."""
    return _hash(data_keys.key(name), key)


def _hash(secret: bytes, key: str) -> str:
    return hmac.new(secret, key.encode(), sha256).hexdigest()
