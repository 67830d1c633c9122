"""Questions that this room asks of rooms it does not know: what is still in use, and who must be warned.

The one who puts the application together answers them once, with `register(Hooks(...))` (`webapp.wiring`).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Session, col

from webapp.contacts.erasure import overwriting
from webapp.contacts.models import Contact, ContactChange, UserDatabase
from webapp.contacts.store import import_blocks


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a filter, in words, and its page: endpoint and values."""

    at: datetime
    words: str
    page: tuple[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class ContactEvent:
    """A line in the history of a contact. *page*: endpoint and values of its page, when there is one."""

    at: datetime
    icon: str
    title: str
    detail: str = ""
    page: tuple[str, dict[str, str]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """Each is called inside the transaction of its first argument. None has a default: all are answered."""

    # (session, filter id): whether something that has not ended needs the filter.
    is_filter_busy: Callable[[Session, int], bool]
    # (session, filter id): every use so far, newest first.
    filter_uses: Callable[[Session, int], list[Use]]
    # (session, filter ids): when each was last used; one that never was is not in it.
    last_filter_uses: Callable[[Session, Sequence[int]], Mapping[int, datetime]]
    # (session, database id): how many uploads started from it or from one of its filters.
    count_uploads: Callable[[Session, int], int]
    # (session, database id, since): in Italian, why its contacts must stay; None when they need not. With
    # *since*, also because of what was begun after that moment.
    why_database_busy: Callable[[Session, int, datetime | None], str | None]
    # (session, database id, contact ids): they are about to be deleted; forget them, in the same transaction.
    on_delete: Callable[[Session, int, Collection[int]], object]
    # (session, database id, contact ids): they say no from now on; hold them back, in the same transaction.
    on_opt_out: Callable[[Session, int, Collection[int]], object]
    # (session, client id, contact ids): they are about to be erased; whatever of them is on its way must be
    # taken out again when it has arrived.
    on_erase: Callable[[Session, int, Collection[int]], object]
    # (session, database, contact): the lines that another room adds to its history, in any order.
    contact_events: Callable[[Session, UserDatabase, Contact], list[ContactEvent]]


_registered: list[Hooks] = []


def register(hooks: Hooks) -> None:
    """To be called once by each composition root; the last call counts."""
    _registered[:] = [hooks]


def registered() -> Hooks:
    """Raises RuntimeError before `register`: to delete a contact that an upload still holds is no default."""
    if not _registered:
        raise RuntimeError("contacts.hooks.register() comes first: see webapp.wiring")
    return _registered[0]


def why_database_busy(session: Session, database_id: int, since: datetime | None = None) -> str | None:
    """In Italian, why the contacts of the database must stay as they are; None when they need not."""
    return registered().why_database_busy(session, database_id, since)


def forget(session: Session, database_id: int, contact_ids: Collection[int]) -> None:
    """Before contacts are deleted: remove all that is kept about them, here and in other rooms."""
    if contact_ids:
        overwriting.due(session)
    import_blocks.forget_contacts(session, database_id, contact_ids)
    session.execute(delete(ContactChange).where(col(ContactChange.contact_id).in_(contact_ids)))
    registered().on_delete(session, database_id, contact_ids)
