"""What the audit trail is told of a look-up: that somebody looked and how much there was, never for whom."""

from webapp.access.trail.audit import Action, record_alone
from webapp.privacy.searching import Answer
from webapp.values.texts import plural


def tell(answer: Answer, client_id: int) -> None:
    found = f"{plural(len(answer.databases), 'database', 'database')}, "
    found += plural(len(answer.places), "riga di custom audience", "righe di custom audience")
    record_alone(Action.CONTACT_TRACED, found, client_id=client_id)
