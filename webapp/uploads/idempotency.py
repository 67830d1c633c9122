"""Idempotency keys: one press of a button does its work once, however often and wherever it arrives."""

from collections.abc import Callable
from typing import NamedTuple

from sqlmodel import Session

from webapp.contacts.models import UserDatabase
from webapp.uploads.refusals import TwinRunning
from webapp.values.identifiers import new_public_id
from webapp.workers import take_turn

TwinOf = Callable[[Session], str | None]  # the public id of a running upload like the one that is asked for


class AlreadyHandled(Exception):
    """The same request came before, from this button or from somebody else's."""


class IdempotencyKey(NamedTuple):
    """The name of a request, the same at every press of the button, and for how long it is the same."""

    name: str
    seconds: float


def claim(session: Session, key: IdempotencyKey) -> None:
    """Use the key up in the transaction that does the work: if that fails, the key is free again.

    The database decides between two that ask at once. Raises AlreadyHandled for all but the first.
    """
    if not take_turn(session, key.name, new_public_id(), key.seconds):
        raise AlreadyHandled


def only_once(session: Session, key: IdempotencyKey | None, database_id: int, twin_of: TwinOf | None) -> None:
    """`claim`; and of several that ask for the same at once each waits here, and sees what the ones before it
    have started. Raises AlreadyHandled, TwinRunning.
    """
    if key:
        claim(session, key)
    if twin_of:
        session.get(UserDatabase, database_id, with_for_update={"key_share": True})
        if running := twin_of(session):
            raise TwinRunning(running)
