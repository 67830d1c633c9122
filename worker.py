"""The RQ worker of Platea: `python worker.py`.

One command, two children that are started again if they fall: one runs the jobs of the queue (RQ), one
finds again what was lost (`reconcile`). Start as many as there is work for, on as many hosts as you like.
"""

import gc
import logging
import sys
import time
from datetime import datetime
from importlib import import_module
from threading import Thread

from sqlalchemy.exc import OperationalError

from webapp import clock, config, db, logs, mail, migrations, services, wiring, workers
from webapp.contacts.imports import importing, retention
from webapp.destinations.meta.health import checking
from webapp.destinations.registry import DESTINATIONS
from webapp.host import backup
from webapp.host.processes import Household, python
from webapp.queueing import JobWorker
from webapp.uploads import jobs as upload_jobs
from webapp.uploads.engine.reconcile import reconcile

GRACE_S = 30.0  # for the job that is running when the worker is asked to end
TURN = "reconcile"
# How long a turn outlives a round, and so a dead worker: with the lease (60 s) and a round (5 s) its batches
# are somebody else's after 73 s at most.
TURN_ROUNDS = 1.5
log = logging.getLogger("platea.worker")


def main(arguments: list[str]) -> int:
    try:
        settings = config.from_environment()
    except config.WrongSetting as error:
        print(error, file=sys.stderr)
        return 2
    logs.configure()
    wiring.introduce_rooms()
    if arguments == ["lavori"]:
        _run_jobs(settings)
    elif arguments == ["riconcilia"]:
        _keep_reconciling(settings)
    else:
        _supervise()
    return 0


def _supervise() -> None:
    household = Household()
    household.end_on_signals()
    name = workers.this_process()
    for role in ("riconcilia", "lavori"):
        household.add(role, python(__file__, role), {"PLATEA_WORKER": name}, GRACE_S)
    household.watch()
    household.stop()


def _run_jobs(settings: config.Settings) -> None:
    # Not pooled: the job runs in a fork, and a database connection must not be shared with one.
    services.start(settings, pooled=False)
    _wait_for_schema()
    _load_before_forking()
    JobWorker.on(settings.redis_url).work(logging_level="WARNING")


def _load_before_forking() -> None:
    """What a job needs is imported once, here: 25 ms a job instead of 85."""
    import_module("webapp.contacts.jobs")
    import_module("webapp.destinations.meta.jobs")
    for place in DESTINATIONS.values():
        import_module(place.partition(":")[0])
    assert upload_jobs
    # What is there now stays: no job need walk it again and again, looking for what it can forget.
    gc.collect()
    gc.freeze()


def _keep_reconciling(settings: config.Settings) -> None:
    services.start(settings)
    _wait_for_schema()
    name, started_at = workers.this_worker(), clock.now()
    Thread(target=_keep_doing_chores, args=(settings, name), daemon=True).start()
    while True:
        try:
            _round(name, started_at, settings.reconcile_s)
        except OperationalError as error:  # the database is locked or away: the next round finds it again
            log.warning("riconciliazione rimandata: %s", type(error.orig).__name__)
        time.sleep(settings.reconcile_s)


def _round(name: str, started_at: datetime, every_s: float) -> None:
    with db.writing() as session:
        workers.sign(session, name, config.VERSION, started_at)
        our_turn = workers.take_turn(session, TURN, name, TURN_ROUNDS * every_s)
        if our_turn:
            workers.sweep(session)
    if our_turn:
        importing.reconcile()
        retention.forget_old()
        reconcile()
        checking.ring_due()


def _keep_doing_chores(settings: config.Settings, name: str) -> None:
    """What may take its time and must not hold up the reconciliation: e-mails, copies of the database."""
    while True:
        try:
            if _is_our_turn("e-mail", name, 60):
                mail.send_due()
            if _is_our_turn("backup", name, 600):  # a copy of a large database takes minutes
                backup.save_if_due(db.engine(), settings.backup_dir, settings.backup_every_h)
        except OperationalError as error:
            log.warning("e-mail e copie rimandate: %s", type(error.orig).__name__)
        except backup.BackupError as error:
            log.error("copia del database non fatta: %s", error)
        time.sleep(settings.reconcile_s)


def _is_our_turn(task: str, name: str, seconds: float) -> bool:
    with db.writing() as session:
        return workers.take_turn(session, task, name, seconds)


def _wait_for_schema() -> None:
    told = False
    while not migrations.is_current(db.engine()):
        if not told:
            log.warning("aspetto che lo schema del database sia aggiornato (platea migra)")
            told = True
        time.sleep(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
