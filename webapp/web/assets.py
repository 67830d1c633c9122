"""Addresses of static files that change when the file does, so that browsers may keep them for ever."""

import hashlib
from functools import cache
from pathlib import Path

from webapp.places import HOME
from webapp.services import services

STATIC = HOME / "static"


def asset(name: str) -> str:
    """ "app.css" → "/static/app.css?v=1f2e3d4c"."""
    return f"{services().settings.prefix}/static/{name}?v={_version(name)}"


@cache
def _version(name: str) -> str:
    return hashlib.sha256(Path(STATIC, name).read_bytes()).hexdigest()[:8]
