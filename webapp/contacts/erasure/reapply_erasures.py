"""People erased after a backup was taken are in it again: restoring it erases them once more.

    the database that is replaced → its `erased_person` keys, of clients that both know
      → those that the copy lacks, into it
      → every contact of those clients whose e-mail or mobile has such a key: gone, with what is kept of it

Imports that wait in the copy read the same keys; unsent batches are rewritten as for any erasure.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlmodel import Session, col

from webapp import db
from webapp.access.models import Client
from webapp.access.trail import audit
from webapp.access.trail.audit import Action
from webapp.contacts.erasure import erased
from webapp.contacts.erasure.erased_keys import ErasedKeys
from webapp.contacts.models import CONTACT, Contact, ErasedPerson, UserDatabase

RESTORED = "Ripristino di una copia"
READ_ROWS = 10_000
TAKEN_AT_ONCE = 200


class ErasedKey(NamedTuple):
    """A row of `erased_person`; keys hold for the client of that id only, so both its names are kept."""

    client_id: int
    client_public_id: str
    key: bytes
    at: datetime


def erased_people(session: Session) -> list[ErasedKey]:
    """Everybody that was erased so far, of every client."""
    wanted = select(
        col(ErasedPerson.client_id), col(Client.public_id), col(ErasedPerson.key), col(ErasedPerson.at)
    ).join(Client, col(Client.id) == col(ErasedPerson.client_id))
    return [ErasedKey(one, public, bytes(key), at) for one, public, key, at in session.execute(wanted)]


def erase_again(known: Sequence[ErasedKey]) -> int:
    """Take *known* into this database and erase who of them is back; how many contacts went."""
    with db.writing() as session:
        clients = _add_missing(session, known)
    return sum(_erase_of(client_id) for client_id in clients)


def _add_missing(session: Session, known: Sequence[ErasedKey]) -> list[int]:
    """The clients for whom somebody was missing."""
    here = {(one.client_id, one.key) for one in erased_people(session)}
    ours = {(one, public) for one, public in session.execute(select(col(Client.id), col(Client.public_id)))}
    missing = [
        one
        for one in known
        if (one.client_id, one.client_public_id) in ours and (one.client_id, one.key) not in here
    ]
    session.add_all(ErasedPerson(client_id=one.client_id, key=one.key, at=one.at) for one in missing)
    return sorted({one.client_id for one in missing})


def _erase_of(client_id: int) -> int:
    with db.reading() as session:
        keys = erased.keys_of_client(session, client_id)
    ids = _who_is_back(client_id, keys)
    for start in range(0, len(ids), TAKEN_AT_ONCE):
        with db.writing() as session:
            wanted = select(Contact).where(col(Contact.id).in_(ids[start : start + TAKEN_AT_ONCE]))
            people = list(session.execute(wanted).scalars())
            erased.take_away_all(session, client_id, people)
            told: audit.Detail = {"gdpr": True, "contacts": len(people)}
            audit.record(session, Action.CONTACT_DELETED, RESTORED, told, client_id=client_id)
    return len(ids)


def _who_is_back(client_id: int, keys: ErasedKeys) -> list[int]:
    ours = select(col(UserDatabase.id)).where(col(UserDatabase.client_id) == client_id)
    digests = (CONTACT.c.email_sha256, CONTACT.c.mobile_sha256)
    has_any = or_(*(digest.is_not(None) for digest in digests))
    wanted = select(CONTACT.c.id, *digests).where(CONTACT.c.database_id.in_(ours), has_any)
    with db.snapshot() as connection:
        return [
            contact_id
            for page in db.pages(connection, wanted.order_by(CONTACT.c.id), READ_ROWS)
            for contact_id, *found in page
            if keys.any_of(found)
        ]
