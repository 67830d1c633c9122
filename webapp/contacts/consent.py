"""Whom an upload may send, by what people answered about consent; the rule as SQL, for counting and sending.

An address or number is one person's however many contacts hold it: when one of them says no, in the whole
database, it is not sent for any of the others either.
"""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, case, null, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from webapp import db
from webapp.contacts.models import CONTACT, Contact

REFUSED = "opted_out"
REFUSED_ELSEWHERE = "opted_out.same"
UNANSWERED = "no_consent"
EXCLUDING = frozenset({REFUSED, REFUSED_ELSEWHERE, UNANSWERED})


class Consent(StrEnum):
    """Who is sent: everybody, all but those who said no, or only those who said yes."""

    ANYONE = "anyone"
    NOT_REFUSED = "not_refused"
    GIVEN = "given"


@dataclass(frozen=True, slots=True)
class Answers:
    """Whether anybody of a database has answered, and whether anybody has said no."""

    given: bool
    refused: bool


def answers_of(session: Session, database_id: int) -> Answers:
    """Two looks that stop at the first contact; they read an index alone."""

    def has(answer: ColumnElement[bool]) -> bool:
        wanted = select(CONTACT.c.consent).where(CONTACT.c.database_id == database_id, answer)
        return db.finds_any(session, wanted)

    refused = has(CONTACT.c.consent.is_(False))
    return Answers(refused or has(CONTACT.c.consent.is_(True)), refused)


def is_refused(database_id: int, digest: ColumnElement[bytes]) -> ColumnElement[bool]:
    """Whether some contact of the database that has this digest says no."""
    other = aliased(Contact)
    same = select(col(other.id)).where(
        col(other.database_id) == database_id,
        getattr(other, digest.key or "") == digest,
        col(other.consent).is_(False),
    )
    return same.exists()


def contacts_with_data_of(session: Session, contact: Contact) -> list[int]:
    """Ids of the contacts of its database with the contact's e-mail or mobile, its own among them."""
    digests = {"email_sha256": contact.email_sha256, "mobile_sha256": contact.mobile_sha256}
    same = [CONTACT.c[name] == digest for name, digest in digests.items() if digest is not None]
    wanted = select(CONTACT.c.id).where(CONTACT.c.database_id == contact.database_id)
    return list(session.execute(wanted.where(or_(CONTACT.c.id == contact.id, *same))).scalars())


def why_left_out(
    choice: Consent, database_id: int, digest: ColumnElement[bytes]
) -> ColumnElement[str] | ColumnElement[None]:
    """Why *choice* leaves a contact out (a reason above), NULL when it does not. *digest*: what is sent."""
    if choice == Consent.ANYONE:
        return null()
    unanswered = [(CONTACT.c.consent.is_(None), UNANSWERED)] if choice == Consent.GIVEN else []
    return case(
        (CONTACT.c.consent.is_(False), REFUSED),
        (is_refused(database_id, digest), REFUSED_ELSEWHERE),
        *unanswered,
        else_=null(),
    )
