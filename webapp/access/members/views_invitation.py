"""Accepting an invitation: the link, then a page without the key in its address, then in.

Who opens the link is asked for a name and a password, or to sign in when the address has a login already.
"""

from flask import Response, abort, make_response, redirect, render_template, request, url_for
from flask import session as cookie
from flask_login import current_user
from werkzeug.wrappers import Response as Answer

from webapp import db
from webapp.access import current
from webapp.access.members import invitations
from webapp.access.members.operators import OperatorError, PasswordError
from webapp.access.models import Client, Invitation, Operator
from webapp.access.queries import operator_by_email
from webapp.access.routes import blueprint
from webapp.access.signing_in import known_browsers, sessions
from webapp.access.trail import audit
from webapp.access.trail.audit import Action
from webapp.web import htmx

URL = "/invito"
NOT_VALID = (
    "Questo link d’invito non vale: è già stato usato, è scaduto oppure è incompleto. "
    "Chiedi un link nuovo a chi ti ha invitato."
)


@blueprint.get(f"{URL}/<key>")
def open_invitation(key: str) -> Answer:
    """The key leaves the address at once: history and who looks over a shoulder do not get it."""
    cookie["invito"] = key
    return redirect(url_for("access.invitation"), 303)


@blueprint.get(URL)
def invitation() -> str:
    found, client, known = _opened()
    return _page(found, client, known)


@blueprint.post(URL)
def accept_invitation() -> Response:
    found, client, known = _opened()
    try:
        if known is not None:
            return _entered_as(found, client)
        return _entered_as_new(found, client)
    except OperatorError as error:
        field = "password" if isinstance(error, PasswordError) else "nome"
        return make_response(_page(found, client, known, {field: str(error)}), 422)


def _entered_as(found: Invitation, client: Client) -> Response:
    """For an address that has a login: only who is signed in with it."""
    if not current_user.is_authenticated:
        return htmx.go_to(url_for("access.login", dopo=url_for("access.invitation")))
    with db.writing() as session:
        invitations.accept_as(session, found, client, current.current_operator())
        audit.record(session, Action.INVITATION_ACCEPTED, on=client.name, client_id=client.id)
    return _in(client)


def _entered_as_new(found: Invitation, client: Client) -> Response:
    name, password = request.form.get("nome", ""), request.form.get("password", "")
    with db.writing() as session:
        operator = invitations.accept_as_new(session, found, client, name, password)
        audit.record(session, Action.INVITATION_ACCEPTED, on=client.name, client_id=client.id, who=operator)
        known_browsers.remember(session, operator)
    sessions.open_for(operator)
    return _in(client)


def _in(client: Client) -> Response:
    cookie.pop("invito", None)
    cookie["client"] = client.public_id
    return htmx.notice(htmx.go_to(url_for("home.overview")), f"Ora fai parte di “{client.name}”.")


def _opened() -> tuple[Invitation, Client, Operator | None]:
    """The invitation this browser opened, its client, and who has its address already. 400 for none."""
    with db.reading() as session:
        found = invitations.opened_by(session, cookie.get("invito", ""))
        if found is None:
            abort(400, NOT_VALID)
        return *found, operator_by_email(session, found[0].email)


def _page(
    found: Invitation, client: Client, known: Operator | None, errors: dict[str, str] | None = None
) -> str:
    me = current.current_operator() if current_user.is_authenticated else None
    return render_template(
        "access/members/invitation.html",
        invitation=found,
        client=client,
        is_known=known is not None,
        me=me,
        is_mine=me is not None and me.email == found.email,
        name=request.form.get("nome", ""),
        errors=errors or {},
    )
