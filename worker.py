"""The RQ worker of Platea: `python worker.py`.

One command, two children that are started again if they fall: one runs the jobs of the queue (RQ), one does
what is done again and again (`tasks`). Start as many as there is work for, on as many hosts as you like.
"""

import gc
import logging
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from importlib import import_module
from threading import Thread

from webapp import (
    clock,
    config,
    db,
    logs,
    mail,
    migrations,
    periodic,
    postgresql,
    services,
    wiring,
    workers,
)
from webapp.contacts import consent_words, emptying
from webapp.contacts.imports import importing, retention
from webapp.contacts.imports.files import reading_apart
from webapp.destinations.meta.health import checking
from webapp.destinations.registry import DESTINATIONS
from webapp.host import backup
from webapp.host.processes import Supervisor, python
from webapp.periodic import Task
from webapp.queueing import JobWorker
from webapp.uploads import jobs as upload_jobs
from webapp.uploads.engine.reconcile import reconcile

GRACE_S = 30.0  # for the job that is running when the worker is asked to end
# How long a short task may take before another worker does it, and so how long a dead one keeps it: with the
# lease (60 s) and a round (5 s) its batches are somebody else's after 73 s at most.
SHORT_ROUNDS = 1.5
STATEMENT_S = 60.0  # of a short task: what takes longer is a database that is gone
log = logging.getLogger("platea.worker")


def short_tasks(settings: config.Settings) -> Sequence[Task]:
    """What is soon done, one after the other. Add a task here, or below when it may take its time."""
    every_s = settings.reconcile_s
    longest_s = SHORT_ROUNDS * every_s
    return [
        Task("uploads", "Caricamenti interrotti o in attesa", every_s, longest_s, reconcile),
        Task("imports", "Importazioni interrotte o in attesa", every_s, longest_s, importing.ring_lost),
        Task("health", "Controllo degli account inserzionisti", every_s, longest_s, checking.enqueue_due),
        Task(
            "deleted",
            "Svuotamento dei database eliminati",
            every_s,
            longest_s,
            emptying.purge_deleted_databases,
        ),
        Task("words", "Parole del consenso da applicare", every_s, longest_s, consent_words.apply_some),
        Task("drafts", "Importazioni mai avviate", 60, 60, importing.forget_drafts),
        Task("undo", "Annullamenti scaduti", 60, 60, importing.forget_undo),
        Task("retention", "Righe scartate da dimenticare", 60, 60, retention.forget_old),
        Task("sweep", "Pulizia dei segnali dei worker", 3600, 60, workers.sweep_old),
    ]


def long_tasks(settings: config.Settings) -> Sequence[Task]:
    """What may take minutes: each has a thread of its own."""

    def copy() -> None:
        backup.save_if_due(db.engine(), settings.backup_dir, settings.backup_every_h)

    every_s = settings.reconcile_s
    return [
        Task("e-mail", "Invio delle email", every_s, 300, mail.send_due),
        Task("backup", "Copie del database", every_s, 600, copy, said=(backup.BackupError,)),
    ]


def main(arguments: list[str]) -> int:
    try:
        settings = config.from_environment()
    except config.WrongSetting as error:
        print(error, file=sys.stderr)
        return 2
    config.keep_files_private()
    logs.configure()
    postgresql.let_its_clock_rule()
    wiring.register_hooks()
    if arguments == ["lavori"]:
        _run_jobs(settings)
    elif arguments == ["riconcilia"]:
        _keep_reconciling(settings)
    else:
        _supervise()
    return 0


def _supervise() -> None:
    supervisor = Supervisor()
    supervisor.end_on_signals()
    name = workers.this_process()
    for role in ("riconcilia", "lavori"):
        supervisor.add(role, python(__file__, role), {"PLATEA_WORKER": name}, GRACE_S)
    supervisor.watch()
    supervisor.stop()


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
    reading_apart.start()
    assert upload_jobs
    # What is there now stays: no job need walk it again and again, looking for what it can forget.
    gc.collect()
    gc.freeze()


def _keep_reconciling(settings: config.Settings) -> None:
    services.start(settings, limit_s=STATEMENT_S)
    _wait_for_schema()
    name, started_at = workers.this_worker(), clock.now()
    for task in long_tasks(settings):
        Thread(target=_keep_doing, args=([task], name, settings.reconcile_s), daemon=True).start()
    _keep_doing(short_tasks(settings), name, settings.reconcile_s, started_at)


def _keep_doing(tasks: Sequence[Task], name: str, every_s: float, started_at: datetime | None = None) -> None:
    """Do what is due, for ever: no exception ends it. With *started_at* this also signs for the worker."""
    while True:
        try:
            _round(tasks, name, started_at)
        except Exception as error:  # a loop that ends is missed by nobody, until what it did is
            log.warning("lavori periodici rimandati: %s", type(error).__name__)
        time.sleep(every_s)


def _round(tasks: Sequence[Task], name: str, started_at: datetime | None) -> None:
    if started_at:
        with db.writing() as session:
            workers.sign(session, name, config.VERSION, started_at, clock.off_by_s())
    if abs(off_s := clock.off_by_s()) > clock.SLACK_S:
        log.error("l’orologio di questo host differisce di %.0f s da quello del database: non lavoro", off_s)
        return
    periodic.run_due(tasks, name)


def _wait_for_schema() -> None:
    told = False
    while not migrations.is_current(db.engine()):
        if not told:
            log.warning("aspetto che lo schema del database sia aggiornato (platea migra)")
            told = True
        time.sleep(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
