"""The life of a process: its name, whether it has ended, and its tie to the one that started it.

Whoever only starts others imports this and little else: it is there at once, and small.
"""

import os
import signal
import socket
from ctypes import CDLL
from functools import lru_cache
from pathlib import Path


def this_process() -> str:
    """host/boot/namespace:pid:start, the owner written on leases.

    The start tells apart two lives of one pid, the namespace two containers that call themselves the same,
    the boot two machines that do.
    """
    return f"{_place()}:{os.getpid()}:{_started(os.getpid()) or 0}"


def is_gone(owner: str) -> bool:
    """True only for an owner of this place whose process certainly ended; for others only leases tell."""
    place, pid, started = owner.rsplit(":", 2)
    if place != _place() or started == "0":
        return False
    found = _started(int(pid))
    return not _is_hidden(int(pid)) if found is None else found != started


@lru_cache(maxsize=1)
def _place() -> str:
    """Where numbers of processes mean what they mean here: the host, its boot, the PID namespace (Linux)."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]
        namespace = Path("/proc/self/ns/pid").readlink().name.strip("pid:[]")
    except OSError:
        return socket.gethostname()
    return f"{socket.gethostname()}/{boot}/{namespace}"


def _started(pid: int) -> str | None:
    """The kernel's start tick of a process (Linux), None when there is no such process to be seen."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]


def _is_hidden(pid: int) -> bool:
    """Whether there is a process that /proc does not show us: somebody else's, with `hidepid`."""
    if Path(f"/proc/{pid}").exists():
        return False  # it was seen, and had ended
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def die_with_parent() -> None:
    """First thing in a job (Linux): otherwise a killed worker leaves its job running beside the next one."""
    PR_SET_PDEATHSIG = 1
    try:
        CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    except (OSError, AttributeError):
        return  # not Linux: the lease and the fencing token still keep the numbers right
