"""One log line per request: what was asked, how it ended, how long it took. Never the query string."""

import secrets
import time

import structlog
from flask import Flask, Response, g, request

# Asked for every few seconds by machines: only that one does not answer well is worth a line.
QUIET = frozenset({"static", "health.healthz", "health.readyz", "home.metrics"})
log = structlog.get_logger(__name__)


def init_app(app: Flask) -> None:
    @app.before_request
    def _begin() -> None:
        g.started = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        g.request_id = secrets.token_hex(6)
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def _end(response: Response) -> Response:
        response.headers["X-Request-Id"] = request_id()
        if request.endpoint not in QUIET or response.status_code >= 500:
            log.info(
                "richiesta",
                method=request.method,
                path=_path(),
                route=request.endpoint,
                status=response.status_code,
                ms=round((time.perf_counter() - g.started) * 1000, 1) if "started" in g else None,
            )
        return response


def request_id() -> str:
    """By which the lines of the log belong to this request; people find it on pages of errors."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(6)
    return str(g.request_id)


def _path() -> str:
    """The path of the request, without the key of an invitation or of a new password."""
    return str(request.url_rule) if "key" in (request.view_args or {}) else request.path
