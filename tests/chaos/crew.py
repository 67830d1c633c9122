"""Workers on several hosts, as far as they know, that are started again when they are killed."""

import threading
from pathlib import Path

from tests.chaos import process_tree
from tests.support.running import environment
from webapp.config import ROOT, Settings
from webapp.host.processes import Child, Supervisor, python

ENTRY = ROOT / "tests" / "chaos" / "deadly_worker.py"


class Crew:
    """`add("altrove", jobs=2)` starts a worker; its log is in *log_dir*. `stop()` ends everything."""

    def __init__(self, settings: Settings, log_dir: Path) -> None:
        log_dir.mkdir(parents=True, exist_ok=True)
        self.settings = settings
        self._household = Supervisor(log_dir)
        self._hosts: list[Child] = []
        self._stopping = threading.Event()
        self._keeper: threading.Thread | None = None

    def add(self, host: str = "", jobs: int = 1, **env: str) -> Child:
        name = f"worker-{len(self._hosts) + 1}"
        own = {"PLATEA_HOST": host, "PLATEA_JOBS": str(jobs), "PYTHONPATH": str(ROOT), **env}
        child = self._household.add(
            name, python(str(ENTRY)), {**environment(self.settings), **own}, grace_s=5
        )
        self._hosts.append(child)
        return child

    def keep(self) -> None:
        """From now on a killed host is started again after a second."""
        watch = self._household.watch
        self._keeper = threading.Thread(target=lambda: watch(self._stopping.is_set), daemon=True)
        self._keeper.start()

    def stop(self) -> None:
        """The test is over: what a polite end looks like is another test's question."""
        self._stopping.set()
        if self._keeper:
            self._keeper.join()
        for host in self.hosts():
            process_tree.strike(host)
        self._household.stop()

    def hosts(self) -> list[int]:
        """The processes that hold a host's other processes together."""
        return [child.process.pid for child in self._hosts if child.process and child.is_alive]

    def processes(self, role: str) -> list[int]:
        """The processes of all hosts with that role: "lavori" or "riconcilia"."""
        return [
            pid
            for host in self.hosts()
            for pid in process_tree.children(host)
            if process_tree.role(pid) == role
        ]
