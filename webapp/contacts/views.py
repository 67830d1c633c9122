"""User databases; the pages of contacts, imports and filters come with it."""

from flask import Response, g, make_response, render_template, request, url_for
from flask.sansio.app import App

from webapp import db
from webapp.access.current import current_client_id, may
from webapp.access.models import Role
from webapp.access.trail.audit import Action, record
from webapp.contacts import databases, queries, views_database_edit
from webapp.contacts.filters import views_filters, views_filters_bulk
from webapp.contacts.imports import views_import_reading, views_import_result, views_imports
from webapp.contacts.imports.screens import views_check, views_columns, views_words
from webapp.contacts.models import UserDatabase
from webapp.contacts.people import (
    views_consent_words,
    views_contact_edit,
    views_contacts,
    views_contacts_bulk,
    views_export,
)
from webapp.contacts.routes import DATABASE, DATABASES, blueprint, database_or_404
from webapp.contacts.samples import views_sample
from webapp.web import htmx

__all__ = [
    "blueprint",
    "views_check",
    "views_columns",
    "views_consent_words",
    "views_contact_edit",
    "views_contacts",
    "views_contacts_bulk",
    "views_database_edit",
    "views_export",
    "views_filters",
    "views_filters_bulk",
    "views_import_result",
    "views_import_reading",
    "views_imports",
    "views_sample",
    "views_words",
]


def _tab_counts(database: UserDatabase) -> queries.TabCounts:
    """For `contacts/_tabs.html`, which other rooms include too.

    Counted once a request: a page shows them twice, and at a million contacts each time is felt.
    """
    counted: dict[int | None, queries.TabCounts] = g.setdefault("tab_counts", {})
    if database.id not in counted:
        with db.reading() as session:
            counted[database.id] = queries.tab_counts(session, db.saved_id(database))
    return counted[database.id]


def _add_globals(app: App) -> None:
    app.jinja_env.globals["tab_counts"] = _tab_counts


blueprint.record_once(lambda state: _add_globals(state.app))


@blueprint.get(DATABASES, endpoint="databases")
def show_databases() -> str:
    with db.reading() as session:
        rows = queries.database_rows(session, current_client_id())
        return render_template("contacts/databases.html", rows=rows, may_edit=may(Role.MARKETER))


@blueprint.get(DATABASE, endpoint="database")
def show_database(database_id: str) -> Response:
    """The address that one shortens a longer one to."""
    with db.reading() as session:
        database = database_or_404(session, database_id)
        return htmx.go_to(url_for("contacts.contacts", database_id=database.public_id))


@blueprint.get(f"{DATABASES}/nuovo")
def new_database() -> str:
    return render_template("contacts/new_database.html", name="", errors={})


@blueprint.post(f"{DATABASES}/nuovo")
def create_database() -> Response:
    name = request.form.get("nome", "")
    try:
        with db.writing() as session:
            made = databases.create_database(session, current_client_id(), name)
            record(
                session,
                Action.DATABASE_CREATED,
                on=made.name,
                detail={"id": made.public_id},
                client_id=made.client_id,
            )
    except databases.DatabaseError as error:
        return _refused_database(name, str(error))
    return htmx.go_to(url_for("contacts.new_import", database_id=made.public_id))


def _refused_database(name: str, error: str) -> Response:
    page = "contacts/_database_form.html" if htmx.is_htmx() else "contacts/new_database.html"
    return make_response(render_template(page, name=name[:200], errors={"nome": error}), 422)
