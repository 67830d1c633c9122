"""A contact added, corrected or deleted by hand, in the caller's transaction; each leaves its trace."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlmodel import Session, col

from webapp import clock, db
from webapp.access.trail import audit
from webapp.access.trail.audit import Action
from webapp.contacts import consent, contact_ids, hooks
from webapp.contacts.answers import BY_HAND, FIELDS, pack_unread, unread_of, without
from webapp.contacts.fields import Field
from webapp.contacts.ledger import refusals
from webapp.contacts.models import Contact, ContactChange, UserDatabase
from webapp.contacts.people.contact_form import NO, YES, TypedRow, as_typed, changed
from webapp.contacts.store import contact_inserts
from webapp.contacts.store.upsert_plan import Target

ADDED, CHANGED = "added", "changed"
_SAID = {YES: "yes", NO: "no", BY_HAND: "undecided", "": "unset"}


def add(session: Session, database: UserDatabase, row: TypedRow, typed: dict[str, str], who: str) -> int:
    """The id of the new contact. Raises IntegrityError when its code is another's."""
    at = clock.now()
    contact_id = contact_inserts.insert_one(session.connection(), _target(database, row), row.values, at)
    names = [name for name, text in typed.items() if text]
    _answer(session, session.get_one(Contact, contact_id), row, names)
    if any(typed.get(name) == NO for name in FIELDS):
        refusals.answers_change(session, db.saved_id(database))
    _note(session, contact_id, ADDED, who, at, names, typed)
    audit.record(
        session,
        Action.CONTACT_ADDED,
        database.name,
        _detail(database, contact_id),
        client_id=database.client_id,
    )
    return contact_id


def change(
    session: Session,
    database: UserDatabase,
    contact: Contact,
    row: TypedRow,
    typed: dict[str, str],
    fields: Sequence[Field],
    who: str,
) -> list[str]:
    """Write *row* over the contact; names of the fields that changed. Raises IntegrityError as `add`."""
    contact_id = db.saved_id(contact)
    names = changed({field.name: as_typed(contact, field) for field in fields}, typed)
    if not names:
        return []
    at = clock.now()
    contact_inserts.update_one(session.connection(), _target(database, row), row.values, contact_id, at)
    session.refresh(contact)
    _answer(session, contact, row, names)
    if any(typed[name] in (NO, BY_HAND) for name in names if name in FIELDS):
        said_no = consent.contacts_with_data_of(session, contact)
        hooks.registered().on_opt_out(session, contact.database_id, said_no)
    if any(getattr(contact, name) is False for name in FIELDS):
        refusals.answers_change(session, contact.database_id)
    _note(session, contact_id, CHANGED, who, at, names, typed)
    labels = ", ".join(field.label for field in fields if field.name in names)
    audit.record(
        session,
        Action.CONTACT_CHANGED,
        database.name,
        {**_detail(database, contact_id), "fields": labels},
        client_id=database.client_id,
    )
    return names


def remove(session: Session, database: UserDatabase, contact: Contact) -> None:
    """The contact and what is kept about it; what uploads have not sent yet goes out without it.

    Batches already sent keep its id only. Told once, however many ask at the same moment.
    """
    mine = select(col(Contact.id)).where(col(Contact.id) == contact.id).with_for_update()
    if session.execute(mine).first() is None:
        return
    take_away(session, contact)
    audit.record(
        session,
        Action.CONTACT_DELETED,
        database.name,
        _detail(database, db.saved_id(contact)),
        client_id=database.client_id,
    )


def take_away(session: Session, contact: Contact) -> None:
    """The same, without telling the audit trail: the caller does."""
    contact_id = db.saved_id(contact)
    hooks.forget(session, contact.database_id, [contact_id])
    session.execute(delete(Contact).where(col(Contact.id) == contact_id))


def _answer(session: Session, contact: Contact, row: TypedRow, names: Collection[str]) -> None:
    """The answers that somebody gave: each settles its field, whatever word nobody could read stood there."""
    for field, text in row.answers.items():
        if field in names:
            setattr(contact, field, {YES: True, NO: False}.get(text))
            words = unread_of(without(contact.consent_unread, field))
            contact.consent_unread = pack_unread(words | {field: BY_HAND} if text == BY_HAND else words)
    session.add(contact)
    session.flush()


def _target(database: UserDatabase, row: TypedRow) -> Target:
    return Target(db.saved_id(database), row.columns, row.own_keys)


def _note(
    session: Session,
    contact_id: int,
    kind: str,
    who: str,
    at: datetime,
    names: list[str],
    typed: dict[str, str],
) -> None:
    answers = {name: _SAID[typed[name]] for name in names if name in FIELDS}
    session.add(
        ContactChange(
            contact_id=contact_id,
            at=at,
            who=who,
            kind=kind,
            fields=names,
            consent=answers.pop("consent", None),
            channel_answers=answers or None,
        )
    )


def _detail(database: UserDatabase, contact_id: int) -> audit.Detail:
    return {"database": database.public_id, "contact": contact_ids.public_id(contact_id)}
