"""Renaming and deleting a user database."""

from flask import Response, abort, make_response, render_template, request, url_for
from sqlmodel import Session

from webapp import db
from webapp.access.trail.audit import Action, record
from webapp.contacts import database_removal, databases
from webapp.contacts.models import UserDatabase
from webapp.contacts.routes import DATABASE, blueprint, database_or_404
from webapp.values.emails import trim
from webapp.web import htmx, seen

WRONG_NAME = "Scrivi il nome del database, così come lo vedi qui sopra."


@blueprint.get(f"{DATABASE}/modifica")
def edit_database(database_id: str) -> str:
    with db.reading() as session:
        database = database_or_404(session, database_id)
    return render_template("contacts/edit_database.html", database=database, name=database.name, errors={})


@blueprint.post(f"{DATABASE}/modifica")
def rename_database(database_id: str) -> Response:
    name = request.form.get("nome", "")
    with db.writing() as session:
        database = database_or_404(session, database_id)
        before = database.name
        try:
            seen.refuse_unseen(before)
            databases.rename(session, database, name)
        except seen.ChangedMeanwhile:
            return _refused_name(database, name, is_stale=True)
        except databases.DatabaseError as error:
            return _refused_name(database, name, str(error))
        if database.name != before:
            record(
                session,
                Action.DATABASE_RENAMED,
                on=database.name,
                detail={"prima": before},
                client_id=database.client_id,
            )
    answer = htmx.go_to(url_for("contacts.databases"))
    return htmx.notice(answer, f"Il database adesso si chiama “{database.name}”.")


@blueprint.get(f"{DATABASE}/elimina")
def confirm_delete_database(database_id: str) -> str:
    with db.reading() as session:
        database = database_or_404(session, database_id)
        return render_template("contacts/delete_database.html", **_deletion(session, database))


@blueprint.post(f"{DATABASE}/elimina")
def delete_database(database_id: str) -> Response:
    with db.writing() as session:
        database = database_or_404(session, database_id)
        if trim(request.form.get("nome", "")) != database.name:
            return _refused_deletion(session, database, WRONG_NAME)
        name = database.name
        try:
            why = database_removal.remove(session, database)
        except LookupError:
            abort(404)
        if why:
            return _refused_deletion(session, database, why)
        record(
            session,
            Action.DATABASE_DELETED,
            on=name,
            detail={"id": database.public_id},
            client_id=database.client_id,
        )
    return htmx.notice(htmx.go_to(url_for("contacts.databases")), f"Database “{name}” eliminato.")


def _refused_name(database: UserDatabase, name: str, error: str = "", is_stale: bool = False) -> Response:
    page = "contacts/_rename_form.html" if htmx.is_htmx() else "contacts/edit_database.html"
    errors = {"nome": error} if error else {}
    shown = render_template(page, database=database, name=name[:200], errors=errors, is_stale=is_stale)
    return make_response(shown, 409 if is_stale else 422)


def _deletion(session: Session, database: UserDatabase, error: str = "") -> dict[str, object]:
    return {
        "database": database,
        "goes": database_removal.consequences(session, database),
        "held": database_removal.refusal(session, database),
        "errors": {"nome": error} if error else {},
    }


def _refused_deletion(session: Session, database: UserDatabase, error: str) -> Response:
    page = "contacts/_delete_database_form.html" if htmx.is_htmx() else "contacts/delete_database.html"
    return make_response(render_template(page, **_deletion(session, database, error)), 422)
