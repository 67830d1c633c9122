"""Is the process alive (/healthz), and can it do its work (/readyz)? For hosts and for support."""

from flask import Blueprint, Response, jsonify
from sqlalchemy.exc import SQLAlchemyError

from webapp import db, migrations, workers
from webapp.config import VERSION
from webapp.services import services

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """Answers without asking anybody: a slow database is no reason to kill the process."""
    return jsonify(status="ok", version=VERSION)


@blueprint.get("/readyz")
def readyz() -> tuple[Response, int]:
    """503 when pages cannot work. Without Redis or workers it is degraded: pages work, sending waits."""
    checks = {"database": _database(), "redis": services().bell.ping(), "worker": _has_worker()}
    if not checks["database"]:
        return jsonify(status="down", checks=checks), 503
    return jsonify(status="ok" if all(checks.values()) else "degraded", checks=checks), 200


def _database() -> bool:
    try:
        db.ping()
        return migrations.is_current(db.engine())
    except SQLAlchemyError:
        return False


def _has_worker() -> bool:
    try:
        with db.reading() as session:
            return bool(workers.alive(session))
    except SQLAlchemyError:
        return False
