"""Several contacts at once: those that somebody has ticked in the list."""

from flask import Response, make_response, render_template, request, url_for
from sqlmodel import Session

from webapp import db
from webapp.contacts import contact_ids
from webapp.contacts.models import Contact, UserDatabase
from webapp.contacts.people import contact_edit
from webapp.contacts.people.contact_pages import PAGE_ROWS
from webapp.contacts.people.presenting import present
from webapp.contacts.routes import CONTACTS, blueprint, contact_or_404, database_or_404
from webapp.values import texts
from webapp.web import htmx

NONE_TICKED = "Prima segna almeno un contatto."


def ticked(session: Session, database: UserDatabase) -> list[Contact]:
    """The contacts in the form, at most a page of them; 404 when one is not of the database."""
    ids = list(dict.fromkeys(request.form.getlist("contatto")))[:PAGE_ROWS]
    return [contact_or_404(session, database, one) for one in ids]


def nothing_ticked(database: UserDatabase) -> Response:
    answer = htmx.go_to(url_for("contacts.contacts", database_id=database.public_id))
    return htmx.notice(answer, NONE_TICKED, "err")


@blueprint.post(f"{CONTACTS}/elimina")
def delete_contacts(database_id: str) -> Response:
    """Asks first, on a page of its own: what it deletes does not come back."""
    if request.form.get("conferma") == "si":
        return _delete(database_id)
    with db.reading() as session:
        database = database_or_404(session, database_id)
        contacts = ticked(session, database)
        if not contacts:
            return nothing_ticked(database)
        rows = [(contact_ids.public_id(db.saved_id(one)), present(one, whole=True)) for one in contacts]
        return make_response(
            render_template("contacts/people/delete_contacts.html", database=database, rows=rows)
        )


def _delete(database_id: str) -> Response:
    with db.writing() as session:
        database = database_or_404(session, database_id)
        contacts = ticked(session, database)
        for contact in contacts:
            contact_edit.remove(session, database, contact)
    answer = htmx.go_to(url_for("contacts.contacts", database_id=database.public_id))
    return htmx.notice(answer, f"{texts.plural(len(contacts), 'contatto eliminato', 'contatti eliminati')}.")
