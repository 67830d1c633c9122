"""How long requests take, counted in this process, or with PROMETHEUS_MULTIPROC_DIR in all that share it.

`platea web` sets the variable to a folder of its own, since gunicorn has several processes and a probe meets
any of them. Only with PLATEA_METRICS_TOKEN: whoever does not ask pays nothing.
"""

import os
import time

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
# Seconds. A page is quick under 0.1, slow over 1, and never waits more than 10 for a database.
BUCKETS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


def init_app(app: Flask) -> None:
    """Count every request of *app* but static files and what monitoring itself asks for."""
    registry = CollectorRegistry()
    seconds = Histogram(
        "platea_http_request_seconds",
        "Durata delle richieste HTTP",
        ("method", "status"),
        buckets=BUCKETS,
        registry=registry,
    )
    app.extensions["platea_metrics"] = registry

    @app.before_request
    def _begin() -> None:
        g.measured_from = time.perf_counter()

    @app.after_request
    def _end(response: Response) -> Response:
        if request.endpoint not in ("static", "health.healthz", "health.readyz", "home.metrics"):
            began = g.get("measured_from")
            if began is not None:
                status = f"{response.status_code // 100}xx"
                seconds.labels(request.method, status).observe(time.perf_counter() - began)
        return response


def registry_of(app: Flask) -> CollectorRegistry:
    """The counts to hand out: of all processes where they share a folder, else of this one."""
    if not os.environ.get(SHARED_FOLDER):
        found: CollectorRegistry = app.extensions["platea_metrics"]
        return found
    everybody = CollectorRegistry()
    MultiProcessCollector(everybody)  # type: ignore[no-untyped-call]
    return everybody
