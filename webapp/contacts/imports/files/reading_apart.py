"""Files from outside, read in a process apart: the functions that open one, as everybody else calls them.

What the file does to its reader happens over there (`reader_process`): too much memory or time, or a crash,
is an UnreadableFile here. Nothing of the answers is run or unpickled: they are JSON.
"""

import atexit
import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import orjson
import structlog

from webapp.contacts.imports.files.file_format import FileFormat
from webapp.contacts.imports.files.file_limits import MAX_COLUMNS, MAX_ROWS, UnreadableFile
from webapp.contacts.imports.files.file_notices import FileNotices
from webapp.contacts.imports.files.file_rows import FileRow
from webapp.contacts.imports.files.reader_process import CPU_S, CPU_S_PER_MB, LENGTH
from webapp.contacts.imports.files.sheets import Sheet
from webapp.host.processes import python

_SAVE = "salvalo come CSV e caricalo di nuovo, oppure dividilo in più file."
TOO_MUCH_MEMORY = f"Per leggere questo file serve troppa memoria: {_SAVE}"
TOO_MUCH_TIME = f"Per leggere questo file serve troppo tempo: {_SAVE}"
CRASHED = f"La lettura di questo file si è interrotta, forse perché è rovinato: {_SAVE}"
_BY_DEATH = {"memory": TOO_MUCH_MEMORY, "SIGABRT": TOO_MUCH_MEMORY, "SIGXCPU": TOO_MUCH_TIME}
_CUT_SHORT = {"died": "cut short"}
_LONGEST_FRAME = 64 * 1024 * 1024
_MODULE = "webapp.contacts.imports.files.reader_process"
_SILENT_FOR = 4.0  # times the processor time a question may take: other processes take theirs meanwhile
log = structlog.get_logger(__name__)


class Openable(Protocol):
    """A file somewhere, which `open` gives as one of this system's, at its beginning."""

    def open(self) -> BinaryIO: ...


Source = Path | Openable


def detect(
    source: Source,
    file_name: str,
    max_rows: int = MAX_ROWS,
    sheet: str | None = None,
    remembered: str | None = None,
) -> FileFormat:
    """As `file_format.detect`. Raises UnreadableFile, FileNotFoundError."""
    found = _only({"do": "detect", "with": (file_name, max_rows, sheet, remembered)}, source)
    return FileFormat(**found)


def read_rows(
    source: Source,
    file_format: FileFormat,
    max_columns: int = MAX_COLUMNS,
    notices: FileNotices | None = None,
    cpu_s: float | None = None,
) -> Iterator[FileRow]:
    """As `csv_import.read_rows`, some hundred rows at a time: *notices* counts to the end of those.

    *cpu_s*: how much processor time it may take, else as much as a file of its size needs.
    Raises UnreadableFile, FileNotFoundError, also in the middle.
    """
    asked = {"do": "rows", "format": asdict(file_format), "max_columns": max_columns, "cpu_s": cpu_s}
    for frame in _frames(asked, source):
        if notices is not None and "notices" in frame:
            told = frame["notices"]
            notices.counts = Counter(told["counts"])
            notices.columns, notices.sheet = told["columns"], told["sheet"]
            notices.header_row = told["header_row"]
        for line, cells, problem in frame.get("rows", ()):
            yield FileRow(line, cells, problem)


def first_rows(source: Source, file_format: FileFormat, most: int) -> list[FileRow]:
    """As `csv_import.first_rows`. Raises UnreadableFile, FileNotFoundError."""
    found = _only({"do": "first_rows", "format": asdict(file_format), "most": most}, source)
    return [FileRow(*row) for row in found]


def sheets_of(source: Source) -> list[Sheet]:
    """As `sheets.all_of`. Raises UnreadableFile, FileNotFoundError."""
    return [Sheet(**sheet) for sheet in _only({"do": "sheets"}, source)]


def start() -> None:
    """Have the process running, so that processes forked from this one share it. Not needed otherwise."""
    with _lock:
        _started()


def _only(asked: dict[str, Any], source: Source) -> Any:
    *_, last = _frames(asked, source)
    return last["end"]


def _frames(asked: dict[str, Any], source: Source) -> Iterator[dict[str, Any]]:
    """Every frame of the answer, the last one with "end". Closing the iterator ends the reading."""
    # It is there, and whoever may not read it hears of it here.
    file = source.open("rb") if isinstance(source, Path) else source.open()
    with file:
        size_bytes = os.fstat(file.fileno()).st_size
        yield from _answered(asked, file, size_bytes)


def _answered(asked: dict[str, Any], file: BinaryIO, size_bytes: int) -> Iterator[dict[str, Any]]:
    cpu_s = asked.get("cpu_s") or CPU_S + CPU_S_PER_MB * size_bytes / 1_000_000
    for is_last_try in (False, True):
        stream = _ask(asked, file.fileno())
        stream.settimeout(_SILENT_FOR * cpu_s)
        with stream, stream.makefile("rb") as answer:
            frame = _next_frame(answer)
            # Cut short before anything came: the process that forks the readers was killed, not this file's.
            if frame is _CUT_SHORT and not is_last_try and _is_gone():
                continue
            while True:
                _raise_what_it_says(frame)
                yield frame
                if "end" in frame:
                    return
                frame = _next_frame(answer)


def _next_frame(answer: Any) -> dict[str, Any]:
    try:
        head = answer.read(LENGTH.size)
        length = LENGTH.unpack(head)[0] if len(head) == LENGTH.size else 0
        data = answer.read(length) if length <= _LONGEST_FRAME else b""
    except TimeoutError:
        return {"died": "SIGXCPU"}
    except ConnectionError:
        return _CUT_SHORT
    try:
        frame: dict[str, Any] = orjson.loads(data)
    except orjson.JSONDecodeError:
        return _CUT_SHORT
    return frame


def _raise_what_it_says(frame: dict[str, Any]) -> None:
    if "unreadable" in frame:
        raise UnreadableFile(frame["unreadable"])
    if "died" in frame or "failed" in frame:
        log.error("lettura di un file interrotta", why=frame.get("died") or frame["failed"])
        raise UnreadableFile(_BY_DEATH.get(frame.get("died", ""), CRASHED))


_lock = threading.Lock()
_questions: socket.socket | None = None
_process: subprocess.Popen[bytes] | None = None


def _ask(asked: dict[str, Any], file: int) -> socket.socket:
    """Our end of the pair over which the answer comes; *file* goes along, opened: it may have no name."""
    ours, theirs = socket.socketpair()
    with theirs:
        data = orjson.dumps(asked)
        try:
            with _lock:
                try:
                    socket.send_fds(_started(), [data], [theirs.fileno(), file])
                except OSError:  # it was killed: by somebody, or when memory was short
                    _forget()
                    socket.send_fds(_started(), [data], [theirs.fileno(), file])
        except BaseException:
            ours.close()
            raise
    return ours


def _started() -> socket.socket:
    global _questions, _process
    if _questions is None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            _process = subprocess.Popen(
                python("-m", _MODULE, str(theirs.fileno())),
                # Of the environment only what Python needs to find us: no key, no password.
                env={
                    "PYTHONPATH": os.pathsep.join(map(os.path.abspath, filter(None, sys.path))),
                    "PATH": os.environ.get("PATH", ""),
                    "LC_ALL": "C.UTF-8",
                },
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        _questions = ours
    return _questions


def _is_gone() -> bool:
    """Whether the process has ended; the next question starts another one."""
    with _lock:
        try:
            if _process is not None:
                _process.wait(1)
        except subprocess.TimeoutExpired:
            return False
        _forget()
        return True


@atexit.register
def _forget() -> None:
    """Let go of the process: it ends when nobody is left who could ask it."""
    global _questions, _process
    if _questions is not None:
        _questions.close()
    if _process is not None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            _process.wait(1)
    _questions = _process = None
