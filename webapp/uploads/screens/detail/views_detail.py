"""One upload: how far it is, numbers that add up, its batches, what happened, who was left out and why."""

from typing import Any

from flask import Response, abort, render_template, request

from webapp import db
from webapp.access.current import current_operator, current_role, may
from webapp.access.models import Role
from webapp.access.trail.audit import Action, record_alone
from webapp.destinations import registry
from webapp.uploads.checking import keeping
from webapp.uploads.operations import Operation
from webapp.uploads.screens import check_texts, next_steps, texts
from webapp.uploads.screens.audience.views_audience import audience_url
from webapp.uploads.screens.detail import left_out, queries_detail, vendor_answers
from webapp.uploads.screens.lists import summary
from webapp.uploads.screens.lookups import upload_or_404
from webapp.uploads.screens.queries import Scope
from webapp.uploads.screens.routes import blueprint
from webapp.uploads.screens.rows import UploadRow
from webapp.web import csv_file
from webapp.web.conditional_get import conditional

LIVE_S = 2
LEFT_OUT_LIVE_S = 10
LISTED_ROWS = 100  # of one reason; all of them are in its CSV


@blueprint.get("/caricamenti/<upload_id>")
def detail(upload_id: str) -> str:
    row = upload_or_404(upload_id)
    shown = _progress(row) | _left_out(row) | _log(row) | _checked(row)
    return render_template(
        "uploads/screens/detail/detail.html",
        **shown,
        audience_url=audience_url(row),
        # Open for support, and for who goes through the batches or asks for the whole log.
        is_technical=not may(Role.MARKETER) or bool(_page_args()),
    )


@blueprint.get("/caricamenti/<upload_id>/avanzamento")
def progress_fragment(upload_id: str) -> Response:
    row = upload_or_404(upload_id)
    return conditional(
        _etag_parts(row), lambda: render_template("uploads/screens/lists/_progress.html", **_progress(row))
    )


@blueprint.get("/caricamenti/<upload_id>/registro")
def log_fragment(upload_id: str) -> Response:
    row = upload_or_404(upload_id)
    mark = (*_etag_parts(row), _page_number(), _whole_log())
    return conditional(mark, lambda: render_template("uploads/screens/detail/_log.html", **_log(row)))


@blueprint.get("/caricamenti/<upload_id>/esclusi")
def left_out_fragment(upload_id: str) -> str:
    return render_template("uploads/screens/detail/_left_out.html", **_left_out(upload_or_404(upload_id)))


@blueprint.get("/caricamenti/<upload_id>/esclusi/<reason_key>")
def left_out_rows(upload_id: str, reason_key: str) -> str:
    """The contacts of one reason, the first of them; support sees them masked, and no name."""
    row, sees_contacts = upload_or_404(upload_id), may(Role.MARKETER)
    with db.reading() as session:
        reasons = left_out.by_reason(session, row, with_samples=False)
    reason = next((one for one in reasons if one.key == reason_key), None) or abort(404)
    return render_template(
        "uploads/screens/detail/left_out_rows.html",
        row=row,
        reason=reason,
        people=left_out.listed(row, reason.key, LISTED_ROWS, masked=not sees_contacts),
        sees_contacts=sees_contacts,
    )


@blueprint.get("/caricamenti/<upload_id>/dati-non-validi.csv")
def invalid_csv(upload_id: str) -> Response:
    """The contacts themselves, to be corrected and imported again; `motivo` narrows to one reason."""
    row = upload_or_404(upload_id)
    reason = request.args.get("motivo")
    with db.reading() as session:
        known = {one.key: one.words for one in left_out.by_reason(session, row, with_samples=False)}
    if reason is not None and reason not in known:
        abort(404)
    told = {"id": row.public_id, "motivo": known.get(reason or "")}
    record_alone(
        Action.FILE_DOWNLOADED,
        on=f"dati non validi di {row.audience_name}",
        detail=told,
        client_id=row.client_id,
    )
    return csv_file.download(left_out.csv_rows(row, reason), f"dati-non-validi-{row.number}.csv")


def _etag_parts(row: UploadRow) -> tuple[object, ...]:
    """The parts of the entity tags of an upload's fragments."""
    with db.reading() as session:
        last_event = queries_detail.last_event_id(session, row.id)
        no_worker = _no_worker(session, row)
    seen_by = (current_operator().id, current_role())
    state = (row.public_id, row.updated_at, row.status, row.batches, row.queue_place)
    return (*state, last_event, no_worker, *seen_by)


def _progress(row: UploadRow) -> dict[str, Any]:
    """Everything `_progress.html` shows."""
    with db.reading() as session:
        ticks = queries_detail.ticks(session, row)
        no_worker = _no_worker(session, row)
    accounts = next_steps.accounts_of(row.client_id)
    return {
        **_shared(row),
        "numbers": row.numbers,
        "note": next_steps.note(row, accounts),
        "account": accounts.get((row.destination, row.account_id)),
        "ticks": ticks,
        "no_worker": no_worker,
        "may_upload": may(Role.MARKETER),
        "may_configure": may(Role.ADMINISTRATOR),
    }


def _log(row: UploadRow) -> dict[str, Any]:
    """Everything `_log.html` shows."""
    limit = queries_detail.MOST_EVENTS if _whole_log() else queries_detail.LATEST_EVENTS
    with db.reading() as session:
        attempts = queries_detail.attempts(session, row.id)
        batches = queries_detail.batch_page(session, row.id, row.batches, _page_number())
        events, has_more = queries_detail.events(session, row, limit)
        told = vendor_answers.gather(queries_detail.raw_events(session, row.id, queries_detail.MOST_ANSWERS))
    return {
        **_shared(row),
        "batches": batches,
        "attempts": attempts,
        "events": events,
        "has_more_events": has_more,
        "answers": told,
        "page_args": _page_args(),
    }


def _shared(row: UploadRow) -> dict[str, Any]:
    return {"row": row, "interval": None if row.is_final else LIVE_S, "words": texts}


def _left_out(row: UploadRow) -> dict[str, Any]:
    """Everything `_left_out.html` shows. Support sees how many and why, never whom."""
    sees_contacts = may(Role.MARKETER)
    with db.reading() as session:
        reasons = left_out.by_reason(session, row, with_samples=sees_contacts)
    return {
        "row": row,
        "reasons": reasons,
        "sees_contacts": sees_contacts,
        "left_out_interval": None if row.is_final else LEFT_OUT_LIVE_S,
        "words": texts,
    }


def _checked(row: UploadRow) -> dict[str, Any]:
    """Everything `_kept_check.html` shows: what was said before it was sent, if anything was."""
    with db.reading() as session:
        kept = keeping.of_upload(session, row.id)
    if kept is None:
        return {"kept": None}
    bill = check_texts.bill(kept.numbers, Operation(row.operation))
    destination = registry.destination(row.destination)
    return {
        "kept": kept,
        "check": {"bill": bill},
        "effort": check_texts.effort(kept.calls, kept.lasts_s, destination.label),
        "came_otherwise": row.numbers.is_known and not check_texts.is_same(kept.numbers, row.numbers),
    }


def _no_worker(session: Any, row: UploadRow) -> bool:
    return not row.is_final and summary.no_worker_for(session, Scope((row.client_id,), row.database_id))


def _page_number() -> int:
    number = request.args.get("blocchi", "")
    return int(number) if number.isdecimal() and len(number) < 7 else 1


def _whole_log() -> bool:
    return request.args.get("registro") == "tutto"


def _page_args() -> dict[str, object]:
    args: dict[str, object] = {"blocchi": _page_number()} if _page_number() > 1 else {}
    return args | ({"registro": "tutto"} if _whole_log() else {})
