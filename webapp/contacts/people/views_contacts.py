"""The contacts of a database: the list with its columns, a contact's page, the file that takes them out."""

from dataclasses import dataclass, replace

from flask import Response, render_template, request, url_for
from sqlalchemy import ColumnElement, and_
from sqlmodel import Session

from webapp import clock, db
from webapp.access.current import current_operator, may
from webapp.access.models import Role
from webapp.access.trail import audit
from webapp.access.trail.audit import Action
from webapp.contacts import consent_words, contact_ids, queries, sent
from webapp.contacts.answers import CHANNEL, answer_of
from webapp.contacts.fields import ADDRESS, CONSENT
from webapp.contacts.filters import filter_pages, word_index
from webapp.contacts.filters.filter_rules import BrokenRule
from webapp.contacts.models import CONTACT as CONTACTS_TABLE
from webapp.contacts.models import Contact, Filter, UserDatabase
from webapp.contacts.people import (
    contact_counts,
    contact_export,
    contact_history,
    contact_list,
    contact_pages,
    large_export,
    list_choice,
)
from webapp.contacts.people.email_typos import suggestion
from webapp.contacts.people.list_choice import ListChoice, Order
from webapp.contacts.people.presenting import answers_shown, email_of, field_text, mobile_of, present
from webapp.contacts.people.views_contacts_bulk import nothing_ticked, ticked
from webapp.contacts.routes import CONTACT, CONTACTS, blueprint, contact_or_404, database_or_404
from webapp.web import csv_file, htmx


@blueprint.get(CONTACTS, endpoint="contacts")
def show_contacts(database_id: str) -> str | Response:
    search = request.args.get("cerca", "").replace("\0", "").strip()[: contact_pages.LONGEST_SEARCH]
    whole = may(Role.MARKETER)
    with db.reading() as session:
        database = database_or_404(session, database_id)
        narrowed = filter_pages.named_in_url(session, database, request.args.get("filtro"))
        try:
            chosen = _chosen(session, database, narrowed)
        except BrokenRule as error:
            return htmx.notice(htmx.go_to(_filters(database)), str(error), "err")
        found = contact_pages.search(session, database, search) if search and whole else None
        if found:
            chosen = chosen & found.matching
        candidates = found.candidates if found else None
        asked = list_choice.read(request.args)
        orders = list_choice.orders(contact_counts.count_contacts(session, db.saved_id(database)))
        choice = asked if asked.order in orders else replace(asked, order=Order.ARRIVED)
        chosen = and_(chosen, list_choice.condition(choice.data))
        is_narrowed = bool(narrowed or found or choice.data != list_choice.Data.ALL)
        total = list_choice.count(session, chosen) if is_narrowed else None
        shown = _page(session, chosen, choice, candidates)
        fields = queries.fields_of(session, db.saved_id(database))
        columns = contact_list.columns(session, _operator_id(), db.saved_id(database), fields, whole)
        return render_template(
            "contacts/people/contacts.html",
            database=database,
            narrowed=narrowed,
            search=search if whole else "",
            choice=choice,
            orders=orders,
            too_many_for=None if asked.order in orders else list_choice.TOO_MANY_BY_NAME,
            data=list_choice.DATA,
            matching=total,
            is_narrowed=is_narrowed,
            previous=shown.previous,
            next=shown.next,
            rows=[contact_list.listed(contact, columns, whole) for contact in shown.contacts],
            columns=columns,
            may_be_chosen=contact_list.may_be_chosen(fields),
            media=queries.media_of(session, db.saved_id(database)),
            may_edit=whole,
            undecided=consent_words.count_undecided(session, db.saved_id(database)),
        )


@blueprint.post(f"{CONTACTS}/colonne")
def choose_columns(database_id: str) -> Response:
    with db.writing() as session:
        database = database_or_404(session, database_id)
        fields = queries.fields_of(session, db.saved_id(database))
        names = request.form.getlist("colonna")
        contact_list.choose(session, _operator_id(), db.saved_id(database), fields, names)
        narrowed = filter_pages.named_in_url(session, database, request.form.get("filtro"))
    filtro = narrowed.public_id if narrowed else None
    cerca = request.form.get("cerca", "")[: contact_pages.LONGEST_SEARCH] or None
    return htmx.go_to(
        url_for(
            "contacts.contacts",
            database_id=database.public_id,
            filtro=filtro,
            cerca=cerca,
            **list_choice.read(request.form).args,  # type: ignore[arg-type]
        )
    )


@blueprint.post(f"{CONTACTS}/esporta")
def export_contacts(database_id: str) -> Response:
    """Every field of the contacts of the database, or of the filter `filtro`. A POST: it is told of.

    Of a large database a worker makes the file, and its page says when it can be fetched.
    """
    with db.writing() as session:
        database = database_or_404(session, database_id)
        narrowed = filter_pages.named_in_url(session, database, request.form.get("filtro"))
        only = ticked(session, database) if "segnati" in request.form else None
        if only is not None and not only:
            return nothing_ticked(database)
        try:
            chosen = _chosen(session, database, narrowed)
        except BrokenRule as error:
            return htmx.notice(htmx.go_to(_filters(database)), str(error), "err")
        if only is not None:
            chosen = and_(chosen, CONTACTS_TABLE.c.id.in_([db.saved_id(one) for one in only]))
        fields = queries.fields_of(session, db.saved_id(database))
        about: audit.Detail = {"database": database.public_id}
        if narrowed:
            about["filter"] = narrowed.public_id
        if only is not None:
            about["contatti"] = len(only)
        audit.record(
            session,
            Action.CONTACTS_EXPORTED,
            narrowed.name if narrowed else database.name,
            about,
            client_id=database.client_id,
        )
        name = f"contatti-{(narrowed or database).public_id}.csv"
        asked = None
        if only is None and large_export.is_large(session, db.saved_id(database)):
            asked = large_export.ask(session, database, narrowed, name, current_operator().name)
    if asked:
        large_export.enqueue(db.saved_id(asked))
        return htmx.go_to(
            url_for("contacts.export", database_id=database.public_id, export_id=asked.public_id)
        )
    return csv_file.download(contact_export.rows(chosen, fields), name)


@blueprint.get(CONTACT, endpoint="contact")
def show_contact(database_id: str, contact_id: str) -> str:
    with db.reading() as session:
        database = database_or_404(session, database_id)
        contact = contact_or_404(session, database, contact_id)
        fields = queries.fields_of(session, db.saved_id(database))
        labels = {field.name: field.label for field in fields}
        return render_template(
            "contacts/people/contact.html",
            database=database,
            contact=contact,
            contact_id=contact_id,
            row=present(contact, whole=True),
            email=email_of(contact, whole=True),
            mobile=mobile_of(contact, whole=True),
            meant=suggestion(contact.email or ""),
            fields=[
                (field, field_text(contact, field))
                for field in fields
                if field.type not in (ADDRESS, CONSENT)
            ],
            answers=answers_shown(contact),
            sendable={medium: answer_of(contact, medium) for medium in CHANNEL},
            audiences=sent.audiences_of(session, db.saved_id(contact)),
            events=contact_history.history(session, database, contact, labels),
        )


@dataclass(frozen=True, slots=True)
class _Shown:
    """A page of contacts; *previous* and *next*: the query strings of those beside it, None at the ends."""

    contacts: list[Contact]
    previous: dict[str, object] | None
    next: dict[str, object] | None


def _page(
    session: Session,
    chosen: ColumnElement[bool],
    choice: ListChoice,
    candidates: word_index.IndexQuery | None,
) -> _Shown:
    if choice.order == Order.NAME:
        found = list_choice.page_by_name(session, chosen, choice.page)
        more = len(found) > contact_pages.PAGE_ROWS
        return _Shown(
            found[: contact_pages.PAGE_ROWS],
            {"pagina": choice.page - 1} if choice.page > 1 else None,
            {"pagina": choice.page + 1} if more else None,
        )
    is_newest = choice.order == Order.NEWEST
    page = contact_pages.read_page(session, chosen, _id("dopo"), _id("prima"), candidates, is_newest)
    return _Shown(
        page.contacts,
        {"prima": contact_ids.public_id(page.previous)} if page.previous else None,
        {"dopo": contact_ids.public_id(page.next)} if page.next else None,
    )


def _chosen(session: Session, database: UserDatabase, narrowed: Filter | None) -> ColumnElement[bool]:
    types = queries.field_types(session, db.saved_id(database))
    rule = narrowed.rule if narrowed else None
    return word_index.chosen(session, db.saved_id(database), rule, types, clock.today())


def _filters(database: UserDatabase) -> str:
    return url_for("contacts.filters", database_id=database.public_id)


def _operator_id() -> int:
    found = current_operator().id
    assert found is not None
    return found


def _id(name: str) -> int | None:
    """The contact in the query string, None when the text is no id of a contact."""
    return contact_ids.contact_id(request.args.get(name, ""))
