"""A wish that is carried out once, however often its button was pressed, whichever process hears it."""

from typing import NamedTuple

from sqlmodel import Session

from webapp.values.identifiers import new_public_id
from webapp.workers import take_turn


class AlreadyHandled(Exception):
    """Somebody else, or the same button a moment ago, has this wish carried out."""


class IdempotencyKey(NamedTuple):
    """The name of a request, the same at every press of the button, and for how long it is the same."""

    name: str
    seconds: float


def claim(session: Session, wish: IdempotencyKey) -> None:
    """Take the wish in the transaction that carries it out: if that fails, it may be asked for again.

    The database decides between two that ask at once. Raises AlreadyAsked for all but the first.
    """
    if not take_turn(session, wish.name, new_public_id(), wish.seconds):
        raise AlreadyHandled
