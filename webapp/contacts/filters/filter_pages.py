"""The data of the filter pages: the builder with its result, and the lists."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from webapp import clock, db
from webapp.contacts import hooks, queries, sent
from webapp.contacts.fields import SENT, Field
from webapp.contacts.filters import (
    counting,
    filter_counts,
    filter_form,
    filter_words,
    scan_cursor,
    scanning,
    word_index,
)
from webapp.contacts.filters.consent_counts import MayBeSent, may_be_sent
from webapp.contacts.filters.counting import Counts
from webapp.contacts.filters.filter_form import FilterForm
from webapp.contacts.filters.filter_rules import FIELD_GONE, Rule
from webapp.contacts.filters.operators import OPERATORS
from webapp.contacts.filters.scanning import Scan
from webapp.contacts.filters.selection import Clause
from webapp.contacts.filters.suggestions import suggested
from webapp.contacts.models import CONTACT, Contact, Filter, UserDatabase
from webapp.contacts.people import contact_counts
from webapp.contacts.people.presenting import ContactView, present
from webapp.contacts.routes import filter_or_404
from webapp.services import services
from webapp.values import texts

EXAMPLES = 3
EXAMPLES_S = 0.5
UNSAVED = "Modifiche non salvate"
KINDS = (filter_form.REAL, filter_form.TEST)


@dataclass(frozen=True, slots=True)
class FilterRow:
    """A saved filter in a list; *words* is its rule in Italian, *used_at* when contacts last went from it."""

    filter: Filter
    database: UserDatabase
    words: str
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a rule now; *counts* None: it takes too long to wait for.

    *parts*: id of a condition or group → how many contacts stand behind it, in words. They are empty while
    *scan* is not whole; *ticket* then lets another request go on with it.
    """

    counts: Counts | None
    of_database: int
    words: str
    examples: list[ContactView]
    incomplete: int
    parts: dict[str, str]
    may_be_sent: dict[str, MayBeSent]  # by medium
    scan: Scan
    ticket: str | None


def named_in_url(session: Session, database: UserDatabase, public_id: str | None) -> Filter | None:
    return filter_or_404(session, database, public_id) if public_id else None


def rows(
    session: Session, client_id: int, database: UserDatabase | None = None, with_people: bool = True
) -> list[FilterRow]:
    """The filters of *database*, or of all databases of the client, by name.

    *with_people*: whether who asks may read whom a rule names.
    """
    wanted = (
        select(Filter, UserDatabase)
        .join(UserDatabase, col(UserDatabase.id) == col(Filter.database_id))
        .where(col(UserDatabase.client_id) == client_id)
        .order_by(func.lower(UserDatabase.name), func.lower(Filter.name))
    )
    if database is not None:
        wanted = wanted.where(col(Filter.database_id) == database.id)
    fields: dict[int, dict[str, Field]] = {}
    found = session.execute(wanted).all()
    used = hooks.registered().last_filter_uses(session, [saved.id for saved, _ in found])
    listed = []
    for saved, owner in found:
        if saved.database_id not in fields:
            fields[saved.database_id] = fields_by_name(session, saved.database_id)
        words = filter_words.sentence_of(saved.rule, fields[saved.database_id], with_people)
        listed.append(FilterRow(saved, owner, words, used.get(saved.id)))
    return listed


def of_kind(rows: list[FilterRow], kind: str | None) -> list[FilterRow]:
    """Only the real ones, only those for testing, or all of them."""
    return [row for row in rows if kind not in KINDS or row.filter.is_test == (kind == filter_form.TEST)]


def fields_by_name(session: Session, database_id: int) -> dict[str, Field]:
    """The choices in a filter of the database: its fields, and audiences that contacts were sent to."""
    database = session.get_one(UserDatabase, database_id)
    audiences = tuple(sent.audiences(session, database.client_id))
    fields = (*queries.fields_of(session, database_id), replace(SENT, choices=audiences))
    return {field.name: field for field in fields}


def context(
    session: Session, database: UserDatabase, form: FilterForm, saved: Filter | None
) -> dict[str, Any]:
    """Everything the builder needs, its result included."""
    fields = fields_by_name(session, db.saved_id(database))
    rule, checked = filter_form.rule_of(form, fields)
    # A row nobody has filled in yet is no mistake: its error is shown when one tries to save.
    shown_form = replace(checked, errors=form.errors) if form.errors else _without_errors(checked)
    return {
        "database": database,
        "saved": saved,
        "form": shown_form,
        "fields": fields,
        "operators": OPERATORS,
        "operator_label": filter_words.operator_label,
        "months": filter_words.MONTHS,
        "suggested": suggested(
            session,
            db.saved_id(database),
            {one.field for group in form.all_groups for one in group.conditions},
        ),
        **result_context(session, database, rule, checked, saved),
    }


def result_context(
    session: Session,
    database: UserDatabase,
    rule: Rule,
    checked: FilterForm,
    saved: Filter | None,
    ticket: str | None = None,
) -> dict[str, Any]:
    """*ticket*: of the page that asks to go on counting."""
    database_id = db.saved_id(database)
    fields = fields_by_name(session, database_id)
    incomplete = sum(bool(one.error) for group in checked.all_groups for one in group.conditions)
    types = {name: field.type for name, field in fields.items()}
    chosen = word_index.chosen(session, database_id, rule.as_json(), types, clock.today())
    parts = filter_counts.parts(database_id, rule, checked, fields, clock.today())
    asked = scan_cursor.question(database_id, rule.as_json(), list(parts.each), clock.today())
    before = scan_cursor.take(ticket, asked) if ticket else None
    patience_s = services().settings.filter_patience_s
    if before:
        counts, scan = scanning.go_on(chosen, parts, *before, step_s=patience_s / 2)
    else:
        counts, scan = scanning.begin(chosen, parts, patience_s)
    result = Result(
        counts,
        contact_counts.count_contacts(session, database_id),
        filter_words.sentence(rule, fields),
        _examples(session, chosen, min(EXAMPLES, counts.total) if counts else 0),
        incomplete,
        filter_counts.words(checked, scan.of_parts(parts)),
        may_be_sent(session, database_id, chosen) if counts and counts.total else {},
        scan,
        None if scan.is_whole else scan_cursor.give(asked, counts, scan),
    )
    state = _state(saved, rule, checked, incomplete)
    return {"database": database, "result": result, "is_test": checked.is_test, "state": state}


def _examples(session: Session, chosen: Clause, most: int) -> list[ContactView]:
    """None rather than some that one must wait for: the last of a few may be the last of a million."""
    ids = select(CONTACT.c.id).where(chosen).limit(most)
    found = counting.within(session.connection(), ids, EXAMPLES_S) if most else None
    contacts = select(Contact).where(col(Contact.id).in_([one for (one,) in found or ()]))
    return [present(contact, whole=False) for contact in session.execute(contacts).scalars()]


def _state(saved: Filter | None, rule: Rule, form: FilterForm, incomplete: int) -> str:
    """Whether what is on screen is what an upload would use."""
    if saved is None:
        return "Bozza, non ancora salvata"
    is_same = (form.name, form.is_test, rule.as_json()) == (saved.name, saved.is_test, saved.rule)
    return f"Salvato il {texts.moment(saved.updated_at)}" if is_same and not incomplete else UNSAVED


def remember_count(saved: Filter, counts: Counts | None) -> None:
    saved.counted = counts.total if counts else None
    saved.counted_at = clock.now() if counts else None


def name_is_taken(session: Session, database_id: int, name: str, saved: Filter | None) -> bool:
    same = select(col(Filter.id)).where(col(Filter.database_id) == database_id, col(Filter.name) == name)
    found = session.execute(same).scalar()
    return found is not None and found != (saved.id if saved else None)


def free_name(session: Session, database_id: int, name: str) -> str:
    """*name*, numbered when a filter is called so already."""
    base, number = f"{name[:80]}, copia", 1
    found = base
    while name_is_taken(session, database_id, found, None):
        number += 1
        found = f"{base} {number}"
    return found


def is_held(session: Session, saved: Filter) -> bool:
    return hooks.registered().is_filter_busy(session, db.saved_id(saved))


def _without_errors(form: FilterForm) -> FilterForm:
    def clean(group: filter_form.GroupForm) -> filter_form.GroupForm:
        conditions = [
            one if any(map(str.strip, one.values)) or one.error == FIELD_GONE else replace(one, error="")
            for one in group.conditions
        ]
        return replace(group, conditions=tuple(conditions))

    return replace(form, groups=tuple(map(clean, form.groups)), exclude=clean(form.exclude))
