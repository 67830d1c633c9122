"""What the children of `worker.py` do: one the jobs of the queue, one what is done again and again.

A composition root: here is the table of all tasks.
"""

import gc
import logging
import os
import signal
import time
from collections.abc import Sequence
from datetime import datetime
from importlib import import_module
from threading import Thread

from sqlalchemy.exc import SQLAlchemyError

from webapp import (
    budgets,
    clock,
    config,
    data_keys,
    db,
    mail,
    migrations,
    periodic,
    postgresql,
    services,
    wiring,
    workers,
)
from webapp.access.trail import audit, heads, push
from webapp.contacts import consent_words, emptying
from webapp.contacts.erasure import overwriting
from webapp.contacts.imports import importing, retention
from webapp.contacts.imports.files import reading_apart
from webapp.contacts.people import large_export
from webapp.destinations.meta.health import checking
from webapp.destinations.registry import DESTINATIONS
from webapp.host import backup, database_words, replaced
from webapp.periodic import Task
from webapp.queueing import JobWorker
from webapp.uploads import jobs as upload_jobs
from webapp.uploads.engine.reconcile import reconcile

# How long a short task may take before another worker does it, and so how long a dead one keeps it: with the
# lease (60 s) and a round (5 s) its batches are somebody else's after 73 s at most.
SHORT_ROUNDS = 1.5
SCHEMA_S = 10.0  # how often a worker looks whether it may still work with the schema
STATEMENT_S = 60.0  # of a short task: what takes longer is a database that is gone
log = logging.getLogger("platea.worker")


def short_tasks(settings: config.Settings) -> Sequence[Task]:
    """What is soon done, one after the other. Add a task here, or below when it may take its time."""
    every_s = settings.reconcile_s
    longest_s = SHORT_ROUNDS * every_s
    return [
        Task("uploads", "Caricamenti interrotti o in attesa", every_s, longest_s, reconcile),
        Task("imports", "Importazioni interrotte o in attesa", every_s, longest_s, importing.ring_lost),
        Task("exports", "Esportazioni in attesa", every_s, longest_s, large_export.ring_lost),
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
        Task("exported", "Esportazioni non scaricate", 60, 60, large_export.forget_old),
        Task("undo", "Annullamenti scaduti", 60, 60, importing.forget_undo),
        Task("retention", "Righe scartate da dimenticare", 60, 60, retention.forget_old),
        Task("budgets", "Limiti orari scaduti", 600, 60, budgets.forget_old),
        Task("addresses", "Indirizzi del registro da accorciare", 3600, 60, audit.forget_addresses),
        Task("sweep", "Pulizia dei segnali dei worker", 3600, 60, workers.sweep_old),
    ]


def long_tasks(settings: config.Settings) -> Sequence[Task]:
    """What may take minutes: each has a thread of its own."""

    def copy() -> None:
        backup.save_if_due(db.engine(), settings.backup_dir, settings.backup_every_h, settings.backup_key)

    def forget_replaced() -> None:
        if db.engine().dialect.name == "sqlite":
            replaced.forget_old(backup.sqlite_file(db.engine()))

    every_s = settings.reconcile_s
    return [
        Task("replaced", "Database sostituiti da un ripristino", 86_400, 60, forget_replaced),
        Task("overwriting", "Dati eliminati da sovrascrivere", 600, 600, overwriting.overwrite),
        Task("e-mail", "Invio delle email", every_s, 300, mail.send_due),
        Task(
            "trail", "Registro attività verso l’esterno", every_s, 300, push.send_due, said=(push.NotTaken,)
        ),
        Task("trail head", "Impronta del registro per email", heads.WEEK_S, 600, heads.post),
        Task("backup", "Copie del database", every_s, 600, copy, said=(backup.BackupError,)),
    ]


def run_jobs(settings: config.Settings) -> None:
    _prepare()
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


def keep_reconciling(settings: config.Settings) -> None:
    _prepare()
    services.start(settings, limit_s=STATEMENT_S)
    _wait_for_schema()
    name, started_at = workers.this_worker(), clock.now()
    for task in long_tasks(settings):
        Thread(target=_keep_doing, args=([task], name, settings.reconcile_s), daemon=True).start()
    _keep_doing(short_tasks(settings), name, settings.reconcile_s, started_at)


def _keep_doing(tasks: Sequence[Task], name: str, every_s: float, started_at: datetime | None = None) -> None:
    """Do what is due, for ever: no exception ends it. With *started_at* this also signs for the worker."""
    asked_at = time.monotonic()
    while True:
        try:
            if started_at and time.monotonic() - asked_at > SCHEMA_S:
                asked_at = time.monotonic()
                _leave_a_newer_schema()
            _round(tasks, name, started_at)
        except Exception as error:  # a loop that ends is missed by nobody, until what it did is
            log.warning("lavori periodici rimandati: %s", type(error).__name__)
        time.sleep(every_s)


def _leave_a_newer_schema() -> None:
    """End this worker, its jobs too, when an upgrade took away what this version works with."""
    if migrations.state(db.engine()) is migrations.State.NEWER:
        log.error("mi fermo: %s", database_words.NEWER_SCHEMA)
        os.kill(os.getppid(), signal.SIGTERM)


def _round(tasks: Sequence[Task], name: str, started_at: datetime | None) -> None:
    if started_at:
        with db.writing() as session:
            workers.sign(session, name, config.VERSION, started_at, clock.off_by_s())
    if abs(off_s := clock.off_by_s()) > clock.SLACK_S:
        log.error("l’orologio di questo host differisce di %.0f s da quello del database: non lavoro", off_s)
        return
    periodic.run_due(tasks, name)


def _wait_for_schema() -> None:
    """Wait until the database is of this version, and say once why not: an upgrade may be under way."""
    told = None
    while (words := _why_not_yet()) is not None:
        if words != told:
            log.warning("aspetto il database: %s", words)
            told = words
        time.sleep(1)


def _why_not_yet() -> str | None:
    try:
        state = migrations.state(db.engine())
        if state.is_usable:
            data_keys.make()
    except SQLAlchemyError as error:
        return database_words.why_not(getattr(error, "orig", None))
    except data_keys.KeysLost as error:
        return str(error)
    return {
        migrations.State.OLDER: "lo schema non è aggiornato: esegui “platea migra”.",
        migrations.State.NEWER: database_words.NEWER_SCHEMA,
    }.get(state)


def _prepare() -> None:
    postgresql.let_its_clock_rule()
    wiring.register_hooks()
