"""How many people of a filter an upload would send, by its ordinary choices about consent."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, select
from sqlmodel import Session

from webapp.contacts.consent import DIGESTS, ConsentPolicy, answers_of, why_left_out
from webapp.contacts.filters import counting
from webapp.contacts.filters.selection import Clause
from webapp.contacts.models import CONTACT

PATIENCE_S = 0.5
ORDINARY = (ConsentPolicy.NOT_REFUSED, ConsentPolicy.GIVEN)


@dataclass(frozen=True, slots=True)
class MayBeSent:
    """Different people with a valid address: who did not say no, and who said yes."""

    not_refused: int
    given: int


def may_be_sent(session: Session, database_id: int, chosen: Clause) -> dict[str, MayBeSent]:
    """Medium → the counts that the form of an upload will show for its two ordinary choices.

    Empty where nobody ever answered: there is nothing to tell apart. A medium that takes too long is missing.
    """
    held = answers_of(session, database_id)
    if not held.given:
        return {}
    found = {}
    for medium in DIGESTS:
        digest = CONTACT.c[DIGESTS[medium]]
        allowed = {one: why_left_out(one, medium, held, database_id).is_(None) for one in ORDINARY}
        people: list[Any] = [func.count(case((allowed[one], digest)).distinct()) for one in ORDINARY]
        wanted = select(*people).where(chosen, digest.is_not(None))
        if (answer := counting.answer(session.connection(), wanted, PATIENCE_S)) is not None:
            found[medium] = MayBeSent(*answer)
    return found
