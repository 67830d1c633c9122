"""The headers Graph puts on its answers. Source: Meta sheet §7 and §9, recorded exchanges."""

import gzip
import hashlib
import secrets
from typing import Any

import orjson
from flask import Request, Response

from .graph_errors import GraphError

SERVER_REVISION = "1029841532"
# From about this size on recorded answers were compressed, and said so in Vary.
COMPRESSED_FROM_BYTES = 256
NEVER_CACHE = {
    "Pragma": "no-cache",
    "Cache-Control": "private, no-cache, no-store, must-revalidate",
    "Expires": "Sat, 01 Jan 2000 00:00:00 GMT",
}


def trace_id() -> str:
    """A new x-fb-request-id, which is also the fbtrace_id of an error."""
    return "A" + secrets.token_urlsafe(16)


def json_response(body: Any, trace: str, version: str, method: str = "GET") -> Response:
    """A 200 with Graph's headers; only GET answers carry an ETag."""
    response = _response(body, 200, trace, version)
    response.headers.update(NEVER_CACHE)
    if method == "GET":
        response.headers["ETag"] = f'"{hashlib.sha1(response.get_data()).hexdigest()}"'
    return response


def error_response(error: GraphError, trace: str, version: str) -> Response:
    response = _response(error.body(trace), error.status, trace, version)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    response.headers["Expires"] = NEVER_CACHE["Expires"]
    if 400 <= error.status < 500:
        response.headers["WWW-Authenticate"] = error.challenge()
    return response


def _response(body: Any, status: int, trace: str, version: str) -> Response:
    # Slashes are escaped in Graph's JSON, as PHP writes them. Source: Meta sheet §3.2.
    text = orjson.dumps(body).replace(b"/", b"\\/")
    response = Response(text, status, content_type="application/json")
    response.headers.update(
        {
            "Vary": "Origin",
            "x-fb-rlafr": "0",
            "Access-Control-Allow-Origin": "*",
            "facebook-api-version": version,
            "Strict-Transport-Security": "max-age=15552000; preload",
            "x-fb-request-id": trace,
            "x-fb-trace-id": secrets.token_urlsafe(8),
            "x-fb-rev": SERVER_REVISION,
        }
    )
    return response


def compress(response: Response, request: Request, always_varies: bool) -> None:
    """As Graph does with longer answers, for callers that take gzip.

    *always_varies*: the answer to a creation says so in Vary however short it is, as recorded.
    """
    is_long = len(response.get_data()) >= COMPRESSED_FROM_BYTES
    if is_long or always_varies:
        response.headers["Vary"] = "Origin, Accept-Encoding"
    if is_long and request.accept_encodings["gzip"]:
        response.set_data(gzip.compress(response.get_data(), 1))
        response.headers["Content-Encoding"] = "gzip"
