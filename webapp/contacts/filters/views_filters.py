"""Saved filters: the lists, the builder with its live count, and what can be done to a filter."""

from dataclasses import replace

from flask import Response, abort, make_response, render_template, request, url_for
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from webapp import clock, db
from webapp.access.current import current_client_id, may
from webapp.access.models import Role
from webapp.access.trail.audit import Action, Detail, record
from webapp.contacts import hooks, queries
from webapp.contacts.filters import counting, filter_form, filter_pages, word_index
from webapp.contacts.filters.filter_form import FilterForm
from webapp.contacts.filters.filter_rules import Rule
from webapp.contacts.models import Filter, UserDatabase
from webapp.contacts.routes import FILTER, FILTERS, blueprint, database_or_404, filter_or_404
from webapp.services import services
from webapp.web import htmx, seen

SAVE = "save"
HELD = "Un caricamento in corso usa questo filtro: aspetta che finisca, poi eliminalo."


@blueprint.get("/filtri")
def all_filters() -> str:
    with db.reading() as session:
        return render_template(
            "contacts/filters/all_filters.html",
            **_listed(filter_pages.rows(session, current_client_id(), with_people=may(Role.MARKETER))),
            databases=queries.databases_of(session, current_client_id()),
            may_edit=may(Role.MARKETER),
        )


@blueprint.get(FILTERS, endpoint="filters")
def show_filters(database_id: str) -> str:
    with db.reading() as session:
        database = database_or_404(session, database_id)
        rows = filter_pages.rows(session, current_client_id(), database, may(Role.MARKETER))
        return render_template(
            "contacts/filters/filters.html", database=database, **_listed(rows), may_edit=may(Role.MARKETER)
        )


@blueprint.get(f"{FILTERS}/nuovo")
def new_filter(database_id: str) -> str:
    with db.reading() as session:
        database = database_or_404(session, database_id)
        form = filter_form.blank(filter_pages.fields_by_name(session, db.saved_id(database)))
        return render_template(
            "contacts/filters/filter.html", **filter_pages.context(session, database, form, None)
        )


@blueprint.get(FILTER)
def edit_filter(database_id: str, filter_id: str) -> str:
    with db.reading() as session:
        database = database_or_404(session, database_id)
        saved = filter_or_404(session, database, filter_id)
        fields = filter_pages.fields_by_name(session, db.saved_id(database))
        form = filter_form.from_rule(saved.name, saved.rule, fields, saved.is_test)
        return render_template(
            "contacts/filters/filter.html", **filter_pages.context(session, database, form, saved)
        )


@blueprint.post(f"{FILTERS}/nuovo")
def create_filter(database_id: str) -> Response:
    return _take(database_id, None)


@blueprint.post(FILTER)
def save_filter(database_id: str, filter_id: str) -> Response:
    return _take(database_id, filter_id)


@blueprint.post(f"{FILTERS}/conteggio")
def count_filter(database_id: str) -> Response:
    """The contacts chosen by conditions as they are typed; incomplete ones are passed over, and counted.

    A page whose conditions are not counted yet asks again, and gets how far they are until all are.
    """
    ticket = request.form.get("contati")
    with db.reading() as session:
        database = database_or_404(session, database_id)
        fields = filter_pages.fields_by_name(session, db.saved_id(database))
        rule, checked = filter_form.rule_of(filter_form.read(request.form, fields), fields)
        saved = filter_pages.named_in_url(session, database, request.form.get("filtro"))
        context = filter_pages.result_context(session, database, rule, checked, saved, ticket)
        if ticket and context["result"].ticket:
            return make_response(render_template("contacts/filters/_filter_scan.html", **context))
        whole = render_template("contacts/filters/_filter_result.html", is_update=True, **context)
    return htmx.into(make_response(whole), "#conteggio")


@blueprint.post(f"{FILTER}/duplica")
def duplicate_filter(database_id: str, filter_id: str) -> Response:
    with db.writing() as session:
        database = database_or_404(session, database_id)
        saved = filter_or_404(session, database, filter_id)
        name = filter_pages.free_name(session, db.saved_id(database), saved.name)
        copy = Filter(database_id=saved.database_id, name=name, rule=saved.rule, is_test=saved.is_test)
        session.add(copy)
        session.flush()
        record(
            session,
            Action.FILTER_CREATED,
            on=name,
            detail=_audit_detail(database, copy),
            client_id=database.client_id,
        )
        answer = htmx.go_to(_url("edit_filter", database, copy))
    return htmx.notice(answer, f"Filtro duplicato: ora stai modificando “{name}”.")


@blueprint.get(f"{FILTER}/elimina")
def confirm_delete(database_id: str, filter_id: str) -> str:
    with db.reading() as session:
        database = database_or_404(session, database_id)
        saved = filter_or_404(session, database, filter_id)
        held = filter_pages.is_held(session, saved)
        uses = hooks.registered().filter_uses(session, db.saved_id(saved))
        return render_template(
            "contacts/filters/delete_filter.html", database=database, saved=saved, held=held, uses=uses
        )


@blueprint.post(f"{FILTER}/elimina")
def delete_filter(database_id: str, filter_id: str) -> Response:
    with db.writing() as session:
        database = database_or_404(session, database_id)
        saved = filter_or_404(session, database, filter_id)
        if session.get(Filter, saved.id, populate_existing=True, with_for_update=True) is None:
            abort(404)  # deleted by somebody else a moment ago
        answer = htmx.go_to(url_for("contacts.filters", database_id=database.public_id))
        if filter_pages.is_held(session, saved):
            return htmx.notice(answer, HELD, "err")
        session.delete(saved)
        record(
            session,
            Action.FILTER_DELETED,
            on=saved.name,
            detail=_audit_detail(database, saved),
            client_id=database.client_id,
        )
    return htmx.notice(answer, f"Filtro “{saved.name}” eliminato.")


def _listed(rows: list[filter_pages.FilterRow]) -> dict[str, object]:
    kind = request.args.get("tipo")
    return {
        "rows": filter_pages.of_kind(rows, kind),
        "kind": kind if kind in filter_pages.KINDS else None,
        "has_tests": any(row.filter.is_test for row in rows),
    }


def _take(database_id: str, filter_id: str | None) -> Response:
    """The builder's form: a button of the builder changes the page, “salva” saves the filter."""
    with db.reading() as session:
        database = database_or_404(session, database_id)
        saved = filter_or_404(session, database, filter_id) if filter_id else None
        fields = filter_pages.fields_by_name(session, db.saved_id(database))
        form = filter_form.read(request.form, fields)
        button = request.form.get("do", SAVE)
        if button != SAVE:
            return _show(session, database, filter_form.press(form, button, fields), saved, 200)
        rule, checked = filter_form.rule_of(form, fields)
        taken = filter_pages.name_is_taken(session, db.saved_id(database), form.name, saved)
        errors = filter_form.errors_of(checked, rule, taken)
        if errors:
            return _show(session, database, _with(checked, errors), saved, 422)
    return _save(database, saved, form, rule, {name: field.type for name, field in fields.items()})


def _save(
    database: UserDatabase, saved: Filter | None, form: FilterForm, rule: Rule, types: dict[str, str]
) -> Response:
    with db.reading() as session:
        database_id = db.saved_id(database)
        chosen = word_index.chosen(session, database_id, rule.as_json(), types, clock.today())
    counts = counting.count(chosen, services().settings.filter_patience_s)
    try:
        with db.writing() as session:
            found = session.get(Filter, saved.id, with_for_update={"key_share": True}) if saved else None
            if found:
                seen.refuse_unseen(found.name, found.rule, found.is_test)
            made = found or Filter(database_id=db.saved_id(database), name=form.name, rule={})
            made.name, made.rule, made.updated_at = form.name, rule.as_json(), clock.now()
            made.is_test = form.is_test
            filter_pages.remember_count(made, counts)
            session.add(made)
            session.flush()
            action = Action.FILTER_CHANGED if found else Action.FILTER_CREATED
            record(
                session,
                action,
                on=form.name,
                detail=_audit_detail(database, made),
                client_id=database.client_id,
            )
    except seen.ChangedMeanwhile:
        with db.reading() as session:
            newest = session.get(Filter, saved.id) if saved else None
            return _show(session, database, form, newest, 409, is_stale=True)
    except IntegrityError:  # two people, one name, one moment
        errors = {"nome": f"C’è già un filtro che si chiama “{form.name}”: scegli un altro nome."}
        with db.reading() as session:
            return _show(session, database, _with(form, errors), saved, 422)
    answer = htmx.go_to(url_for("contacts.filters", database_id=database.public_id))
    return htmx.notice(answer, f"Filtro “{form.name}” salvato.")


def _show(
    session: Session,
    database: UserDatabase,
    form: FilterForm,
    saved: Filter | None,
    status: int,
    is_stale: bool = False,
) -> Response:
    page = "contacts/filters/_filter_form.html" if htmx.is_htmx() else "contacts/filters/filter.html"
    context = filter_pages.context(session, database, form, saved)
    return make_response(render_template(page, is_stale=is_stale, **context), status)


def _with(form: FilterForm, errors: dict[str, str]) -> FilterForm:
    return replace(form, errors=errors)


def _audit_detail(database: UserDatabase, saved: Filter) -> Detail:
    """The detail of a filter's audit entry."""
    return {"id": saved.public_id, "database": database.name}


def _url(page: str, database: UserDatabase, saved: Filter) -> str:
    return url_for(f"contacts.{page}", database_id=database.public_id, filter_id=saved.public_id)
