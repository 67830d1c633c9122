"""One call as Graph reads it: version, parameters, token, wherever the caller put them."""

import re
from dataclasses import dataclass
from typing import Any

import orjson
from flask import Request

from .graph_errors import GraphError, invalid_parameter, retired_version
from .settings import LATEST_VERSION, Settings

VERSION = re.compile(r"^/(v\d+\.\d+)(?=/|$)")
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")


@dataclass
class GraphCall:
    """*token_in_header* decides 401 or 400 for a bad token."""

    version: str
    method: str
    path: str
    params: dict[str, Any]
    token: str | None
    token_in_header: bool

    def text(self, name: str, default: str = "") -> str:
        value = self.params.get(name)
        return default if value is None else str(value)

    def structure(self, name: str) -> Any:
        """A parameter that is JSON: as it came in a JSON body, or parsed from a form's text.

        Raises GraphError 100 when the text is no JSON.
        """
        value = self.params.get(name)
        if not isinstance(value, str):
            return value
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            raise invalid_parameter(f"Param {name} must be valid JSON") from None


def split_version(path: str) -> tuple[str | None, str]:
    """`/v26.0/me` → (`v26.0`, `/me`); without a version the first is None."""
    match = VERSION.match(path)
    return (match[1], path[match.end() :] or "/") if match else (None, path)


def spoken_version(asked: str | None, settings: Settings) -> str:
    """The version that answers. Without a prefix the oldest usable one. Raises GraphError 2635.

    Source: Meta sheet §1.1 and §8.
    """
    if asked is None:
        return settings.oldest_version
    if not _number(settings.oldest_version) <= _number(asked) <= _number(LATEST_VERSION):
        raise retired_version(LATEST_VERSION)
    return asked


def version_number(version: str) -> float:
    return _number(version)


def _number(version: str) -> float:
    return float(version[1:])


def read_call(request: Request, version: str, path: str) -> GraphCall:
    """Parameters of the query string and the body together, the body winning.

    Raises GraphError 100 for a JSON body that is none.
    """
    params: dict[str, Any] = dict(request.args.items())
    params.update(_body_params(request))
    header = request.headers.get("Authorization", "")
    bearer = header[7:].strip() if header[:7].lower() in ("bearer ", "oauth ") else ""
    token = bearer or params.pop("access_token", None)
    return GraphCall(version, request.method, path, params, token, bool(bearer))


def _body_params(request: Request) -> dict[str, Any]:
    if request.mimetype in FORM_TYPES:
        return dict(request.form.items())
    data = request.get_data()
    if not data:
        return {}
    try:
        body = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise GraphError("(#100) The request body is not valid JSON", 100) from None
    return body if isinstance(body, dict) else {}
