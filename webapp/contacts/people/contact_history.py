"""The history of a contact: imports, changes by hand, and the lines that other rooms add."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select
from sqlmodel import Session, col

from webapp.contacts import hooks
from webapp.contacts.answers import FIELDS
from webapp.contacts.fields import STANDARD_BY_NAME
from webapp.contacts.hooks import ContactEvent
from webapp.contacts.models import Contact, ContactChange, UserDatabase
from webapp.contacts.models_imports import ContactImport
from webapp.contacts.people.contact_edit import ADDED, CHANGED

SAID = {"yes": ": sì", "no": ": no", "undecided": " da decidere", "unset": " non indicato"}


def history(
    session: Session, database: UserDatabase, contact: Contact, labels: Mapping[str, str]
) -> list[ContactEvent]:
    """Newest first. *labels*: field name → label, for the fields somebody changed."""
    by_hand = _by_hand(session, contact, labels)
    elsewhere = hooks.registered().contact_events(session, database, contact)
    events = [*by_hand, *_imports(session, database, contact, {event.at for event in by_hand}), *elsewhere]
    return sorted(events, key=lambda event: event.at, reverse=True)


def _by_hand(session: Session, contact: Contact, labels: Mapping[str, str]) -> list[ContactEvent]:
    changes = select(ContactChange).where(col(ContactChange.contact_id) == contact.id)
    return [_change(one, labels) for one in session.execute(changes).scalars()]


def _change(one: ContactChange, labels: Mapping[str, str]) -> ContactEvent:
    given = {**({"consent": one.consent} if one.consent else {}), **(one.channel_answers or {})}
    answers = [f"{_label(name)}{SAID[said]}" for name, said in given.items()]
    if one.kind == ADDED:
        return ContactEvent(one.at, "plus", f"Aggiunto a mano da {one.who}", ", ".join(answers))
    known = [labels[name].lower() for name in one.fields if name in labels and name not in FIELDS]
    known += answers
    icon = "pencil" if one.kind == CHANGED else "info"
    return ContactEvent(one.at, icon, f"Modificato a mano da {one.who}", ", ".join(known))


def _label(field: str) -> str:
    """As it stands within a sentence: consenso SMS."""
    label = STANDARD_BY_NAME[field].label
    return label[:1].lower() + label[1:]


def _imports(
    session: Session, database: UserDatabase, contact: Contact, by_hand: set[datetime]
) -> list[ContactEvent]:
    """The import that made the contact and the last one that changed it: both wrote their moment on it."""
    events = []
    moments = {contact.created_at: "Importato", contact.updated_at: "Aggiornato da un’importazione"}
    if contact.created_at == contact.updated_at:
        moments = {contact.created_at: "Importato"}
    for at, title in moments.items():
        if at not in by_hand:
            job = session.execute(_running_at(database, at)).scalars().first()
            events.append(_import(at, title, database, job))
    return events


def _running_at(database: UserDatabase, at: datetime) -> Select[ContactImport]:
    """Imports of one database run one after the other, so at most one was running."""
    ended: ColumnElement[datetime] = func.coalesce(ContactImport.finished_at, ContactImport.updated_at)
    return (
        select(ContactImport)
        .where(
            col(ContactImport.database_id) == database.id,
            col(ContactImport.started_at) <= at,
            ended >= at,
        )
        .order_by(col(ContactImport.id).desc())
        .limit(1)
    )


def _import(at: datetime, title: str, database: UserDatabase, job: ContactImport | None) -> ContactEvent:
    if job is None:
        return ContactEvent(at, "upload", title)
    here = {"database_id": database.public_id, "import_id": job.public_id}
    return ContactEvent(
        at, "upload", title, f"{job.file_name}, {job.started_by}", ("contacts.import_result", here)
    )
