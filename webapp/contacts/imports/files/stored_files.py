"""Files of contacts between arrival and import: in the data folder, under a random name, for a short time.

What the person called a file is only ever shown: nothing is opened or written under that name.
"""

import os
import re
import shutil
import time
from collections.abc import Collection
from pathlib import Path
from typing import IO

from sqlalchemy import event
from sqlmodel import Session

from webapp.contacts import texts
from webapp.contacts.imports.files.file_limits import UnreadableFile
from webapp.services import services
from webapp.values.identifiers import new_public_id

LONGEST_NAME = 120


def folder() -> Path:
    path = services().settings.data_dir / "importazioni"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def store(source: IO[bytes] | Path) -> Path:
    """A copy of *source*, readable by us alone. Raises UnreadableFile when it is larger than allowed."""
    path = folder() / new_public_id()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if isinstance(source, Path):
                with source.open("rb") as stream:
                    _copy(stream, file)
            else:
                _copy(source, file)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def forget(stored_name: str) -> None:
    (folder() / Path(stored_name).name).unlink(missing_ok=True)


def forget_with(session: Session, stored_name: str) -> None:
    """Forget the file once *session* has committed: while its row may still come back, so must the file."""
    event.listen(session, "after_commit", lambda _session: forget(stored_name), once=True)


def keep_with(session: Session, stored_name: str) -> None:
    """Forget the file if *session* does not come to commit the row that names it."""
    event.listen(session, "after_rollback", lambda _session: forget(stored_name), once=True)


def forget_others(named: Collection[str], older_than_s: float) -> int:
    """Forget the files that no row names, which a process that died in between left; how many.

    One that is younger than *older_than_s* may be about to get its row.
    """
    found = [path for path in folder().iterdir() if path.name not in named and path.is_file()]
    lost = [path for path in found if time.time() - path.stat().st_mtime > older_than_s]
    for path in lost:
        path.unlink(missing_ok=True)
    return len(lost)


def shown_name(file_name: str) -> str:
    """What a person called the file, without folders and characters that no name has; never empty."""
    name = re.split(r"[/\\]", file_name)[-1]
    name = "".join(c for c in name if c.isprintable()).strip()
    if len(name) > LONGEST_NAME:
        stem, dot, ending = name.rpartition(".")
        name = f"{stem[: LONGEST_NAME - 12]}…{dot}{ending[:8]}" if dot else name[:LONGEST_NAME]
    return name.strip(".") or "file senza nome"


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    limit = services().settings.max_upload_mb * 1_000_000
    shutil.copyfileobj(_Limited(source, limit), target, 1024 * 1024)


class _Limited:
    """A stream that refuses to give more than so many bytes: Content-Length may lie."""

    def __init__(self, source: IO[bytes], limit_bytes: int) -> None:
        self._source = source
        self._left = self._limit = limit_bytes

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise UnreadableFile(texts.too_large(self._limit // 1_000_000))
        return data
