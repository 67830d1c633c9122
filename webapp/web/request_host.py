"""Which host a request may name, and where it is led when it names another one of this computer.

Health addresses answer whatever the host: load balancers and containers ask by an address of their own.
"""

from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

from flask import Flask, redirect, request
from werkzeug.exceptions import SecurityError
from werkzeug.wrappers import Response

from webapp.config import Settings
from webapp.setting_checks import THIS_COMPUTER, is_loopback

FOR_MACHINES = frozenset({"health.healthz", "health.readyz"})


def init_app(app: Flask, settings: Settings) -> None:
    # Before everything else: whatever comes later may write the host into an address.
    app.before_request_funcs.setdefault(None, []).insert(0, _check(settings))


def own_places(settings: Settings) -> frozenset[str]:
    """What a browser may send as the place (`host:port`) of our own pages, behind any proxy."""
    return frozenset({urlsplit(settings.public_url).netloc, request.host})


def _check(settings: Settings) -> Callable[[], Response | None]:
    public = urlsplit(settings.public_url)
    known = THIS_COMPUTER | {public.hostname or ""}

    def check() -> Response | None:
        if request.endpoint in FOR_MACHINES:
            return None
        asked = _parts(request.host)
        if asked is None or asked[0] not in known:
            raise SecurityError(f"Host {request.host!r} is not ours.")
        if request.method == "GET" and request.endpoint != "static" and _is_same_door(asked, public):
            # Cookies belong to a host: who signs in at localhost comes back from Facebook as a stranger.
            return redirect(f"{settings.public_url}{request.full_path.removesuffix('?')}", 302)
        return None

    return check


def _is_same_door(asked: tuple[str, int | None], public: SplitResult) -> bool:
    """Whether the other name of this computer was asked, at the very port of *public*."""
    host = public.hostname or ""
    return is_loopback(host) and asked[0] != host and asked[1] is not None and asked[1] == public.port


def _parts(host: str) -> tuple[str, int | None] | None:
    try:
        parts = urlsplit(f"//{host}")
        return (parts.hostname, parts.port) if parts.hostname else None
    except ValueError:
        return None
