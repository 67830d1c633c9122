"""Screen "Spazi cliente": the owner of the installation makes and renames them."""

from flask import Response, abort, make_response, render_template, request, url_for
from sqlmodel import Session

from webapp import db
from webapp.access.members import clients
from webapp.access.members.operators import OperatorError
from webapp.access.models import Client
from webapp.access.routes import blueprint
from webapp.access.trail import audit
from webapp.access.trail.audit import Action
from webapp.values.identifiers import looks_like_public_id
from webapp.web import htmx, seen

CLIENTS = "/configura/clienti"
CLIENT = f"{CLIENTS}/<client_id>"


@blueprint.get(CLIENTS, endpoint="clients")
def show_clients() -> str:
    with db.reading() as session:
        return render_template("access/members/clients.html", rows=clients.all_clients(session))


@blueprint.get(f"{CLIENTS}/nuovo")
def new_client() -> str:
    return _page(None, "", {})


@blueprint.post(f"{CLIENTS}/nuovo")
def create_client() -> Response:
    name = request.form.get("nome", "")
    try:
        with db.writing() as session:
            made = clients.create(session, name)
            audit.record(session, Action.CLIENT_CREATED, on=made.name, client_id=made.id)
    except OperatorError as error:
        return make_response(_page(None, name, {"nome": str(error)}), 422)
    return htmx.notice(htmx.go_to(url_for("access.clients")), f"Spazio cliente “{made.name}” creato.")


@blueprint.get(CLIENT)
def edit_client(client_id: str) -> str:
    with db.reading() as session:
        found = _client_or_404(session, client_id)
        return _page(found, found.name, {})


@blueprint.post(CLIENT)
def rename_client(client_id: str) -> Response:
    name = request.form.get("nome", "")
    with db.reading() as session:
        found = _client_or_404(session, client_id)
    try:
        with db.writing() as session:
            client = session.get_one(Client, found.id, with_for_update={"key_share": True})
            seen.refuse_unseen(client.name)
            clients.rename(session, client, name)
            audit.record(session, Action.CLIENT_RENAMED, on=client.name, client_id=client.id)
    except seen.ChangedMeanwhile:
        with db.reading() as session:
            newest = _client_or_404(session, client_id)
        return make_response(_page(newest, name, {}, is_stale=True), 409)
    except OperatorError as error:
        return make_response(_page(found, name, {"nome": str(error)}), 422)
    return htmx.notice(htmx.go_to(url_for("access.clients")), "Nome salvato.")


def _page(client: Client | None, name: str, errors: dict[str, str], is_stale: bool = False) -> str:
    template = "access/members/_client_form.html" if htmx.is_htmx() else "access/members/client.html"
    return render_template(template, client=client, name=name, errors=errors, is_stale=is_stale)


def _client_or_404(session: Session, public_id: str) -> Client:
    if not looks_like_public_id(public_id):
        abort(404)
    return clients.client_of(session, public_id) or abort(404)
