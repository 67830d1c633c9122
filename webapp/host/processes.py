"""Child processes that are started together and leave nothing behind when they stop.

Each child has its own session, so Ctrl-C reaches only the parent, which then stops them in order; and each
is tied to its parent's life (Linux), so `kill -9` of the parent leaves none either.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from webapp.life import die_with_parent

RESTART_AFTER_S = 1.0
LOOK_EVERY_S = 0.2


@dataclass(eq=False)
class Child:
    """A process to keep running. *grace_s*: how long it may take to end when asked politely."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    log: Path | None
    grace_s: float
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    died_at: float = 0.0

    def start(self) -> None:
        output = self.log.open("ab") if self.log else None
        try:
            self.process = subprocess.Popen(
                list(self.argv),
                env={**os.environ, **self.env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        finally:
            if output:
                output.close()

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ask_to_end(self) -> None:
        if self.process and self.is_alive:
            self.process.send_signal(signal.SIGTERM)

    def wait_or_kill(self, until: float) -> None:
        """Wait for the end until the monotonic time *until*, then kill the process and all it started."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Supervisor:
    """Children in the order of their start. A child that ends by itself is started again after a second."""

    def __init__(self, log_dir: Path | None = None) -> None:
        self._children: list[Child] = []
        self._log_dir = log_dir
        self._ending = False

    def add(
        self, name: str, argv: Sequence[str], env: Mapping[str, str] | None = None, grace_s: float = 3.0
    ) -> Child:
        log = self._log_dir / f"{name}.log" if self._log_dir else None
        child = Child(name, argv, env or {}, log, grace_s)
        child.start()
        self._children.append(child)
        return child

    def end_on_signals(self) -> None:
        """From now on SIGTERM and Ctrl-C make `watch()` return."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)

    def watch(self, done: Callable[[], bool] = lambda: False) -> None:
        """Keep the children running until a signal comes or *done* says so."""
        while not self._ending and not done():
            for child in self._children:
                self._revive(child)
            time.sleep(LOOK_EVERY_S)

    def stop(self, group: str | None = None) -> None:
        """End the children in reverse order, those of one group (`worker-1`, `worker-2`) together.

        With *group* only that one ends.
        """
        for name, children in reversed(self._groups().items()):
            if group in (None, name):
                _end(children)
                self._children = [child for child in self._children if child not in children]

    def release(self, name: str) -> Child:
        """The child of that name, no longer looked after."""
        child = next(child for child in self._children if child.name == name)
        self._children.remove(child)
        return child

    @property
    def is_ending(self) -> bool:
        return self._ending

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._ending = True

    def _revive(self, child: Child) -> None:
        if child.is_alive:
            return
        now = time.monotonic()
        if not child.died_at:
            child.died_at = now
        elif now - child.died_at >= RESTART_AFTER_S:
            child.died_at = 0.0
            child.start()

    def _groups(self) -> dict[str, list[Child]]:
        groups: dict[str, list[Child]] = {}
        for child in self._children:
            groups.setdefault(child.name.partition("-")[0], []).append(child)
        return groups


def _end(children: Sequence[Child]) -> None:
    for child in children:
        child.ask_to_end()
    until = time.monotonic() + max(child.grace_s for child in children)
    for child in children:
        child.wait_or_kill(until)


def python(*arguments: str) -> list[str]:
    """The command line that runs *arguments* with the interpreter we run in."""
    return [sys.executable, *arguments]
