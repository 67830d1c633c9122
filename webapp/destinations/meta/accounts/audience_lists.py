"""The custom audiences of an account, read while somebody waits or, when that takes too long, by a worker.

1,500 audiences at two seconds a page take longer than any page may (Meta sheet §3.2): the worker takes its
time and keeps what it read; pages show that, with the hour it was read.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlmodel import Session

from webapp import clock, db
from webapp.destinations.base import Problem, TemporaryError
from webapp.destinations.meta.models import MetaAccount, MetaAudienceList
from webapp.services import services

JOB = "webapp.destinations.meta.jobs.read_audiences"
JOB_DEADLINE_S = 8 * 60.0  # shorter than RQ's own limit for a job
SLOW_S = 8.0  # a list that took longer is not read in front of a page again
FRESH = timedelta(minutes=2)
SHOWN_AGAIN = timedelta(seconds=60)  # who looks again so soon sees the same list: Meta counts every request
ASK_AGAIN = timedelta(seconds=30)

READING = Problem(
    "elenco",
    "Questo account ha molte custom audience: Facebook impiega un po’ a elencarle e le stiamo leggendo.",
    "Aspetta un momento: l’elenco compare da solo, oppure ricarica la pagina tra un minuto.",
    "nessuno",
)


class Listed(NamedTuple):
    """Audiences as Graph describes them, newest first, and when they were read."""

    nodes: list[dict[str, Any]]
    read_at: datetime


def kept(account_id: int) -> MetaAudienceList | None:
    with db.reading() as session:
        row = session.get(MetaAudienceList, account_id)
        session.expunge_all()  # stays readable after the transaction
    return row


def keep(session: Session, account_id: int, nodes: list[dict[str, Any]], took_s: float) -> None:
    row = session.get(MetaAudienceList, account_id) or MetaAudienceList(account_id=account_id)
    row.nodes, row.read_at, row.took_s = nodes, clock.now(), took_s
    session.add(row)


def outdate(account_id: int) -> None:
    """It lacks an audience that was just created: the next page reads it anew."""
    with db.writing() as session:
        row = session.get(MetaAudienceList, account_id)
        if row is not None and not is_slow(row):  # a slow one is shown with its hour until a worker has read
            session.delete(row)


def shown(account_id: int, read: Callable[[], Listed], anew: bool) -> Listed:
    """The list for a page that only shows it: one read a moment ago is good enough, else *read* it now."""
    row = kept(account_id)
    if row and row.nodes is not None and row.read_at and _is_of_a_moment_ago(row.read_at) and not anew:
        return Listed(row.nodes, row.read_at)
    started = time.monotonic()
    found = read()
    if _is_of_a_moment_ago(found.read_at):
        with db.writing() as session:
            if session.get(MetaAccount, account_id) is not None:  # deleted meanwhile
                keep(session, account_id, found.nodes, time.monotonic() - started)
    return found


def _is_of_a_moment_ago(read_at: datetime) -> bool:
    return clock.is_recent(read_at, SHOWN_AGAIN, clock.now())


def is_slow(row: MetaAudienceList | None) -> bool:
    return row is not None and row.took_s > SLOW_S


def from_a_worker(account_id: int) -> Listed:
    """The list that a worker read last; it is asked to read again when that is not fresh.

    Raises TemporaryError while nothing was read yet.
    """
    row = kept(account_id)
    if row is None or not clock.is_recent(row.read_at, FRESH, clock.now()):
        _ask(account_id, row)
    if row is None or row.read_at is None or row.nodes is None:
        raise TemporaryError(READING, 5)
    return Listed(row.nodes, row.read_at)


def _ask(account_id: int, row: MetaAudienceList | None) -> None:
    if row is not None and clock.is_recent(row.asked_at, ASK_AGAIN, clock.now()):
        return
    if services().job_queue.enqueue(JOB, account_id):
        with db.writing() as session:
            if session.get(MetaAccount, account_id) is None:
                return  # deleted meanwhile
            current = session.get(MetaAudienceList, account_id) or MetaAudienceList(account_id=account_id)
            current.asked_at = clock.now()
            session.add(current)
