"""Several filters at once: those that somebody has ticked in a list, of whichever databases of the client."""

from flask import Response, abort, make_response, render_template, request, url_for
from sqlalchemy import select
from sqlmodel import Session, col

from webapp import db
from webapp.access.current import current_client_id
from webapp.access.trail.audit import Action, record
from webapp.contacts.filters import filter_pages
from webapp.contacts.models import Filter, UserDatabase
from webapp.contacts.routes import blueprint
from webapp.values import texts
from webapp.web import htmx

MOST = 100
NONE_TICKED = "Prima segna almeno un filtro."


@blueprint.post("/filtri/elimina")
def delete_filters() -> Response:
    """Asks first. A filter that an upload at work needs stays, and is named."""
    if request.form.get("conferma") == "si":
        return _delete()
    with db.reading() as session:
        found = _ticked(session)
        if not found:
            return htmx.notice(htmx.go_to(url_for("contacts.all_filters")), NONE_TICKED, "err")
        held = [saved for saved, _ in found if filter_pages.is_held(session, saved)]
        free = [(saved, database) for saved, database in found if saved not in held]
        return make_response(render_template("contacts/filters/delete_filters.html", held=held, free=free))


def _delete() -> Response:
    with db.writing() as session:
        found = _ticked(session, to_delete=True)
        held = [saved for saved, _ in found if filter_pages.is_held(session, saved)]
        for saved, database in found:
            if saved in held:
                continue
            about = {"id": saved.public_id, "database": database.name}
            record(session, Action.FILTER_DELETED, on=saved.name, detail=about, client_id=database.client_id)
            session.delete(saved)
        deleted = len(found) - len(held)
    said = f"{texts.plural(deleted, 'filtro eliminato', 'filtri eliminati')}."
    if held:
        said += f" {texts.plural(len(held), 'resta, è in uso', 'restano, sono in uso')}."
    return htmx.notice(htmx.go_to(url_for("contacts.all_filters")), said)


def _ticked(session: Session, to_delete: bool = False) -> list[tuple[Filter, UserDatabase]]:
    """The filters in the form; 404 when one is not the client's, or was deleted a moment ago."""
    wanted = set(request.form.getlist("filtro")[:MOST])
    query = (
        select(Filter, UserDatabase)
        .join(UserDatabase, col(UserDatabase.id) == col(Filter.database_id))
        .where(
            col(Filter.public_id).in_(wanted),
            col(UserDatabase.client_id) == current_client_id(),
            col(UserDatabase.deleted_at).is_(None),
        )
        .order_by(col(Filter.id))
    )
    found = session.execute(query.with_for_update(of=Filter) if to_delete else query).all()
    if len(found) != len(wanted):
        abort(404)
    return [(saved, database) for saved, database in found]
