"""A contact added, corrected and deleted by hand."""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from flask import Response, abort, make_response, render_template, request, url_for
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from webapp import clock, db
from webapp.access.current import current_operator
from webapp.contacts import contact_ids, queries, sent
from webapp.contacts.answers import FIELDS
from webapp.contacts.erasure import erased
from webapp.contacts.fields import STANDARD_BY_NAME, Field
from webapp.contacts.models import Contact, UserDatabase
from webapp.contacts.people import contact_edit, contact_form
from webapp.contacts.people.email_typos import suggestion
from webapp.contacts.people.presenting import present
from webapp.contacts.routes import CONTACT, CONTACTS, blueprint, contact_or_404, database_or_404
from webapp.values import texts
from webapp.web import htmx


@blueprint.get(f"{CONTACTS}/nuovo")
def new_contact(database_id: str) -> str:
    with db.reading() as session:
        database = database_or_404(session, database_id)
        fields = queries.fields_of(session, db.saved_id(database))
        typed = {field.name: "" for field in fields}
        return render_template(
            "contacts/people/edit_contact.html", **_context(database, None, fields, typed, {})
        )


@blueprint.post(f"{CONTACTS}/nuovo")
def create_contact(database_id: str) -> Response:
    return _take(database_id, None)


@blueprint.get(f"{CONTACT}/modifica")
def edit_contact(database_id: str, contact_id: str) -> str:
    with db.reading() as session:
        database = database_or_404(session, database_id)
        contact = contact_or_404(session, database, contact_id)
        fields = queries.fields_of(session, db.saved_id(database))
        typed = _as_typed(contact, fields)
        return render_template(
            "contacts/people/edit_contact.html", **_context(database, contact, fields, typed, {})
        )


@blueprint.post(f"{CONTACT}/modifica")
def save_contact(database_id: str, contact_id: str) -> Response:
    return _take(database_id, contact_id)


@blueprint.post(f"{CONTACT}/correggi")
def apply_suggestion(database_id: str, contact_id: str) -> Response:
    """Take the address that was proposed, if it still is the one that would be."""
    with db.writing() as session:
        database = database_or_404(session, database_id)
        contact = contact_or_404(session, database, contact_id)
        answer = htmx.go_to(_page(database, db.saved_id(contact)))
        meant = suggestion(contact.email or "")
        if meant is None or meant != request.form.get("indirizzo"):
            return htmx.notice(answer, "L’indirizzo è cambiato nel frattempo: guarda di nuovo.", "err")
        fields = queries.fields_of(session, db.saved_id(database))
        typed = {**_as_typed(contact, fields), "email": meant}
        gone = erased.keys_of_client(session, database.client_id)
        row, errors = contact_form.row_of(typed, fields, database.country, clock.today(), gone)
        if row is None:
            return htmx.notice(answer, next(iter(errors.values())), "err")
        contact_edit.change(session, database, contact, row, typed, fields, current_operator().name)
    return htmx.notice(answer, "Email corretta.")


@blueprint.get(f"{CONTACT}/elimina")
def confirm_contact_deletion(database_id: str, contact_id: str) -> str:
    with db.reading() as session:
        database = database_or_404(session, database_id)
        contact = contact_or_404(session, database, contact_id)
        return render_template(
            "contacts/people/delete_contact.html",
            database=database,
            contact_id=contact_id,
            row=present(contact, whole=True),
        )


@blueprint.post(f"{CONTACT}/elimina")
def delete_contact(database_id: str, contact_id: str) -> Response:
    with db.writing() as session:
        database = database_or_404(session, database_id)
        contact_edit.remove(session, database, contact_or_404(session, database, contact_id))
    answer = htmx.go_to(url_for("contacts.contacts", database_id=database.public_id))
    return htmx.notice(answer, "Contatto eliminato.")


@blueprint.get(f"{CONTACT}/cancella")
def confirm_erasure(database_id: str, contact_id: str) -> str:
    with db.reading() as session:
        database = database_or_404(session, database_id)
        contact = contact_or_404(session, database, contact_id)
        people = erased.contacts_of_person(session, database, contact)
        found = {name for one in people for name in sent.audiences_of(session, db.saved_id(one))}
        return render_template(
            "contacts/people/erase_contact.html",
            database=database,
            contact_id=contact_id,
            row=present(contact, whole=True),
            others=len(people) - 1,
            audiences=sorted(found),
        )


@blueprint.post(f"{CONTACT}/cancella")
def erase_contact(database_id: str, contact_id: str) -> Response:
    with db.writing() as session:
        database = database_or_404(session, database_id)
        contact = contact_or_404(session, database, contact_id)
        try:
            count = erased.erase(session, database, contact)
        except erased.AlreadyGone as error:
            contacts = url_for("contacts.contacts", database_id=database.public_id)
            return htmx.notice(htmx.go_to(contacts), str(error))
        except erased.MustWait as error:
            return htmx.notice(htmx.go_to(_page(database, db.saved_id(contact))), str(error), "err")
    answer = htmx.go_to(url_for("contacts.contacts", database_id=database.public_id))
    gone = texts.plural(count, "contatto cancellato", "contatti cancellati")
    return htmx.notice(answer, f"{gone}: nessuna importazione riporterà questa persona.")


def _take(database_id: str, contact_id: str | None) -> Response:
    """The form of a contact: written, or shown again with what to correct."""
    with db.reading() as session:
        database = database_or_404(session, database_id)
        contact = contact_or_404(session, database, contact_id) if contact_id else None
        fields = queries.fields_of(session, db.saved_id(database))
        gone = erased.keys_of_client(session, database.client_id)
    if contact and request.form.get("visto") != _seen(contact):
        now = _as_typed(contact, fields)
        return _refused(database, contact, fields, now, {}, contact_form.CHANGED_MEANWHILE, 409)
    typed = contact_form.read(request.form, fields)
    row, errors = contact_form.row_of(typed, fields, database.country, clock.today(), gone)
    if row is None:
        return _refused(database, contact, fields, typed, errors)
    try:
        with db.writing() as session:
            found = _save(session, database, contact, row, typed, fields)
    except IntegrityError:
        code = contact_form.control_id(STANDARD_BY_NAME["code"])
        return _refused(database, contact, fields, typed, {code: contact_form.CODE_TAKEN})
    said = "Contatto salvato." if contact else "Contatto aggiunto."
    return htmx.notice(htmx.go_to(_page(database, found)), said)


def _save(
    session: Session,
    database: UserDatabase,
    contact: Contact | None,
    row: contact_form.TypedRow,
    typed: dict[str, str],
    fields: Sequence[Field],
) -> int:
    who = current_operator().name
    if contact is None:
        return contact_edit.add(session, database, row, typed, who)
    now = session.get(Contact, contact.id) or abort(404)  # deleted between reading and writing
    contact_edit.change(session, database, now, row, typed, fields, who)
    return db.saved_id(now)


def _refused(
    database: UserDatabase,
    contact: Contact | None,
    fields: Sequence[Field],
    typed: Mapping[str, str],
    errors: Mapping[str, str],
    warning: str = "",
    status: int = 422,
) -> Response:
    page = "contacts/people/_contact_form.html" if htmx.is_htmx() else "contacts/people/edit_contact.html"
    context = _context(database, contact, fields, typed, errors)
    return make_response(render_template(page, warning=warning, **context), status)


def _context(
    database: UserDatabase,
    contact: Contact | None,
    fields: Sequence[Field],
    typed: Mapping[str, str],
    errors: Mapping[str, str],
) -> dict[str, object]:
    return {
        "database": database,
        "contact_id": contact_ids.public_id(db.saved_id(contact)) if contact else None,
        "row": present(contact, whole=True) if contact else None,
        "seen": _seen(contact) if contact else "",
        "fields": fields,
        "typed": typed,
        "errors": errors,
        "control_id": contact_form.control_id,
        "meant": suggestion(typed["email"]),
    }


def _seen(contact: Contact) -> str:
    """Which state of the contact a form was opened on: another one may not be written over unseen."""
    answers = [getattr(contact, field) for field in FIELDS]  # a word decided meanwhile leaves no other trace
    words = sha256((contact.consent_unread or "").encode()).hexdigest()[:8]
    return f"{contact.updated_at.isoformat()} {answers} {words}"


def _as_typed(contact: Contact, fields: Sequence[Field]) -> dict[str, str]:
    return {field.name: contact_form.as_typed(contact, field) for field in fields}


def _page(database: UserDatabase, contact_id: int) -> str:
    return url_for(
        "contacts.contact", database_id=database.public_id, contact_id=contact_ids.public_id(contact_id)
    )
