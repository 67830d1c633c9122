"""The RQ worker of Platea: `platea worker`, or `python worker.py`.

One command, two children that are started again if they fall: one runs the jobs of the queue (RQ), one does
what is done again and again (tasks, `webapp.worker_roles`). Start as many as there is work for, on as many
hosts as you like.
"""

import sys

from webapp import config, logs, places
from webapp.host.processes import Supervisor, python
from webapp.life import this_process

GRACE_S = 30.0  # for the job that is running when the worker is asked to end


def main(arguments: list[str]) -> int:
    try:
        settings = config.from_environment()
    except config.WrongSetting as error:
        print(error, file=sys.stderr)
        return 2
    logs.configure(level=settings.log_level)
    if arguments:
        _be(arguments, settings)
    else:
        _supervise()
    return 0


def _be(arguments: list[str], settings: config.Settings) -> None:
    """Imported by the children only: who watches them needs none of what they do, nor the memory for it."""
    from webapp import worker_roles

    if arguments == ["lavori"]:
        worker_roles.run_jobs(settings)
    elif arguments == ["riconcilia"]:
        worker_roles.keep_reconciling(settings)
    else:
        _supervise()


def _supervise() -> None:
    supervisor = Supervisor()
    supervisor.end_on_signals()
    name = this_process()
    for role in ("riconcilia", "lavori"):
        supervisor.add(role, python(*places.worker_command(), role), {"PLATEA_WORKER": name}, GRACE_S)
    supervisor.watch()
    supervisor.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
