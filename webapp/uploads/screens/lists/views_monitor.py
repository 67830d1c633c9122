"""The screen support watches: every upload of the clients an operator follows, and the workers."""

from collections.abc import Iterator, Sequence
from typing import Any

from flask import Response, abort, render_template, request, url_for
from sqlalchemy import and_

from webapp import db, periodic
from webapp.access.current import (
    current_client,
    current_client_id,
    current_operator,
    current_role,
    may,
    spaces,
)
from webapp.access.models import Client, Role
from webapp.access.trail.audit import Action, Detail, record_alone
from webapp.services import services
from webapp.uploads.screens import queries, texts
from webapp.uploads.screens.lists import list_state, monitor
from webapp.uploads.screens.lists.history import Tab
from webapp.uploads.screens.lists.monitor import ListFilter, MonitorGroup
from webapp.uploads.screens.routes import blueprint
from webapp.uploads.screens.rows import UploadRow
from webapp.values.texts import STATUSES, moment
from webapp.web import csv_file
from webapp.web.conditional_get import conditional

CSV_ROWS = 10_000
CSV_HEADER = (
    "Numero", "Custom audience", "Cliente", "Database", "Filtro", "Medium", "Account", "Stato",
    "Selezionati", "Scartati", "Duplicati", "Da inviare", "Inviati", "Rifiutati",
    "Avviato", "Finito", "Avviato da", "Id",
)  # fmt: skip


@blueprint.get("/caricamenti", endpoint="monitor")
def show_monitor() -> str:
    return render_template("uploads/screens/lists/monitor.html", **_context(_narrowed()))


@blueprint.get("/caricamenti/elenco")
def monitor_fragment() -> Response:
    list_filter, waiting = _narrowed(), services().job_queue.waiting()
    with db.reading() as session:
        mark = monitor.etag_parts(session, _clients(), list_filter)
    seen_by = (current_operator().id, current_role(), current_client().id, waiting)
    return conditional(
        (*mark, *seen_by),
        lambda: render_template("uploads/screens/lists/_monitor.html", **_context(list_filter)),
    )


@blueprint.get("/caricamenti/elenco.csv")
def monitor_csv() -> Response:
    """The whole list as CSV: counts and names of uploads, no contact."""
    list_filter = _narrowed()
    with db.reading() as session:
        found = _matching(list_filter)
        rows = queries.read_all(session, found, CSV_ROWS)
    told: Detail = {"righe": len(rows)}
    record_alone(Action.FILE_DOWNLOADED, "caricamenti.csv", told, client_id=current_client_id())
    return csv_file.download(_csv_rows(rows), "caricamenti.csv")


def _context(list_filter: ListFilter) -> dict[str, Any]:
    """Everything `_monitor.html` shows."""
    everyone = _clients()
    where = monitor.scope(everyone, list_filter)
    with db.reading() as session:
        counts = monitor.tab_counts(session, where)
        page = queries.read_page(session, _matching(list_filter), list_filter.state.page)
        crew = monitor.crew(session, everyone)
        shown = {
            "load": monitor.load(session, where),
            "lines": monitor.lines(session, page),
            "crew": crew,
            "tasks": periodic.runs(session),
            "accounts": monitor.account_names(session, everyone),
        }
    is_active = bool(counts[MonitorGroup.ACTIVE])
    return shown | {
        "narrowed": list_filter,
        "state": list_filter.state,
        "tabs": _tabs(list_filter, counts),
        "page": page,
        "clients": everyone,
        "client": current_client(),
        "may_upload": may(Role.MARKETER),
        # Hosts, versions and queues are for who looks after the machine, or is asked what is the matter.
        "sees_workers": current_role() != Role.MARKETER,
        "waiting": services().job_queue.waiting(),
        "no_worker": not any(worker.is_alive for worker in crew),
        "interval": monitor.ACTIVE_S if is_active else monitor.IDLE_S,
        "words": texts,
    }


def _matching(list_filter: ListFilter) -> Any:
    return and_(monitor.scope(_clients(), list_filter), monitor.in_group(list_filter.state.group))


def _clients() -> list[Client]:
    return [client for client, _ in spaces()]


def _narrowed() -> ListFilter:
    chosen = request.args.get("cliente") or None
    client = next((one for one in _clients() if one.public_id == chosen), None)
    if chosen is not None and client is None:
        abort(404)
    account = request.args.get("account", "")[:200]
    return ListFilter(list_state.read(request.args, MonitorGroup.ALL), client, account)


def _tabs(list_filter: ListFilter, counts: dict[MonitorGroup, int]) -> list[Tab]:
    return [
        Tab(
            label,
            counts[group],
            url_for("uploads.monitor", **list_filter.args(stato=group)),
            group == list_filter.state.group,
        )
        for group, label in monitor.GROUPS.items()
    ]


def _csv_rows(rows: Sequence[UploadRow]) -> Iterator[Sequence[str]]:
    yield CSV_HEADER
    for row in rows:
        numbers = row.numbers
        yield (
            str(row.number), row.audience_name, row.client_name, row.database_name, row.filter_name or "",
            texts.MEDIA[row.medium], row.account_name, STATUSES[row.status].label,
            *(str(count) if numbers.is_known else "" for count in (
                numbers.selected, numbers.n_discarded, numbers.duplicates, numbers.to_send, numbers.sent,
                numbers.rejected,
            )),
            moment(row.created_at), moment(row.finished_at) if row.finished_at else "", row.started_by,
            row.public_id,
        )  # fmt: skip
