"""Platea under a path of a host that is not all its own: PLATEA_URL=https://host/platea.

The proxy in front passes addresses on whole. Here the path of PLATEA_URL is taken off before Flask looks for
the page, and put before every address that Flask makes (WSGI's SCRIPT_NAME). What comes without it is not
ours, but for what machines ask: they reach a process at its port and know no proxy.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask, redirect, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from webapp.config import Settings
from webapp.services import services
from webapp.web.request_host import FOR_MACHINES

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_OUTSIDE = "platea.outside"
OUTSIDE = (
    "Platea si apre da {address}. Se è da lì che arrivi, il proxy toglie {prefix} dall’indirizzo: "
    "chi la installa glielo faccia passare intero."
)


def init_app(app: Flask, settings: Settings) -> None:
    """Nothing to do when the host is all ours. To be called before anything looks at the request."""
    if settings.prefix:
        app.wsgi_app = UnderPrefix(app.wsgi_app, settings.prefix)  # type: ignore[method-assign]
        app.before_request_funcs.setdefault(None, []).insert(0, _refuse_outside)


class UnderPrefix:
    """The WSGI application, which sees only what comes after *prefix* ("/platea")."""

    def __init__(self, wsgi_app: "WSGIApplication", prefix: str) -> None:
        self._wsgi_app, self._prefix = wsgi_app, prefix

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == self._prefix or path.startswith(f"{self._prefix}/"):
            environ["PATH_INFO"] = path.removeprefix(self._prefix) or "/"
        else:
            environ[_OUTSIDE] = True
        environ["SCRIPT_NAME"] = self._prefix
        return self._wsgi_app(environ, start_response)


def _refuse_outside() -> Response | None:
    if _OUTSIDE not in request.environ or request.endpoint in FOR_MACHINES:
        return None
    settings = services().settings
    if request.path == "/" and request.method == "GET":
        return redirect(f"{settings.public_url}/", 302)
    raise NotFound(OUTSIDE.format(address=settings.public_url, prefix=settings.prefix))
