"""What a client has by the words somebody typed: a few of each kind, by rank, in one reading transaction."""

from collections.abc import Iterator, Sequence
from typing import Any

from flask import url_for
from sqlalchemy import ColumnElement, and_, or_, select
from sqlmodel import Session, col

from webapp.access.members import members
from webapp.access.models import Operator
from webapp.access.policy import Who, who_may
from webapp.contacts import contact_ids
from webapp.contacts.cells import fold
from webapp.contacts.folding import folded_text
from webapp.contacts.models import Filter, UserDatabase
from webapp.contacts.people import finding
from webapp.contacts.people.presenting import present
from webapp.destinations import registry
from webapp.home.search import places
from webapp.home.search.found import MOST, Found, Group, Hit, group
from webapp.uploads.models import Upload
from webapp.values import texts
from webapp.values.identifiers import looks_like_public_id

MOST_WORDS = 5
NOT_BY_NAME = (
    "Le persone qui si trovano per email, cellulare o codice interi, o con almeno tre lettere del nome;"
    " per il resto cerca nei Contatti del database."
)
ONE_MORE = MOST + 1


def search(
    session: Session, client_id: int, rank: Who, typed: str, databases: Sequence[UserDatabase]
) -> Found:
    """Everything that *typed* may mean and *rank* may open. *databases*: the client's, by name."""
    words = fold(typed).split()[:MOST_WORDS]
    groups = [group("Pagine", _meant(places.pages(rank), words))]
    note = ""
    if words:
        groups += _named(session, client_id, words, typed, rank, databases)
        people = _contacts(session, typed, rank, databases)
        if people:
            groups.append(people[0])
            note = NOT_BY_NAME if people[1] else ""
        groups += _operators(session, client_id, words, rank)
    groups.append(group("Azioni", _meant(places.actions(rank, databases if words else ()), words)))
    if words:
        groups.append(group("Guida", _meant(places.questions(rank), words)))
    return Found([one for one in groups if one.hits], note)


def _meant(those: Sequence[places.Place], words: Sequence[str]) -> Iterator[Hit]:
    return (one.hit() for one in those if one.is_meant(words))


def _named(
    session: Session,
    client_id: int,
    words: Sequence[str],
    typed: str,
    rank: Who,
    databases: Sequence[UserDatabase],
) -> list[Group]:
    found = [one for one in databases if all(word in fold(one.name) for word in words)]
    return [
        group("Database utenti", map(_database_hit, found)),
        group("Filtri", _filters(session, client_id, words, rank)),
        group("Caricamenti", _uploads(session, client_id, words, typed)),
        group("Account", _accounts(client_id, words)),
    ]


def _database_hit(one: UserDatabase) -> Hit:
    return Hit(one.name, url_for("contacts.contacts", database_id=one.public_id), "database")


def _filters(session: Session, client_id: int, words: Sequence[str], rank: Who) -> Iterator[Hit]:
    wanted = (
        select(Filter, UserDatabase)
        .join(UserDatabase, col(UserDatabase.id) == col(Filter.database_id))
        .where(
            col(UserDatabase.client_id) == client_id,
            col(UserDatabase.deleted_at).is_(None),
            _has(words, Filter.name),
        )
        .order_by(col(Filter.name))
        .limit(ONE_MORE)
    )
    endpoint = "contacts.edit_filter" if rank >= who_may("contacts.edit_filter") else "uploads.filter_history"
    for one, database in session.execute(wanted):
        url = url_for(endpoint, database_id=database.public_id, filter_id=one.public_id)
        yield Hit(one.name, url, "filter", database.name)


def _uploads(session: Session, client_id: int, words: Sequence[str], typed: str) -> Iterator[Hit]:
    """The one of that number first, then the newest into an audience of that name."""
    wanted = (
        select(
            *(col(Upload.public_id), col(Upload.number), col(Upload.audience_name)),
            *(col(Upload.status), col(Upload.created_at)),
        )
        .where(
            col(Upload.client_id) == client_id,
            or_(_has(words, Upload.audience_name), _is_number(typed)),
        )
        .order_by(_is_number(typed).desc(), col(Upload.id).desc())
        .limit(ONE_MORE)
    )
    for public_id, number, audience, status, at in session.execute(wanted):
        detail = f"{texts.numbered(number)} · {texts.STATUSES[status].label} · {texts.moment(at)}"
        yield Hit(audience, url_for("uploads.detail", upload_id=public_id), "megaphone", detail)


def _is_number(typed: str) -> ColumnElement[bool]:
    """Whether an upload is the one called *typed*, as its page names it."""
    if (number := texts.read_numbered(typed)) is not None:
        return col(Upload.number) == number
    name = typed.strip().removeprefix("#").lower()
    return col(Upload.public_id) == (name if looks_like_public_id(name) else "")


def _accounts(client_id: int, words: Sequence[str]) -> Iterator[Hit]:
    for one in registry.accounts(client_id):
        names = fold(f"{one.name} {one.reference} act_{one.reference}")
        if all(word in names for word in words):
            destination = registry.destination(one.kind)
            url = url_for(destination.pages.account, account_id=one.public_id)
            yield Hit(one.name, url, "plug", f"{destination.label} · {one.reference}")


def _contacts(
    session: Session, typed: str, rank: Who, databases: Sequence[UserDatabase]
) -> tuple[Group, bool] | None:
    """None for who sees no personal data."""
    if rank < who_may("contacts.contact"):
        return None
    found = finding.find(session, databases, typed, ONE_MORE)
    hits = []
    for contact, database in found.contacts:
        row = present(contact, whole=True)
        ident = contact_ids.public_id(row.id)
        url = url_for("contacts.contact", database_id=database.public_id, contact_id=ident)
        known_by = row.email.text or row.mobile.text or row.code
        hits.append(Hit(row.name, url, "users", " · ".join(filter(None, (known_by, database.name)))))
    return group("Contatti", hits), found.unanswered and bool(databases)


def _operators(session: Session, client_id: int, words: Sequence[str], rank: Who) -> list[Group]:
    if rank < who_may("access.edit_operator"):
        return []
    found = members.people(session, client_id, _has(words, Operator.name, Operator.email))
    hits = (
        Hit(
            one.operator.name,
            url_for("access.edit_operator", operator_id=one.operator.public_id),
            "users",
            f"{one.operator.email} · {texts.ROLES[one.role]}",
        )
        for one in found[:ONE_MORE]
    )
    return [group("Utenti di Platea", hits)]


def _has(words: Sequence[str], *columns: Any) -> ColumnElement[bool]:
    """Whether each of the folded *words* stands in one of *columns*."""
    return and_(
        *(or_(*(folded_text(one).contains(word, autoescape=True) for one in columns)) for word in words)
    )
