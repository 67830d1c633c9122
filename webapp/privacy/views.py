"""`/privacy`: where a contact went. What is typed is in the body of the request and in the page alone."""

from flask import Blueprint, Response, make_response, render_template, request

from webapp import db
from webapp.access.current import current_client, current_client_id, may
from webapp.access.models import Role
from webapp.contacts import contact_ids
from webapp.destinations import registry
from webapp.privacy import searching, texts
from webapp.privacy.searching import Answer, Unreadable
from webapp.privacy.trail import tell

blueprint = Blueprint("privacy", __name__)


@blueprint.get("/privacy")
def where() -> str:
    return _page()


@blueprint.post("/privacy")
def find() -> Response:
    """`chi`: an e-mail or a mobile. The look-up is told in the audit trail, without whom it was for."""
    typed = request.form.get("chi", "")
    try:
        with db.reading() as session:
            answer = searching.search(session, current_client_id(), typed)
    except Unreadable as error:
        return make_response(_page(typed=typed, error=str(error)), 422)
    tell(answer, current_client_id())
    return make_response(_page(typed, answer))


def _page(typed: str = "", answer: Answer | None = None, error: str = "") -> str:
    is_marketer = may(Role.MARKETER)
    return render_template(
        "privacy/where.html",
        # Whoever may not see contacts does not get back what another one may have typed before.
        typed=typed[: searching.MOST_TYPED] if is_marketer else "",
        answer=answer,
        error=error,
        client_name=current_client().name,
        may_open=is_marketer,
        contact_id=contact_ids.public_id,
        label=lambda place: registry.destination(place.trace.audience.destination).label,
        texts=texts,
    )
