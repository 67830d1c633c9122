"""Conditional GET for screens that ask again every few seconds: nothing changed, nothing rendered.

The entity tag is made of what the screen depends on, so it is known before rendering. Fragments hold no
personal data and no clock; both would make every answer a new one, or one that must not be kept.
"""

from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from flask import Response, current_app, make_response, request

TEMPLATES = ("home", "uploads", "shared")


def conditional(parts: tuple[object, ...], render: Callable[[], str]) -> Response:
    """304 with no body when the browser already holds this version, otherwise `render()` and its tag."""
    tag = sha256(repr((parts, _templates_version())).encode()).hexdigest()[:20]
    fresh = request.if_none_match.contains(tag)
    response = make_response("", 304) if fresh else make_response(render())
    response.set_etag(tag)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Cookie, HX-Request"
    return response


def _templates_version() -> str:
    folder = Path(current_app.root_path, str(current_app.template_folder)).resolve()
    return _digest(folder)


@lru_cache(maxsize=2)
def _digest(folder: Path) -> str:
    """Of the templates a fragment is made of; a deploy that changes one makes every kept page old."""
    files = sorted(file for name in TEMPLATES for file in (folder / name).glob("*.html"))
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
