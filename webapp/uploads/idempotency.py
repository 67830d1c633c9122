"""Idempotency keys: one press of a button does its work once, however often and wherever it arrives."""

from typing import NamedTuple

from sqlmodel import Session

from webapp.values.identifiers import new_public_id
from webapp.workers import take_turn


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
