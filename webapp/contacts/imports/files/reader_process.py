"""The process in which files from outside are opened, run as `python -m <this module> FD`.

    whoever wants a file read ─(a question, one end of a pair of sockets, the file)→ this process
      → fork: a child with limits on memory, processor time and files, for this one question
      ← frames of answers; when the child was killed, this process says by what signal

A file that asks for 500 GB, or for an hour, or that makes a library abort, costs its child and nothing else.
This process itself opens no file: it has one thread, forks in 2 ms, and ends with whoever started it. Whoever
closes the socket has the child killed. `reading_apart` is the other side, and says what frames there are.
"""

import contextlib
import logging
import os
import resource
import selectors
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from webapp.contacts.imports.files import csv_import, file_format, sheets
from webapp.contacts.imports.files.file_limits import MAX_COLUMNS, UnreadableFile
from webapp.contacts.imports.files.file_notices import FileNotices
from webapp.contacts.imports.files.file_rows import FileRow, readable

MEMORY_BYTES = 1_000_000_000  # of address space: the largest workbook that is taken needs 600 MB
# A page waits for some of it. Of 512 MB of CSV the whole reading takes 0.2 s/MB here, of a workbook 1 s/MB.
CPU_S, CPU_S_PER_MB = 10.0, 4.0
LENGTH = struct.Struct("<L")
_BLOCK_ROWS, _BLOCK_CHARS = 500, 1_000_000  # a frame holds so much, or one row
_OUT_OF_MEMORY = {"died": "memory"}

Frame = dict[str, Any]


def answers(asked: Frame) -> Iterator[Frame]:
    """The frames that answer *asked*. Raises what reading the file raises."""
    path = Path(asked["path"])
    if asked["do"] == "detect":
        yield {"end": asdict(file_format.detect(path, *asked["with"]))}
    elif asked["do"] == "sheets":
        yield {"end": [asdict(sheet) for sheet in sheets.all_of(path)]}
    else:
        form = file_format.FileFormat(**asked["format"])
        if asked["do"] == "first_rows":
            found = csv_import.first_rows(path, form, asked["most"])
            yield {"end": [(row.line, _shown(row.cells), row.problem) for row in found]}
        else:
            notices = FileNotices()
            rows = csv_import.read_rows(path, form, asked["max_columns"], notices)
            for block in _blocks(rows):
                yield {"rows": block, "notices": vars(notices)}
            yield {"end": None, "notices": vars(notices)}


def _shown(cells: list[str]) -> list[str]:
    return [readable(cell) for cell in cells[:MAX_COLUMNS]]


def _blocks(rows: Iterator[FileRow]) -> Iterator[list[tuple[int, list[str], str | None]]]:
    block: list[tuple[int, list[str], str | None]] = []
    chars = 0
    for row in rows:
        block.append((row.line, row.cells, row.problem))
        chars += len(row.cells) + sum(map(len, row.cells))
        if len(block) >= _BLOCK_ROWS or chars > _BLOCK_CHARS:
            yield block
            block, chars = [], 0
    if block:
        yield block


def _answer(asked: Frame, stream: socket.socket) -> None:
    """In the child: limits first, then every frame; an exception of ours is told without what it says."""
    _limit(Path(asked["path"]), asked.get("cpu_s"))
    try:
        for frame in answers(asked):
            send(stream, frame)
    except UnreadableFile as error:
        send(stream, {"unreadable": str(error)})
    except MemoryError:
        send(stream, _OUT_OF_MEMORY)
    except ConnectionError:
        return  # nobody wants the rest
    except Exception as error:
        # Its text may hold a cell of the file: the kind and the place are enough to find the fault.
        last = traceback.extract_tb(error.__traceback__)[-1]
        send(stream, {"failed": f"{type(error).__name__} {Path(last.filename).name}:{last.lineno}"})


def _limit(path: Path, cpu_s: float | None) -> None:
    with contextlib.suppress(OSError):
        cpu_s = cpu_s or CPU_S + CPU_S_PER_MB * path.stat().st_size / 1_000_000
    seconds = round(cpu_s or CPU_S)
    for what, most, hard in (
        (resource.RLIMIT_AS, MEMORY_BYTES, MEMORY_BYTES),
        (resource.RLIMIT_CPU, seconds, seconds + 5),  # at the first it ends with SIGXCPU, which says why
        (resource.RLIMIT_CORE, 0, 0),  # a core would hold the people of the file
        (resource.RLIMIT_FSIZE, 0, 0),  # it reads, and writes to nothing but its socket
    ):
        with contextlib.suppress(OSError, ValueError):  # a host may allow less already
            resource.setrlimit(what, (most, hard))


def send(stream: socket.socket, frame: Frame) -> None:
    data = orjson.dumps(frame)
    stream.sendall(LENGTH.pack(len(data)) + data)


class Server:
    """Forks a child for every question that comes, and looks after those it has."""

    def __init__(self, questions: socket.socket) -> None:
        self._questions = questions
        self._children: dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(questions, selectors.EVENT_READ)
        self._woken, wake = socket.socketpair()
        wake.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        self._wake = wake

    def run(self) -> None:
        """Until nobody is left to ask."""
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._woken:
                    self._woken.recv(4096)
                elif key.fileobj is not self._questions:
                    os.kill(key.data, signal.SIGKILL)  # not reaped yet, so the pid is its own
                    self._selector.unregister(key.fileobj)
                elif not self._take():
                    return
            self._reap()

    def _take(self) -> bool:
        data, descriptors, *_ = socket.recv_fds(self._questions, 65_536, 2)
        if not data:
            return False
        stream, file = socket.socket(fileno=descriptors[0]), descriptors[1]
        pid = os.fork()
        if pid == 0:
            # Opened anew there, as often as a library wants; it needs no name and no folder in common.
            self._be_child({**orjson.loads(data), "path": f"/proc/self/fd/{file}"}, stream)
        os.close(file)
        self._children[pid] = stream
        self._selector.register(stream, selectors.EVENT_READ, pid)  # readable: the other side has closed it
        return True

    def _be_child(self, asked: Frame, stream: socket.socket) -> None:
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for other in (self._questions, self._woken, self._wake, *self._children.values()):
                other.close()  # while a child holds it, the others never hear of an end
            # What a library says before it aborts may hold a cell of the file.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
            _answer(asked, stream)
            code = 0
        finally:
            os._exit(code)

    def _reap(self) -> None:
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            stream = self._children.pop(pid)
            with contextlib.suppress(KeyError):
                self._selector.unregister(stream)
            if os.WIFSIGNALED(status):
                # A frame that was cut short ends here too; whoever reads takes any end for a death.
                stream.setblocking(False)
                with contextlib.suppress(OSError):
                    send(stream, {"died": signal.Signals(os.WTERMSIG(status)).name})
            stream.close()


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):  # Ctrl-C is for who started us; we end with them
        signal.signal(number, signal.SIG_IGN)
    logging.disable()
    Server(socket.socket(fileno=int(sys.argv[1]))).run()


if __name__ == "__main__":
    main()
