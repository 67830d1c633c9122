"""Conditional GET for screens that ask again every few seconds: nothing changed, nothing rendered.

The entity tag is made of what the screen depends on, so it is known before rendering. Fragments hold no
personal data and no clock; both would make every answer a new one, or one that must not be kept.

What was rendered is kept for a moment too: of the tabs one person has open on a screen, the first pays.
"""

from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from threading import Lock

from flask import Response, current_app, make_response, request
from flask import session as cookie
from flask.sansio.app import App

from webapp import clock

TEMPLATES = ("home", "uploads", "shared")
MOST_FRAGMENTS = 64  # fragments, of 20 to 60 KB
FRESH_S = 60.0  # far less than the tokens of the forms in a fragment live


class FragmentCache:
    """The last fragments rendered by this process, by what they depend on."""

    def __init__(self) -> None:
        self._bodies: dict[tuple[str, ...], tuple[float, str]] = {}
        self._lock = Lock()

    def body(self, key: tuple[str, ...], render: Callable[[], str]) -> str:
        made_at, body = self._bodies.get(key, (0.0, ""))
        if made_at > clock.epoch() - FRESH_S:
            return body
        body = render()
        with self._lock:
            self._bodies.pop(key, None)
            self._bodies[key] = (clock.epoch(), body)
            while len(self._bodies) > MOST_FRAGMENTS:
                self._bodies.pop(next(iter(self._bodies)))
        return body


def init_app(app: App) -> None:
    app.extensions["platea_fragments"] = FragmentCache()


def conditional(parts: tuple[object, ...], render: Callable[[], str]) -> Response:
    """304 with no body when the browser already holds this version, otherwise `render()` and its tag."""
    space = cookie.get("client")  # forms say for which client they were opened
    tag = sha256(repr((parts, space, _templates_version())).encode()).hexdigest()[:20]
    fresh = request.if_none_match.contains_weak(tag)  # whoever compresses an answer makes its tag weak
    response = make_response("", 304) if fresh else make_response(_body(tag, render))
    response.set_etag(tag)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Cookie, HX-Request"
    return response


def _body(tag: str, render: Callable[[], str]) -> str:
    """Its forms hold the token of one browser, so a fragment is kept for that browser only."""
    token = cookie.get("csrf_token")
    if token is None:
        return render()
    kept: FragmentCache = current_app.extensions["platea_fragments"]
    return kept.body((tag, request.full_path, token), render)


def _templates_version() -> str:
    folder = Path(current_app.root_path, str(current_app.template_folder)).resolve()
    return _digest(folder)


@lru_cache(maxsize=2)
def _digest(folder: Path) -> str:
    """Of the templates a fragment is made of; a deploy that changes one makes every kept page old."""
    files = sorted(file for name in TEMPLATES for file in (folder / name).rglob("*.html"))
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
