"""The audit trail on a screen and as a file: read only, for administrators and the owner."""

from flask import Response, render_template, request

from webapp import db
from webapp.access.current import current_client_id, current_operator
from webapp.access.models import Operator
from webapp.access.routes import blueprint
from webapp.access.trail import audit, entries, push
from webapp.access.trail.audit_chain import verify
from webapp.access.trail.audit_words import GROUPS, WORDS
from webapp.web import csv_file

URL = "/configura/registro"
CHECKED = 10_000  # entries whose chain is looked at for a page: 0.13 s; `platea registro verifica` takes all


@blueprint.get(URL, endpoint="trail")
def show_trail() -> str:
    everybody = _people()
    narrowed = entries.read_narrowed(request.args, everybody)
    with db.reading() as session:
        chosen = _visible(everybody) & entries.matching(narrowed)
        page = entries.read_page(session, chosen, _number("prima"), _number("dopo"))
        addresses = entries.addresses(session, page)
        pushed = push.state(session) if current_operator().is_owner else None
        behind = push.waiting(session, pushed) if pushed else 0
    return render_template(
        "access/trail/trail.html",
        page=page,
        addresses=addresses,
        pushed=pushed,
        behind=behind,
        narrowed=narrowed,
        people=everybody,
        groups=GROUPS,
        words=WORDS,
        chain=verify(newest=CHECKED),
        checks_all=CHECKED,
    )


@blueprint.get(f"{URL}.csv")
def trail_csv() -> Response:
    everybody = _people()
    narrowed = entries.read_narrowed(request.args, everybody)
    chosen = _visible(everybody) & entries.matching(narrowed)
    audit.record_alone(
        audit.Action.TRAIL_EXPORTED,
        on="registro attività",
        detail={**narrowed.args},
        client_id=current_client_id(),
    )
    return csv_file.download(entries.csv_rows(chosen), "registro-attivita.csv")


def _people() -> list[Operator]:
    with db.reading() as session:
        return entries.people(session, current_client_id())


def _visible(everybody: list[Operator]) -> entries.Where:
    return entries.visible(current_client_id(), everybody, current_operator().is_owner)


def _number(name: str) -> int | None:
    """The number of an entry in the query string, None when it is no number."""
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
