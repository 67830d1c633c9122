"""`/metrics` for Prometheus: how the installation stands, asked of the database at each scrape.

Only for who brings PLATEA_METRICS_TOKEN as a bearer token; without the setting the address does not exist.
Names of clients, people and audiences are nowhere in it: accounts go by the id in their address.
"""

import hmac
from collections.abc import Iterator
from datetime import datetime

from flask import Response, abort, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from sqlmodel import Session, select

from webapp import clock, db, mail, periodic, workers
from webapp.access.models import Client
from webapp.config import VERSION
from webapp.destinations import registry
from webapp.destinations.base import Account
from webapp.home.routes import blueprint
from webapp.host import backup
from webapp.services import services
from webapp.uploads.figures import Figures, figures
from webapp.web import request_metrics


@blueprint.get("/metrics", endpoint="metrics")
def show_metrics() -> Response:
    token = services().settings.metrics_token
    if not token:
        abort(404)
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
    if not hmac.compare_digest(given, token.encode()):
        answer = Response("Serve PLATEA_METRICS_TOKEN come bearer token.\n", 401, mimetype="text/plain")
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    here = CollectorRegistry()
    here.register(_Installation())
    text = generate_latest(here) + generate_latest(request_metrics.registry_of(current_app))
    return Response(text, content_type=CONTENT_TYPE_LATEST)


class _Installation:
    """Collects once a scrape, in one reading transaction."""

    def collect(self) -> Iterator[Metric]:
        waiting = services().job_queue.waiting()
        with db.reading() as session:
            yield from _of_uploads(figures(session))
            yield from _of_tasks(session)
            yield _gauge("workers", "Worker attivi", len(workers.alive(session)))
            yield _gauge("mails_waiting", "Email che aspettano di partire", mail.waiting(session))
            client_ids = [db.saved_id(client) for client in session.exec(select(Client))]
        yield _gauge("redis_up", "1 se Redis risponde", waiting is not None)
        if waiting is not None:
            yield _gauge("queue_jobs", "Lavori nella coda di Redis", waiting)
        yield from _of_accounts(
            [account for client_id in client_ids for account in registry.accounts(client_id)]
        )
        yield from _of_copies()
        yield _labelled("build_info", "La versione di Platea", "version", {VERSION: 1})


def _of_uploads(found: Figures) -> Iterator[Metric]:
    yield _labelled("uploads", "Caricamenti per stato", "status", found.uploads)
    yield _labelled("batches", "Blocchi dei caricamenti non finiti, per stato", "status", found.batches)
    yield _labelled("batch_rows", "Utenti in quei blocchi, per stato", "status", found.rows)
    yield _labelled("batch_errors", "Blocchi non finiti per codice d’errore", "code", found.errors)
    yield _gauge("rows_received", "Utenti di cui la destinazione ha confermato l’arrivo", found.received)
    yield _gauge("rows_taken_out", "Utenti di cui la destinazione ha confermato l’uscita", found.taken_out)
    yield _gauge("oldest_waiting_seconds", "Da quanto aspetta ciò che potrebbe partire", found.waiting_s)


def _of_tasks(session: Session) -> Iterator[Metric]:
    runs = periodic.runs(session)
    yield _labelled(
        "task_failures", "Errori di fila di un lavoro periodico", "task", {r.name: r.failures for r in runs}
    )
    ended = {run.name: _age_s(run.succeeded_at) for run in runs if run.succeeded_at}
    yield _labelled("task_success_age_seconds", "Da quanto un lavoro periodico è riuscito", "task", ended)


def _of_accounts(accounts: list[Account]) -> Iterator[Metric]:
    yield _labelled(
        "account_problem", "1 se l’account non può inviare", "account",
        {account.public_id: account.problem is not None for account in accounts},
    )  # fmt: skip
    resting, left = {}, {}
    for account in accounts:
        until = registry.destination(account.kind).resting(account.id).until
        resting[account.public_id] = max(0.0, until - clock.epoch())
        if account.expires_at is not None:
            left[account.public_id] = (account.expires_at - clock.now()).total_seconds() / 86_400
    yield _labelled("account_rest_seconds", "Per quanto l’account riposa", "account", resting)
    yield _labelled("token_days_left", "Giorni alla scadenza dell’autorizzazione", "account", left)


def _of_copies() -> Iterator[Metric]:
    folder = services().settings.backup_dir
    copies = backup.copies(folder) if folder else []
    if copies:
        yield _gauge(
            "last_copy_age_seconds", "Età dell’ultima copia del database", _age_s(copies[-1].taken_at)
        )


def _age_s(at: datetime) -> float:
    return (clock.now() - at).total_seconds()


def _gauge(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(f"platea_{name}", what, value=float(value))


def _labelled(
    name: str, what: str, label: str, values: dict[str, float] | dict[str, int] | dict[str, bool]
) -> Metric:
    made = GaugeMetricFamily(f"platea_{name}", what, labels=(label,))
    for key, value in sorted(values.items()):
        made.add_metric((key,), float(value))
    return made
