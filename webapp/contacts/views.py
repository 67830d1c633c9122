"""User databases and their contacts; the pages of imports and filters come with it."""

from flask import Response, make_response, render_template, request, url_for
from flask.sansio.app import App

from webapp import db, htmx
from webapp.access.audit import Action, record
from webapp.access.current import may
from webapp.access.models import Role
from webapp.contacts import (
    contact_pages,
    databases,
    filter_pages,
    queries,
    views_filters,
    views_import_result,
    views_imports,
)
from webapp.contacts.fields import ADDRESS
from webapp.contacts.models import UserDatabase
from webapp.contacts.routes import CONTACTS, DATABASES, blueprint, client_id, contact_or_404, database_or_404
from webapp.contacts.selection import selected
from webapp.contacts.showing import email_of, field_text, mobile_of, shown

__all__ = ["blueprint", "views_filters", "views_import_result", "views_imports"]


def _tab_counts(database: UserDatabase) -> queries.TabCounts:
    """For `contacts/_tabs.html`, which other rooms include too."""
    with db.reading() as session:
        return queries.tab_counts(session, database.id or 0)


def _add_globals(app: App) -> None:
    app.jinja_env.globals["tab_counts"] = _tab_counts


blueprint.record_once(lambda state: _add_globals(state.app))


@blueprint.get(DATABASES, endpoint="databases")
def show_databases() -> str:
    with db.reading() as session:
        rows = queries.database_rows(session, client_id())
        return render_template("contacts/databases.html", rows=rows, may_edit=may(Role.MARKETER))


@blueprint.get(f"{DATABASES}/nuovo")
def new_database() -> str:
    return render_template("contacts/new_database.html", name="", errors={})


@blueprint.post(f"{DATABASES}/nuovo")
def create_database() -> Response:
    name = request.form.get("nome", "")
    try:
        with db.writing() as session:
            made = databases.create_database(session, client_id(), name)
            record(session, Action.DATABASE_CREATED, on=made.name, detail={"id": made.public_id})
    except databases.DatabaseError as error:
        return _refused_database(name, str(error))
    return htmx.go_to(url_for("contacts.new_import", database_id=made.public_id))


def _refused_database(name: str, error: str) -> Response:
    page = "contacts/_database_form.html" if htmx.is_htmx() else "contacts/new_database.html"
    return make_response(render_template(page, name=name[:200], errors={"nome": error}), 422)


@blueprint.get(CONTACTS, endpoint="contacts")
def show_contacts(database_id: str) -> str:
    search = request.args.get("cerca", "").replace("\0", "").strip()[: contact_pages.LONGEST_SEARCH]
    whole = may(Role.MARKETER)
    with db.reading() as session:
        database = database_or_404(session, database_id)
        narrowed = filter_pages.named_in_url(session, database, request.args.get("filtro"))
        rule = narrowed.rule if narrowed else None
        types = queries.field_types(session, database.id or 0)
        chosen = selected(database.id or 0, rule, types, filter_pages.today())
        if search and whole:
            chosen = chosen & contact_pages.matches(session, database, search)
        page = contact_pages.read_page(session, chosen, _id("dopo"), _id("prima"))
        return render_template(
            "contacts/contacts.html",
            database=database,
            narrowed=narrowed,
            search=search if whole else "",
            page=page,
            rows=[shown(contact, whole) for contact in page.contacts],
            may_edit=whole,
        )


@blueprint.get(f"{CONTACTS}/<int:contact_id>", endpoint="contact")
def show_contact(database_id: str, contact_id: int) -> str:
    with db.reading() as session:
        database = database_or_404(session, database_id)
        contact = contact_or_404(session, database, contact_id)
        fields = queries.fields_of(session, database.id or 0)
        return render_template(
            "contacts/contact.html",
            database=database,
            contact=contact,
            row=shown(contact, whole=True),
            email=email_of(contact, whole=True),
            mobile=mobile_of(contact, whole=True),
            fields=[(field, field_text(contact, field)) for field in fields if field.type != ADDRESS],
        )


def _id(name: str) -> int | None:
    """An id in the query string; what is none is not there."""
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
