"""“Dove è finito questo contatto?”: an address or number → where it is, where it was sent, what came of it.

What was typed is read into digests and goes no further: nothing that is found names the person.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from webapp import clock, db
from webapp.contacts import queries
from webapp.contacts.erasure import erased
from webapp.contacts.filters.filter_rules import BrokenRule
from webapp.contacts.filters.selection import selected
from webapp.contacts.ledger import tracing
from webapp.contacts.ledger.tracing import Trace
from webapp.contacts.models import CONTACT, Filter, SentAudience, UserDatabase
from webapp.contacts.store.digests import digest_email, digest_mobile
from webapp.uploads.models import Batch, Upload

MOST_TYPED = 320  # characters: the longest address there is
UNREADABLE = (
    "Scrivi un’email o un cellulare per intero, per esempio nome@azienda.it oppure 333 1234567: "
    "quello che hai scritto non è né l’una né l’altro."
)


class Unreadable(ValueError):
    """Neither an e-mail nor a mobile; `str()` is the Italian sentence, without what was typed."""

    def __init__(self) -> None:
        super().__init__(UNREADABLE)


@dataclass(frozen=True, slots=True)
class InDatabase:
    """A database that has the person, and its filters that choose them today."""

    database: UserDatabase
    contact_ids: tuple[int, ...]
    filters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sending:
    """The upload that put the person there, and when its batch was sent."""

    upload_id: str  # public
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the answer: an audience by one source. *database*, *filter_name*: empty when not known."""

    trace: Trace
    database: str
    filter_name: str
    sending: Sending | None


@dataclass(frozen=True, slots=True)
class Answer:
    """*is_erased*: somebody with this address or number has asked to be erased."""

    databases: tuple[InDatabase, ...]
    places: tuple[Place, ...]
    is_erased: bool
    unknown: tuple[SentAudience, ...]

    @property
    def is_empty(self) -> bool:
        return not self.databases and not self.places and not self.is_erased


def search(session: Session, client_id: int, typed: str) -> Answer:
    """Everything that the client has of whoever *typed* names. Raises Unreadable."""
    digests = digests_of(typed, _countries(session, client_id))
    contacts = tracing.contacts_with(session, client_id, digests)
    traces = tracing.traces(session, client_id, digests, [one.contact_id for one in contacts])
    of_database: dict[int, list[int]] = {}
    for one in contacts:
        of_database.setdefault(db.saved_id(one.database), []).append(one.contact_id)
    databases = {db.saved_id(one.database): one.database for one in contacts}
    return Answer(
        tuple(
            InDatabase(databases[key], tuple(ids), tuple(_filters(session, key, ids)))
            for key, ids in of_database.items()
        ),
        _places(session, client_id, traces),
        bool(erased.erased_among(session, client_id, digests)),
        tuple(tracing.unknown_since(session, client_id)),
    )


def digests_of(typed: str, countries: Collection[str]) -> set[bytes]:
    """The digests (32 bytes) that *typed* stands for: a number without a prefix, one for each country.

    Raises Unreadable.
    """
    typed = typed.strip()
    if len(typed) > MOST_TYPED:
        raise Unreadable
    if "@" in typed:
        found = {digest_email(typed).sha256}
    else:
        found = {digest_mobile(typed, country).sha256 for country in countries}
    if not (digests := {one for one in found if one is not None}):
        raise Unreadable
    return digests


def _countries(session: Session, client_id: int) -> set[str]:
    """Those whose prefix the client's databases take a number without one to have, and Italy."""
    ours = select(col(UserDatabase.country)).where(col(UserDatabase.client_id) == client_id)
    return {"IT", *session.execute(ours.distinct()).scalars()}


def _filters(session: Session, database_id: int, contact_ids: Sequence[int]) -> list[str]:
    saved = select(Filter).where(col(Filter.database_id) == database_id).order_by(col(Filter.name))
    types = queries.field_types(session, database_id)
    found = []
    for one in session.execute(saved).scalars():
        try:
            chosen = selected(database_id, one.rule, types, clock.today())
        except BrokenRule:
            continue  # it chooses nobody until somebody mends it
        if db.finds_any(session, select(CONTACT.c.id).where(CONTACT.c.id.in_(contact_ids), chosen)):
            found.append(one.name)
    return found


def _places(session: Session, client_id: int, traces: Sequence[Trace]) -> tuple[Place, ...]:
    databases = _names(session, UserDatabase.id, UserDatabase.name, {one.database_id for one in traces})
    filters = _names(session, Filter.public_id, Filter.name, {one.filter_public_id for one in traces})
    sendings = _sendings(session, client_id, {one.batch_id for one in traces})
    places = [
        Place(
            one,
            databases.get(one.database_id, ""),
            filters.get(one.filter_public_id, "che non c’è più") if one.filter_public_id else "",
            sendings.get(one.batch_id),
        )
        for one in traces
    ]
    return tuple(sorted(places, key=lambda one: one.trace.audience.name.casefold()))


def _names(session: Session, key: object, name: object, wanted: Collection[object]) -> dict[object, str]:
    found = select(col(key), col(name)).where(col(key).in_(list(wanted)))
    return {row[0]: row[1] for row in session.execute(found)}


def _sendings(session: Session, client_id: int, batch_ids: Collection[int]) -> dict[int, Sending]:
    wanted = (
        select(col(Batch.id), col(Upload.public_id), col(Batch.sent_at))
        .join(Upload, col(Upload.id) == col(Batch.upload_id))
        .where(col(Batch.id).in_([one for one in batch_ids if one]), col(Upload.client_id) == client_id)
    )
    return {batch: Sending(upload, at) for batch, upload, at in session.execute(wanted)}
