"""The history of the uploads of a database or filter; the other pages of the room come with it."""

from flask import Response, render_template, request

from webapp import db
from webapp.access.current import current_client_id, current_operator, current_role, may
from webapp.access.models import Role
from webapp.uploads import usage
from webapp.uploads.screens import sources, views_actions
from webapp.uploads.screens.audience import views_audience
from webapp.uploads.screens.detail import views_detail, views_diagnosis
from webapp.uploads.screens.form import forecast, views_source, views_upload
from webapp.uploads.screens.lists import history, list_state, views_monitor
from webapp.uploads.screens.lists.list_state import ListState
from webapp.uploads.screens.queries import StatusGroup
from webapp.uploads.screens.routes import blueprint
from webapp.uploads.screens.sources import Source
from webapp.web import conditional_get
from webapp.web.conditional_get import conditional

__all__ = [
    "blueprint",
    "views_actions",
    "views_audience",
    "views_detail",
    "views_diagnosis",
    "views_monitor",
    "views_source",
    "views_upload",
]

blueprint.record_once(lambda state: conditional_get.init_app(state.app))

DATABASE = "/database/<database_id>/custom-audience"
FILTER = "/database/<database_id>/filtri/<filter_id>/custom-audience"


@blueprint.get(DATABASE, endpoint="history")
@blueprint.get(FILTER, endpoint="filter_history")
def show_history(database_id: str, filter_id: str | None = None) -> str:
    source = _source(database_id, filter_id)
    with db.reading() as session:
        media = forecast.media_of(session, db.saved_id(source.database))
        uploads = usage.count_of_filter(session, db.saved_id(source.filter)) if source.filter else None
    return render_template(
        "uploads/screens/lists/history.html", media=media, uploads=uploads, **_context(source, _state())
    )


@blueprint.get(f"{DATABASE}/storico", endpoint="history_fragment")
@blueprint.get(f"{FILTER}/storico", endpoint="filter_history_fragment")
def update_history(database_id: str, filter_id: str | None = None) -> Response:
    source, state = _source(database_id, filter_id), _state()
    with db.reading() as session:
        mark = history.etag_parts(session, source, state)
    seen_by = (current_operator().id, current_role())
    return conditional(
        (*mark, *seen_by),
        lambda: render_template("uploads/screens/lists/_history.html", **_context(source, state)),
    )


def _source(database_id: str, filter_id: str | None) -> Source:
    with db.reading() as session:
        return sources.find(session, current_client_id(), database_id, filter_id)


def _state() -> ListState[StatusGroup]:
    return list_state.read(request.args, StatusGroup.ALL)


def _context(source: Source, state: ListState[StatusGroup]) -> dict[str, object]:
    return history.context(source, state) | {
        "may_upload": may(Role.MARKETER),
        "may_configure": may(Role.ADMINISTRATOR),
    }
