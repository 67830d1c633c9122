"""Keys that open something once or for a while: made here, handed out, and kept only as a keyed hash."""

import hmac
import secrets
from hashlib import sha256

from webapp import crypto
from webapp.services import services

BYTES = 32


def new_key() -> str:
    """256 random bits, fit for a cookie or a link."""
    return secrets.token_urlsafe(BYTES)


def keyed_hash(purpose: str, key: str) -> str:
    """*key* as it is stored: useless without the installation's secret, and different for every purpose."""
    secret = crypto.derived_key(services().settings.secret_key, f"platea: {purpose}")
    return hmac.new(secret, key.encode(), sha256).hexdigest()
