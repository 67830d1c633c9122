"""Watches that nothing slow is done in a transaction that writes: no connection, no process, no file.

On SQLite everybody else who writes waits meanwhile; on PostgreSQL rows stay locked. What the interpreter
reports of itself (PEP 578) is looked at, so nothing of ours is replaced, and what a library does counts too.
"""

import sys
import tempfile
import traceback
from pathlib import Path

from webapp import db, services
from webapp.config import ROOT

NETWORK = {"socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.posix_spawn"}

seen: list[str] = []
_is_watching = False


def watch() -> None:
    """From now on what is slow inside `db.writing()` is in `seen`, with where it was done."""
    global _is_watching
    seen.clear()
    if not _is_watching:
        sys.addaudithook(_hear)
        _is_watching = True


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if event not in NETWORK and event != "open":
        return
    if not db.is_writing() or (event == "open" and not _is_data(arguments[0])):
        return
    where = [frame for frame in traceback.extract_stack() if frame.filename.startswith(str(ROOT / "webapp"))]
    if not where:
        return  # what a test itself does is its own affair
    at = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(where[-4:]))
    seen.append(f"{event} at {at}")


def _is_data(path: object) -> bool:
    """Whether the file is one that people sent, or that we keep for them; the database itself is not."""
    if not isinstance(path, str | Path) or services._services is None:
        return False
    if str(path) == tempfile.gettempdir():  # opened by itself to make a file in it that has no name
        return True
    folder, name = str(services.services().settings.data_dir), Path(path).name
    return str(path).startswith(folder) and not name.startswith(("platea.db", "di-uno.db"))
