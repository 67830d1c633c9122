"""Who still needs a filter, a database or a contact: other rooms say so here; this one does not know them.

holders.register(filter_is_busy)      # def filter_is_busy(session: Session, filter_id: int) -> bool
holders.register_user(why_in_use)     # def why_in_use(session, database_id, since) -> str | None
holders.register_keeper(take_out)     # def take_out(session, database_id, contact_ids) -> object
holders.register_refusal(take_out)    # the same, for contacts that say no by now
holders.register_uses(uses, last)     # def uses(session, filter_id) -> list[Use]
                                      # def last(session, filter_ids) -> dict[int, datetime]
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Session, col

from webapp.contacts import sent
from webapp.contacts.models import ContactChange
from webapp.contacts.store import import_blocks


@dataclass(frozen=True, slots=True)
class Use:
    """What used a filter, in words, and its page: endpoint and values."""

    at: datetime
    words: str
    page: tuple[str, dict[str, str]]


Holder = Callable[[Session, int], bool]
DatabaseUser = Callable[[Session, int, datetime | None], str | None]
ContactKeeper = Callable[[Session, int, Collection[int]], object]

FilterUses = Callable[[Session, int], list[Use]]
LastUses = Callable[[Session, Sequence[int]], dict[int, datetime]]

_holders: list[Holder] = []
_uses: list[FilterUses] = []
_last_uses: list[LastUses] = []
_database_users: list[DatabaseUser] = []
_keepers: list[ContactKeeper] = []
_refusals: list[ContactKeeper] = []


def register(holder: Holder) -> None:
    """*holder* tells whether a filter, by id, is needed by something that has not ended."""
    if holder not in _holders:
        _holders.append(holder)


def register_user(user: DatabaseUser) -> None:
    """*user* says in Italian why the contacts of a database, by id, must stay; None when they need not.

    It is asked about what has not ended, and with a moment also about what was begun since.
    """
    if user not in _database_users:
        _database_users.append(user)


def register_keeper(keeper: ContactKeeper) -> None:
    """*keeper* forgets contacts, by id, that are about to be deleted, in the same transaction."""
    if keeper not in _keepers:
        _keepers.append(keeper)


def register_refusal(refusal: ContactKeeper) -> None:
    """*refusal* holds back contacts, by id, that say no from now on, in the same transaction."""
    if refusal not in _refusals:
        _refusals.append(refusal)


def refused(session: Session, database_id: int, contact_ids: Collection[int]) -> None:
    """Once contacts have said no: whoever was about to send them does not."""
    for refusal in _refusals:
        refusal(session, database_id, contact_ids)


def register_uses(uses: FilterUses, last: LastUses) -> None:
    """*uses* tells what used one filter, newest first; *last* when each of many filters last was."""
    if uses not in _uses:
        _uses.append(uses)
        _last_uses.append(last)


def uses_of(session: Session, filter_id: int) -> list[Use]:
    """What used the filter so far, newest first."""
    found = [use for uses in _uses for use in uses(session, filter_id)]
    return sorted(found, key=lambda use: use.at, reverse=True)


def last_used(session: Session, filter_ids: Sequence[int]) -> dict[int, datetime]:
    """When each filter was last used; one that never was is not in it."""
    found: dict[int, datetime] = {}
    for last in _last_uses:
        for filter_id, at in last(session, filter_ids).items():
            found[filter_id] = max(at, found.get(filter_id, at))
    return found


def forget(session: Session, database_id: int, contact_ids: Collection[int]) -> None:
    """Before contacts are deleted: whoever keeps something of theirs, here or elsewhere, lets go of it."""
    import_blocks.forget_contacts(session, database_id, contact_ids)
    sent.forget(session, contact_ids)
    session.execute(delete(ContactChange).where(col(ContactChange.contact_id).in_(contact_ids)))
    for keeper in _keepers:
        keeper(session, database_id, contact_ids)


def is_held(session: Session, filter_id: int) -> bool:
    return any(holder(session, filter_id) for holder in _holders)


def why_held(session: Session, database_id: int, since: datetime | None = None) -> str | None:
    """The first reason why the contacts of the database must stay as they are."""
    found = (user(session, database_id, since) for user in _database_users)
    return next((why for why in found if why), None)
