"""Addresses of static files that change when the file does, so that browsers may keep them for ever."""

import hashlib
from functools import cache
from pathlib import Path

from webapp.places import HOME

STATIC = HOME / "static"


@cache
def asset(name: str) -> str:
    """ "app.css" → "/static/app.css?v=1f2e3d4c"."""
    digest = hashlib.sha256(Path(STATIC, name).read_bytes()).hexdigest()
    return f"/static/{name}?v={digest[:8]}"
