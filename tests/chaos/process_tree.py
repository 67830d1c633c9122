"""Who started whom, from /proc."""

import os
import signal
from contextlib import suppress
from pathlib import Path


def children(pid: int) -> list[int]:
    """The processes that *pid* started and that are alive."""
    return [other for other in _all() if parent(other) == pid]


def parent(pid: int) -> int | None:
    """None when there is no such process, or it is dead and not yet forgotten."""
    fields = _stat(pid)
    return None if fields is None or fields[0] in "ZX" else int(fields[1])


def role(pid: int) -> str:
    """The last argument of the process: "lavori", "riconcilia"…"""
    with suppress(OSError):
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        return arguments[-1].decode(errors="replace")
    return ""


def strike(pid: int, with_signal: signal.Signals = signal.SIGKILL) -> bool:
    """Whether the process was there to be struck."""
    if parent(pid) is None:
        return False
    with suppress(ProcessLookupError):
        os.kill(pid, with_signal)
        return True
    return False


def _all() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat from the state on."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()
