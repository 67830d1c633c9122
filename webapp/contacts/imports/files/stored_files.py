"""Files of contacts between arrival and import: in the database in sealed pieces, for a short time.

They lie there under a random name; what the person called a file is only ever shown. Whoever reads one gets a
private copy that no name leads to, and that ends with who holds it: web and workers need no folder in common.

Files of the version before this one lie in the data folder: they are read from there, and go as they went.
"""

import os
import re
import shutil
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from sqlalchemy import event
from sqlmodel import Session

from webapp import sealed_files
from webapp.contacts import texts
from webapp.contacts.imports.files.file_limits import UnreadableFile
from webapp.crypto import CannotOpen
from webapp.sealed_files import IMPORT
from webapp.services import services
from webapp.values.identifiers import new_public_id

LONGEST_NAME = 120
DAMAGED = "Il file caricato è rovinato o la sua chiave non c’è più: caricalo di nuovo."


class Arrived:
    """A file on its way in: a private copy, which nobody has stored yet."""

    def __init__(self, copy: BinaryIO, size_bytes: int) -> None:
        self._copy, self.size_bytes = copy, size_bytes

    def open(self) -> BinaryIO:
        return os.fdopen(os.dup(self._copy.fileno()), "rb")

    def keep(self) -> str:
        """Store it; its name. To be called before a transaction begins."""
        name = new_public_id()
        self._copy.seek(0)
        sealed_files.keep(IMPORT, name, self._copy)
        return name


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that was kept under *name*."""

    name: str

    def open(self) -> BinaryIO:
        """A private copy of its content. Raises FileNotFoundError, UnreadableFile."""
        try:
            return sealed_files.unpacked(IMPORT, self.name)
        except FileNotFoundError:
            return _of_before(self.name).open("rb")
        except (sealed_files.Damaged, CannotOpen):
            raise UnreadableFile(DAMAGED) from None


@contextmanager
def arriving(source: IO[bytes] | Path) -> Iterator[Arrived]:
    """A copy of *source* to look at before it is kept. Raises UnreadableFile when it is too large."""
    with tempfile.TemporaryFile(prefix="platea-") as copy:
        if isinstance(source, Path):
            with source.open("rb") as stream:
                _copy(stream, copy)
        else:
            _copy(source, copy)
        copy.flush()
        yield Arrived(copy, copy.tell())


def forget_with(session: Session, stored_name: str) -> None:
    """Forget the file when *session* commits: while its row may still come back, so must the file."""
    sealed_files.forget_in(session, stored_name)
    event.listen(session, "after_commit", lambda _session: _forget_of_before(stored_name), once=True)


def keep_with(session: Session, stored_name: str) -> None:
    """Forget the file if *session* does not come to commit the row that names it."""
    event.listen(session, "after_rollback", lambda _session: sealed_files.forget(stored_name), once=True)


def forget_others(named: Collection[str], older_than_s: float) -> None:
    """Forget the files that no row names, which a process that died in between left.

    One that is younger than *older_than_s* may be about to get its row.
    """
    sealed_files.forget_others(IMPORT, named, older_than_s)
    sealed_files.sweep()
    folder = former_folder()
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name not in named and path.is_file() and time.time() - path.stat().st_mtime > older_than_s:
            path.unlink(missing_ok=True)


def kept() -> set[str]:
    """The names of all files that are there, those of the former version too."""
    folder = former_folder()
    return sealed_files.names(IMPORT) | {path.name for path in (folder.iterdir() if folder.is_dir() else ())}


def former_folder() -> Path:
    """Where the version before this one kept them, if it ever did here."""
    return services().settings.data_dir / "importazioni"


def _of_before(stored_name: str) -> Path:
    return former_folder() / Path(stored_name).name


def _forget_of_before(stored_name: str) -> None:
    with suppress(OSError):  # of another host, or no longer there
        _of_before(stored_name).unlink()


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
