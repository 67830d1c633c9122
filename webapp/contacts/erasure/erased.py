"""Erasing a person on request (GDPR, article 17): every contact of theirs goes, and no file brings them back.

    the contacts of the client with the same e-mail, or the same mobile when there is no e-mail
      → their digests, keyed, into `erased_person`
      → the contacts, what is kept about them, their rows in unsent batches and in rejected rows
      → what past imports kept to be undone: it holds contacts as they were

      → what the ledger holds of them, into `removal_due`: the next round begins to take them out at Facebook

Batches already sent keep ids only.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import String, cast, delete, func, select
from sqlmodel import Session, col

from webapp import data_keys, db
from webapp.access.trail import audit
from webapp.access.trail.audit import Action
from webapp.contacts import hooks
from webapp.contacts.erasure.erased_keys import ErasedKeys, key_of
from webapp.contacts.ledger import forgetting
from webapp.contacts.models import Contact, ErasedPerson, UserDatabase
from webapp.contacts.models_imports import ContactImport, ImportStatus, RejectedRow
from webapp.contacts.people import contact_edit
from webapp.contacts.store import exported, import_blocks

IMPORT_RUNNING = "Un’importazione è in corso: aspetta che finisca, poi cancella la persona."


ALREADY_GONE = "Questa persona è già stata cancellata."


class MustWait(Exception):
    """Nobody can be erased now; `str()` is the Italian sentence."""


class AlreadyGone(MustWait):
    """Somebody else, or the same button a moment ago, has erased the person."""


def keys_of_client(session: Session, client_id: int) -> ErasedKeys:
    """The keys of erased people, whom the client must not have again."""
    wanted = select(col(ErasedPerson.key)).where(col(ErasedPerson.client_id) == client_id)
    keys = frozenset(bytes(key) for key in session.execute(wanted).scalars())
    return ErasedKeys(_secret(), client_id, keys)


def erased_among(session: Session, client_id: int, digests: Collection[bytes]) -> set[bytes]:
    """Those of *digests* (of an e-mail or mobile, 32 bytes) that belong to an erased person of the client."""
    secret = _secret()
    keys = {key_of(secret, client_id, digest): digest for digest in digests}
    wanted = select(col(ErasedPerson.key)).where(
        col(ErasedPerson.client_id) == client_id, col(ErasedPerson.key).in_(keys)
    )
    return {keys[bytes(key)] for key in session.execute(wanted).scalars()}


def contacts_of_person(session: Session, database: UserDatabase, contact: Contact) -> list[Contact]:
    """The contact and the others of the client's databases that are certainly the same person."""
    ours = select(col(UserDatabase.id)).where(col(UserDatabase.client_id) == database.client_id)
    same = select(Contact).where(col(Contact.database_id).in_(ours))
    if contact.email_sha256 is not None:
        same = same.where(col(Contact.email_sha256) == contact.email_sha256)
    elif contact.mobile_sha256 is not None:
        same = same.where(col(Contact.mobile_sha256) == contact.mobile_sha256)
    else:
        return [contact]
    return list(session.execute(same.order_by(col(Contact.id))).scalars())


def erase(session: Session, database: UserDatabase, contact: Contact) -> int:
    """Erase the person, in the caller's transaction; how many contacts went. Raises MustWait, AlreadyGone."""
    _one_at_a_time(session, database.client_id)
    if not db.finds_any(session, select(col(Contact.id)).where(col(Contact.id) == contact.id)):
        raise AlreadyGone(ALREADY_GONE)
    if _import_is_running(session, database.client_id):
        raise MustWait(IMPORT_RUNNING)
    people = _held(session, contacts_of_person(session, database, contact))
    if not people:
        raise AlreadyGone(ALREADY_GONE)
    _remember(session, database.client_id, people)
    take_away_all(session, database.client_id, people)
    audit.record(
        session,
        Action.CONTACT_DELETED,
        database.name,
        {"database": database.public_id, "gdpr": True, "contacts": len(people)},
        client_id=database.client_id,
    )
    return len(people)


def _held(session: Session, people: Sequence[Contact]) -> Sequence[Contact]:
    """Those of *people* that are still there, and that nobody else deletes or changes meanwhile."""
    mine = select(Contact).where(col(Contact.id).in_([one.id for one in people])).order_by(col(Contact.id))
    return session.execute(mine.with_for_update().execution_options(populate_existing=True)).scalars().all()


def take_away_all(session: Session, client_id: int, people: Sequence[Contact]) -> None:
    """These contacts of the client, and all that is kept about them; the audit trail is the caller's.

    The audiences that hold them are to take them out.
    """
    # First: it locks the uploads, as whoever records a batch does before writing into the ledger.
    hooks.registered().on_erase(session, client_id, [db.saved_id(one) for one in people])
    forgetting.forget_people(session, client_id, people)
    for one in people:
        if one.email:
            _forget_rejected(session, client_id, one.email)
        contact_edit.take_away(session, one)
    for database_id in {one.database_id for one in people}:
        import_blocks.forget_all_of(session, database_id)
        exported.forget_all_of(session, database_id)


def _one_at_a_time(session: Session, client_id: int) -> None:
    """Nobody else erases here, and no import begins, until the transaction ends (`import_run.claim`)."""
    ours = select(col(UserDatabase.id)).where(col(UserDatabase.client_id) == client_id)
    session.execute(ours.order_by(col(UserDatabase.id)).with_for_update(key_share=True)).all()


def _remember(session: Session, client_id: int, people: Sequence[Contact]) -> None:
    secret = _secret()
    known = keys_of_client(session, client_id).keys
    digests = {digest for one in people for digest in (one.email_sha256, one.mobile_sha256) if digest}
    for key in {key_of(secret, client_id, digest) for digest in digests} - known:
        session.add(ErasedPerson(client_id=client_id, key=key))


def _import_is_running(session: Session, client_id: int) -> bool:
    """Imports read whom to leave out when they start: none may be under way."""
    running = (
        select(col(ContactImport.id))
        .join(UserDatabase, col(UserDatabase.id) == col(ContactImport.database_id))
        .where(
            col(UserDatabase.client_id) == client_id,
            col(ContactImport.status).in_((ImportStatus.RUNNING, ImportStatus.UNDOING)),
        )
    )
    return db.finds_any(session, running)


def _forget_rejected(session: Session, client_id: int, email: str) -> None:
    """Rows of files that could not be imported, where the address stands in a cell."""
    imports = (
        select(col(ContactImport.id))
        .join(UserDatabase, col(UserDatabase.id) == col(ContactImport.database_id))
        .where(col(UserDatabase.client_id) == client_id)
    )
    cells = func.lower(cast(RejectedRow.cells, String))
    session.execute(
        delete(RejectedRow).where(
            col(RejectedRow.import_id).in_(imports), cells.contains(email.lower(), autoescape=True)
        )
    )


def _secret() -> bytes:
    return data_keys.key(data_keys.ERASED)
