"""A wish that is carried out once, however often its button was pressed, whichever process hears it."""

from sqlalchemy.exc import IntegrityError

from webapp import db
from webapp.identifiers import new_public_id
from webapp.workers import take_turn


def first_to(wish: str, seconds: float) -> bool:
    """True for the first who asks within *seconds*; the database decides between two that ask at once."""
    try:
        with db.writing() as session:
            return take_turn(session, wish, new_public_id(), seconds)
    except IntegrityError:  # PostgreSQL: both found no row, the other was quicker
        return False
