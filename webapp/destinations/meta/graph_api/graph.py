"""One HTTP call to the Graph API: version, headers, deadline, size; errors raised, usage read.

The token travels in a header only: a URL ends up in logs, and `paging.next` proves it (Meta sheet §3.2).
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import orjson
import requests
from requests import PreparedRequest, Session
from requests.auth import AuthBase

from webapp.destinations.base import DestinationError
from webapp.destinations.meta.graph_api import error_table as table
from webapp.destinations.meta.graph_api import obstacles
from webapp.destinations.meta.graph_api.blame import Carried
from webapp.destinations.meta.graph_api.deadline import (
    CONNECT_S,
    DeadlineAdapter,
    has_passed,
    seconds_left,
    within,
)
from webapp.destinations.meta.graph_api.errors import failure, read_error
from webapp.destinations.meta.graph_api.usage import highest_percent, pause_s

# v27.0 is newer (2026-11-04); recordings and Meta's SDK speak v26.0. The version that really answers is read
# from the answers, since Meta upgrades old ones by itself. Source: Meta sheet §8.
GRAPH_VERSION = "v26.0"
_VERSION = re.compile(r"v\d{1,3}\.\d").fullmatch

DEADLINE_S = 90.0
MAX_BODY_BYTES = 1024 * 1024
HUGE = "risposta enorme"

Signer = Callable[[PreparedRequest], PreparedRequest]

_JSON = {"Content-Type": "application/json"}


class Answer(NamedTuple):
    """*data* is the JSON of a good answer; *pause_s* and *trace* as in `base.BatchResult`."""

    data: Any
    pause_s: float
    trace: str | None


def new_session(ca_file: str = "") -> Session:
    """A keep-alive session whose calls end in time, for one thread. *ca_file* as `DeadlineAdapter`."""
    session = Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, DeadlineAdapter(ca_file, pool_connections=1, pool_maxsize=1, max_retries=0))
    # Not compressed: answers are small, and a small body that unpacks to gigabytes is no answer.
    session.headers.update({"Accept-Encoding": "identity", "User-Agent": "Platea"})
    return session


class Bearer(AuthBase):
    """`Authorization: Bearer`; being an auth object it wins over a .netrc of the host."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def nobody(request: PreparedRequest) -> PreparedRequest:
    """For calls that carry their own credentials as fields."""
    return request


class Graph:
    """The Graph API at *graph_url*, spoken to as the holder of *token*.

    *app_secret* adds the proof that the token was not stolen; *act_id* (digits) picks this ad account's
    figures and links. Every call raises TemporaryError, NeedsPersonError or PermanentError.
    """

    def __init__(
        self,
        session: Session,
        graph_url: str,
        token: str,
        app_secret: str | None = None,
        act_id: str | None = None,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._session = session
        self._base = f"{graph_url.rstrip('/')}/{GRAPH_VERSION}"
        self._auth = Bearer(token)
        self._act_id = act_id
        self.deadline_s = deadline_s
        self.usage_percent: float | None = None  # of the limit of calls, as the last answer told it
        self.version: str | None = None  # that answered last, None when no answer told
        self.proof = {"appsecret_proof": appsecret_proof(app_secret, token)} if app_secret else {}

    def get(self, path: str, **params: str | int) -> Answer:
        return self._call("GET", path, params={**params, **self.proof})

    def post(self, path: str, **fields: str | int | bool) -> Answer:
        return self.send("POST", path, orjson.dumps({**fields, **self.proof}))

    def delete(self, path: str) -> Answer:
        return self.send("DELETE", path, orjson.dumps(self.proof))

    def send(self, method: str, path: str, body: bytes) -> Answer:
        """*body* is JSON and already holds `self.proof`."""
        return self._call(method, path, data=body, headers=_JSON)

    def post_secrets(self, path: str, **fields: str) -> Answer:
        """A form whose fields are the app's credentials and must not stand in a URL."""
        return self._call("POST", path, Carried.SECRET, data=fields, auth=nobody)

    def get_as_app(self, path: str, app_token: str, **params: str) -> Answer:
        """As the app itself. *params* may be secret: the URL goes nowhere but into the TLS connection."""
        return self._call("GET", path, Carried.APP_TOKEN, params=params, auth=Bearer(app_token))

    def _call(self, method: str, path: str, carried: Carried = Carried.TOKEN, **request: Any) -> Answer:
        request.setdefault("auth", self._auth)
        with within(self.deadline_s):
            status, headers, body = self._exchange(method, f"{self._base}/{path}", request)
        self.usage_percent = highest_percent(headers, self._act_id) or self.usage_percent
        told = headers.get("facebook-api-version", "")
        self.version = told if _VERSION(told) else self.version
        if error := read_error(status, headers, body, self._act_id, carried):
            raise error
        return Answer(orjson.loads(body), pause_s(headers, self._act_id), headers.get("x-fb-request-id"))

    def _exchange(
        self, method: str, url: str, request: dict[str, Any]
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Raises TemporaryError for everything that kept an answer from arriving whole.

        The exceptions of `requests` hold URLs, so none is kept as the cause.
        """
        request |= {"stream": True, "allow_redirects": False}
        try:
            timeout = (CONNECT_S, seconds_left())
            with self._session.request(method, url, timeout=timeout, **request) as response:
                return response.status_code, response.headers, _read(response)
        except (
            TimeoutError,
            requests.Timeout,
            requests.ConnectionError,
            requests.exceptions.ChunkedEncodingError,
            requests.exceptions.ContentDecodingError,
        ) as error:
            raise network_failure(error) from None


def _read(response: requests.Response) -> bytes:
    """The body, up to `MAX_BODY_BYTES`, before the deadline."""
    body = bytearray()
    for piece in response.iter_content(64 * 1024):
        body += piece
        seconds_left()
        if len(body) > MAX_BODY_BYTES:
            raise failure(table.UNREADABLE, HUGE)
    return bytes(body)


# By the name of what urllib3 met, since `requests` wraps it; the first that fits. With one of these the
# request never arrived.
_OBSTACLES = {
    "ProxyError": obstacles.PROXY,
    "NameResolutionError": obstacles.DNS,
    "CERTIFICATE_VERIFY_FAILED": obstacles.CERTIFICATE,
    "SSLCertVerificationError": obstacles.CERTIFICATE,
    "SSLError": obstacles.CONNECTION,
    "NewConnectionError": obstacles.CONNECTION,
    "ConnectTimeout": obstacles.CONNECTION,
}


def network_failure(error: Exception) -> DestinationError:
    """The problem behind an exception of `requests`, in words. It holds URLs: raise `from None`."""
    met = f"{type(error).__name__} {error!r}"
    for name, found in _OBSTACLES.items():
        if name in met:
            return failure(found.case, found.code)
    # Read and write time-outs come under several names, but all at the deadline.
    if has_passed():
        return failure(table.TOO_SLOW, "tempo")
    return failure(table.NO_ANSWER, "rete")


def appsecret_proof(app_secret: str, token: str) -> str:
    """HMAC-SHA256 of the token, the form all of Meta's SDKs send. Source: Meta sheet §1.5,
    developers.facebook.com/documentation/facebook-login/security.
    """
    return hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
