"""Meta's callbacks when a person removes the app or asks for erasure. Source: Meta sheet §1.6."""

import base64
import hashlib
import hmac
import http.client
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson

from ..state import Simulation
from .dialog import LOOPBACK_HOSTS

TIMEOUT_S = 10
LIVES_S = 3_600


def signed(secret: str, payload: dict[str, Any]) -> str:
    """`<signature>.<payload>`, both base64url without padding; the signature is over the encoded payload."""
    encoded = _base64url(orjson.dumps(payload))
    return f"{_base64url(hmac.new(secret.encode(), encoded.encode(), hashlib.sha256).digest())}.{encoded}"


def send(sim: Simulation, to: str, user_id: str | None) -> dict[str, Any]:
    """POST it to *to* and return what came back. Raises ValueError for an address off this computer."""
    url = urlsplit(to)
    if url.scheme != "http" or url.hostname not in LOOPBACK_HOSTS:
        raise ValueError("to deve essere un indirizzo http di questo computer")
    now = int(sim.now())
    payload = {
        "algorithm": "HMAC-SHA256",
        "expires": now + LIVES_S,
        "issued_at": now,
        "user_id": user_id or sim.world.default_person_id,
    }
    form = urlencode({"signed_request": signed(sim.world.app.secret, payload)})
    connection = http.client.HTTPConnection(url.hostname or "", url.port or 80, timeout=TIMEOUT_S)
    try:
        connection.request(
            "POST", url.path or "/", form, {"Content-Type": "application/x-www-form-urlencoded"}
        )
        answer = connection.getresponse()
        return {"status": answer.status, "body": answer.read().decode("utf-8", "replace")}
    except OSError as error:
        raise ValueError(f"nessuna risposta da {to}: {error}") from None
    finally:
        connection.close()


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
