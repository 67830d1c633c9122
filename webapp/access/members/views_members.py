"""Screen "Utenti e ruoli": who has which role in the open client, and inviting more people."""

from collections.abc import Callable
from functools import partial

from flask import Response, abort, make_response, render_template, request, url_for
from sqlmodel import Session

from webapp import db, mail
from webapp.access import current
from webapp.access.members import invitations, members
from webapp.access.members.members import LastAdministrator, Member
from webapp.access.members.operators import OperatorError, address_of
from webapp.access.models import Invitation, Role
from webapp.access.queries import owners
from webapp.access.routes import blueprint
from webapp.access.signing_in import known_browsers, notices, sessions
from webapp.access.trail import audit, refusals
from webapp.access.trail.audit import Action
from webapp.budgets import Kind, Spent
from webapp.services import services
from webapp.values.identifiers import looks_like_public_id
from webapp.values.texts import ROLES
from webapp.web import htmx, seen

PEOPLE = "/configura/utenti"
PERSON = f"{PEOPLE}/<operator_id>"
INVITATION = f"{PEOPLE}/inviti/<invitation_id>"
LAST = "È l’unica persona che amministra questo spazio: prima dai il ruolo di amministratore a un’altra."


@blueprint.get(PEOPLE)
def operators() -> str:
    with db.reading() as session:
        return render_template(
            "access/members/operators.html",
            people=members.people(session, current.current_client_id()),
            pending=invitations.pending(session, current.current_client_id()),
            owners=owners(session),
        )


@blueprint.get(f"{PEOPLE}/invita")
def new_invitation() -> str:
    return _invitation_page({"ruolo": Role.MARKETER}, {})


@blueprint.post(f"{PEOPLE}/invita")
def invite() -> Response | str:
    values = {"email": request.form.get("email", ""), "ruolo": request.form.get("ruolo", "")}
    role = _role(values["ruolo"])
    if role is None:
        return make_response(_invitation_page(values, {"ruolo": "Scegli un ruolo."}), 422)
    try:
        return _invited(values["email"], role)
    except OperatorError as error:
        _tell_of_limit(error)
        return make_response(_invitation_page(values, {"email": str(error)}), 422)


@blueprint.post(f"{INVITATION}/rinnova")
def renew_invitation(invitation_id: str) -> Response | str:
    """A new link in place of one that was lost or is too old."""
    with db.reading() as session:
        found = _pending_or_404(session, invitation_id)
        cannot_leave = found.email in mail.troubles(session, current.current_client_id())
    try:
        return _invited(found.email, Role(found.role), invitation_id, is_shown=cannot_leave)
    except OperatorError as error:  # they entered by another way meanwhile, or there were too many
        _tell_of_limit(error)
        return htmx.notice(htmx.go_to(url_for("access.operators")), str(error), "err")


@blueprint.post(f"{INVITATION}/annulla")
def revoke_invitation(invitation_id: str) -> Response:
    with db.writing() as session:
        found = _pending_or_404(session, invitation_id)
        if not invitations.revoke(session, found):
            abort(404)
        audit.record(
            session, Action.INVITATION_REVOKED, on=found.email, client_id=current.current_client_id()
        )
    return _back("Invito annullato: il link non funziona più.")


@blueprint.get(PERSON)
def edit_operator(operator_id: str) -> str:
    one = _person_or_404(operator_id)
    return render_template("access/members/operator.html", one=one, chosen=one.role, errors={})


@blueprint.post(PERSON)
def change_role(operator_id: str) -> Response:
    one = _person_or_404(operator_id)
    role = _role(request.form.get("ruolo", ""))
    if role is None:
        return _role_refused(one, "Scegli un ruolo.")
    try:
        seen.refuse_unseen(one.role)
    except seen.ChangedMeanwhile:
        return _role_refused(one, "", is_stale=True)
    if role == one.role:
        return _back("Il ruolo è rimasto lo stesso.")
    try:
        change = partial(members.change_role, role=role)
        told = f"ora il tuo ruolo è: {ROLES[role].lower()}"
        _change(one, Action.ROLE_CHANGED, change, told, {"ruolo": ROLES[role]})
    except LastAdministrator:
        return _role_refused(one, LAST)
    return _back(f"Ruolo di {one.operator.name}: {ROLES[role]}.")


@blueprint.post(f"{PERSON}/disattiva")
def deactivate_operator(operator_id: str) -> Response:
    one = _person_or_404(operator_id)
    try:
        _change(one, Action.OPERATOR_DEACTIVATED, members.deactivate, "non puoi più entrare")
    except LastAdministrator:
        return _refused(LAST)
    return _back(f"{one.operator.name} non entra più in questo spazio. Puoi riattivare quando vuoi.")


@blueprint.post(f"{PERSON}/riattiva")
def reactivate_operator(operator_id: str) -> Response:
    one = _person_or_404(operator_id)
    _change(one, Action.OPERATOR_REACTIVATED, members.reactivate, "puoi entrare di nuovo")
    return _back(f"{one.operator.name} entra di nuovo in questo spazio.")


@blueprint.post(f"{PERSON}/sessioni")
def close_sessions_of(operator_id: str) -> Response:
    """For a lost computer or telephone: they sign in anew everywhere. The asker's own session stays."""
    one = _person_or_404(operator_id)
    with db.writing() as session:
        count = sessions.close(session, db.saved_id(one.operator), keep=current.current_session().id)
        known_browsers.forget(session, db.saved_id(one.operator))
        notices.sessions_closed(session, one.operator, current.current_operator().name)
        detail: audit.Detail = {"sessioni": count}
        audit.record(
            session,
            Action.SESSIONS_CLOSED,
            on=one.operator.name,
            detail=detail,
            client_id=current.current_client_id(),
        )
    return _back(f"Sessioni chiuse di {one.operator.name}: {count}. Per lavorare deve entrare di nuovo.")


@blueprint.get(f"{PERSON}/togli")
def confirm_removal(operator_id: str) -> str:
    return render_template("access/members/remove_operator.html", one=_person_or_404(operator_id))


@blueprint.post(f"{PERSON}/togli")
def remove_operator(operator_id: str) -> Response:
    one = _person_or_404(operator_id)
    try:
        _change(one, Action.ROLE_REMOVED, members.remove, "non hai più un ruolo")
    except LastAdministrator:
        return _refused(LAST)
    return _back(f"{one.operator.name} non fa più parte di questo spazio.")


def _change(
    one: Member,
    action: Action,
    change: Callable[[Session, int, int], None],
    told: str,
    detail: audit.Detail | None = None,
) -> None:
    """Do it, write it into the trail, and tell the person: *told* as of `notices.role_changed`."""
    assert one.operator.id is not None
    with db.writing() as session:
        client_id = current.current_client_id()
        change(session, client_id, one.operator.id)
        notices.role_changed(session, one.operator, current.current_client().name, told)
        audit.record(session, action, on=one.operator.name, detail=detail, client_id=client_id)


def _tell_of_limit(error: OperatorError) -> None:
    if isinstance(error.__cause__, Spent):
        refusals.budget_used_up(Kind.INVITATIONS)


def _invited(email: str, role: Role, renews: str | None = None, is_shown: bool = False) -> Response | str:
    """*is_shown*: the link too. Who has it could take the place of who is invited, so only if need be."""
    is_shown = is_shown or not mail.can_send()
    client, inviter, email = current.current_client(), current.current_operator(), address_of(email)
    with db.writing() as session:
        key = invitations.invite(session, client, inviter, email, role, renews, is_shown)
        link = services().settings.origin + url_for("access.open_invitation", key=key)
        invitations.post(session, client, email, link, inviter.name)
        detail: audit.Detail = {"ruolo": ROLES[role], "di nuovo": True if renews else None}
        audit.record(session, Action.OPERATOR_INVITED, on=email, detail=detail, client_id=client.id)
    template = "access/members/_invitation_link.html" if htmx.is_htmx() else "access/members/invited.html"
    return render_template(
        template,
        link=link if is_shown else None,
        email=email,
        role=role,
        days=invitations.DAYS,
    )


def _invitation_page(values: dict[str, str], errors: dict[str, str]) -> str:
    template = (
        "access/members/_invitation_form.html" if htmx.is_htmx() else "access/members/new_invitation.html"
    )
    return render_template(template, values=values, errors=errors, can_send=mail.can_send())


def _role_refused(one: Member, sentence: str, is_stale: bool = False) -> Response:
    template = "access/members/_role_form.html" if htmx.is_htmx() else "access/members/operator.html"
    chosen, errors = request.form.get("ruolo", ""), {"ruolo": sentence} if sentence else {}
    page = render_template(template, one=one, chosen=chosen, errors=errors, is_stale=is_stale)
    return make_response(page, 409 if is_stale else 422)


def _refused(sentence: str) -> Response:
    if htmx.is_htmx():
        return htmx.refused(sentence, 409)
    return htmx.notice(htmx.go_to(url_for("access.operators")), sentence, "err")


def _back(sentence: str) -> Response:
    return htmx.notice(htmx.go_to(url_for("access.operators")), sentence)


def _role(text: str) -> Role | None:
    return Role(text) if text in list(Role) else None


def _person_or_404(public_id: str) -> Member:
    if not looks_like_public_id(public_id):
        abort(404)
    with db.reading() as session:
        return members.person(session, current.current_client_id(), public_id) or abort(404)


def _pending_or_404(session: Session, public_id: str) -> Invitation:
    if not looks_like_public_id(public_id):
        abort(404)
    return invitations.one_pending(session, current.current_client_id(), public_id) or abort(404)
