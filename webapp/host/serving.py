"""gunicorn without the folder it is started in: `python -P -m webapp.host.serving …` with gunicorn's options.

As it comes, gunicorn puts the current folder first on the path and runs a `gunicorn.conf.py` that lies there:
whoever may write where somebody gives the command has their code run with the keys of the installation.
Files are still found from there, as for every command of ours.

And `kill -HUP`, which starts processes with new code, ends those of before at once as it comes: for as long
as the new ones load nobody answers, and when they cannot load nobody ever does. Here who answers goes on
until the others do.
"""

import os
import time
from typing import Any

from gunicorn.app import base
from gunicorn.app.wsgiapp import WSGIApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer


class Parent(Arbiter):  # type: ignore[misc] # gunicorn has no types
    def manage_workers(self) -> None:
        by_age = sorted(self.WORKERS.values(), key=lambda worker: worker.age)
        newest = by_age[-self.num_workers :]
        if len(by_age) <= self.num_workers or all(map(_answers, newest)):
            super().manage_workers()

    def reap_workers(self) -> None:
        try:
            super().reap_workers()
        except HaltServer as halted:
            if halted.exit_status != self.WORKER_BOOT_ERROR or not any(map(_answers, self.WORKERS.values())):
                raise
            self.log.error("il codice nuovo non parte: rispondono ancora i processi di prima")


def _answers(worker: Any) -> bool:
    """Whether the process has begun to serve: from then on it writes the time since the start of the machine
    (`WorkerTmp.notify`) where before there is the time of day."""
    written = float(worker.tmp.last_update())
    return abs(time.monotonic() - written) < abs(time.time() - written)


class Server(WSGIApplication):  # type: ignore[misc] # gunicorn has no types
    def chdir(self) -> None:
        os.chdir(self.cfg.chdir)


if __name__ == "__main__":
    base.Arbiter = Parent  # an application cannot name another one
    Server("%(prog)s [OPTIONS] [APP_MODULE]").run()
