"""Is the process alive (/healthz), and can it do its work (/readyz)? For hosts and for support.

Anybody may ask, and hears so much as a load balancer needs; why not, and which task is late, is told on this
computer and to who brings PLATEA_METRICS_TOKEN as a bearer token (ASVS 5.0, 13.4.5).
"""

import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request
from sqlalchemy.exc import SQLAlchemyError

from webapp import db, migrations, periodic, workers
from webapp.host import database_words, storage
from webapp.services import services
from webapp.setting_checks import THIS_COMPUTER

blueprint = Blueprint("health", __name__)

DATABASE_AWAY = "Il database non risponde."
OLD_SCHEMA = "Lo schema del database non è quello di questa versione: esegui “platea migra”."
SCHEMA_WORDS = {
    migrations.State.OLDER: OLD_SCHEMA,
    migrations.State.NEWER: database_words.NEWER_SCHEMA,
}
REDIS_AWAY = "Redis non risponde o non accetta dati: gli invii partono con qualche secondo di ritardo."
NO_WORKER = "Nessun worker è attivo: avviane uno con “platea worker”."
WRONG_CLOCK = "L’orologio di un worker differisce di oltre 5 secondi da quello del database: {names}."
NOT_WELL = "Questi lavori periodici non riescono o sono in ritardo: {names}."


@blueprint.get("/healthz")
def healthz() -> Response:
    """Answers without asking anybody: a slow database is no reason to kill the process."""
    return jsonify(status="ok")  # no version: anybody may ask


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    """503 when pages cannot work. Without Redis or workers it is degraded: pages work, sending waits.

    *checks*: name → whether it is well. To who may know also *reasons*: why not, in Italian, and *tasks*:
    what is done again and again, when it last succeeded (UTC) and what went wrong since. On SQLite nobody
    who writes is held up.
    """
    reasons: dict[str, str | None] = {"database": _database()}
    reasons["disk"] = storage.trouble(services().settings)
    reasons["redis"] = None if services().job_queue.ping() else REDIS_AWAY
    tasks: dict[str, Any] = {}
    if reasons["database"] is None:
        reasons |= _crew()
        tasks = _tasks(reasons)
    checks = {name: reason is None for name, reason in reasons.items()}
    is_down = not (checks["database"] and checks["disk"])
    status = "down" if is_down else "ok" if all(checks.values()) else "degraded"
    answer: dict[str, Any] = {"status": status, "checks": checks}
    if _may_know():
        answer |= {"reasons": {name: reason for name, reason in reasons.items() if reason}, "tasks": tasks}
    return jsonify(answer), 503 if is_down else 200


def _may_know() -> bool:
    """Who asks on this computer without a proxy in between, or knows the token of `/metrics`."""
    if request.remote_addr in THIS_COMPUTER and "X-Forwarded-For" not in request.headers:
        return True
    token = services().settings.metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
    return bool(token) and hmac.compare_digest(given, token.encode())


def _database() -> str | None:
    try:
        db.ping()
        if words := SCHEMA_WORDS.get(migrations.state(db.engine())):
            return words
        return storage.database_trouble(db.engine())
    except SQLAlchemyError:
        return DATABASE_AWAY


def _crew() -> dict[str, str | None]:
    return {"worker": _asked(_no_worker), "clock": _asked(_wrong_clocks)}


def _no_worker() -> str | None:
    with db.reading() as session:
        return None if workers.alive(session) else NO_WORKER


def _wrong_clocks() -> str | None:
    with db.reading() as session:
        wrong = [one.name for one in workers.alive(session) if one.has_wrong_clock]
    return WRONG_CLOCK.format(names=", ".join(wrong)) if wrong else None


def _asked(check: Callable[[], str | None]) -> str | None:
    try:
        return check()
    except SQLAlchemyError:
        return DATABASE_AWAY


def _tasks(reasons: dict[str, str | None]) -> dict[str, Any]:
    """How each periodic task goes; those that do not go well are a reason of their own."""
    try:
        with db.reading() as session:
            runs = periodic.runs(session)
    except SQLAlchemyError:
        return {}
    ill = [run.label for run in runs if not run.is_well]
    reasons["tasks"] = NOT_WELL.format(names=", ".join(ill)) if ill else None
    return {
        run.name: {
            "started": _moment(run.started_at),
            "succeeded": _moment(run.succeeded_at),
            "failures": run.failures,
            "error": run.error,
            "code": run.error_code,
        }
        for run in runs
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
