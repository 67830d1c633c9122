"""The consent rule of an upload as SQL: whom each policy sends, for counting and for sending.

An address or number is one person's however many contacts hold it: when one of them says no, or something
nobody could read, in the whole database, it is not sent for any of the others either.

What one contact answered is `answers`; here it is the same in SQL.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, and_, case, false, not_, null, or_, select
from sqlmodel import Session

from webapp.contacts.answers import CHANNEL, TURNED, Answer
from webapp.contacts.models import CONTACT, Contact

REFUSED = "opted_out"
SAME_AS_REFUSED = "same_opted_out"
UNANSWERED = "no_consent"
UNDECIDED = "undecided"
SAME_AS_UNDECIDED = "undecided.same"
FORMER_SAME = "opted_out.same"  # of uploads from when these were counted among those who said no
EXCLUDING = frozenset({REFUSED, SAME_AS_REFUSED, UNANSWERED, UNDECIDED, SAME_AS_UNDECIDED, FORMER_SAME})
DIGESTS = {"email": "email_sha256", "sms": "mobile_sha256"}  # medium → by which column a person is one


class ConsentPolicy(StrEnum):
    """The choice of people for an upload, by their answers. Nobody's answer is UNDECIDED under any of them.

    ANYONE sends who said no too: only for who may say so, and with a reason.
    """

    ANYONE = "anyone"
    NOT_REFUSED = "not_refused"
    GIVEN = "given"


@dataclass(frozen=True, slots=True)
class Answers:
    """Which kinds of answers a database holds; what it does not hold needs no looking for."""

    given: bool = True  # of any kind
    refused: bool = True  # a no, general or for a channel
    by_channel: bool = True
    undecided: bool = True


ANY_KIND = Answers()


def answers_of(session: Session | Connection, database_id: int) -> Answers:
    """A few looks that stop at the first contact; each reads an index alone."""

    def has(answer: ColumnElement[bool]) -> bool:
        wanted = select(CONTACT.c.id).where(CONTACT.c.database_id == database_id, answer)
        return session.execute(wanted.limit(1)).first() is not None

    by_channel = has(_has_channel())
    undecided = has(CONTACT.c.consent_unread.is_not(None))
    refused = has(CONTACT.c.consent.is_(False)) or (by_channel and has(_no_by_channel()))
    given = refused or undecided or by_channel or has(CONTACT.c.consent.is_(True))
    return Answers(given, refused, by_channel, undecided)


def answer(medium: str, held: Answers = ANY_KIND) -> ColumnElement[str]:
    """`answers.answer_of` of a contact, in SQL."""
    channel = _channel(CONTACT, medium, held)
    says_yes: ColumnElement[bool] = CONTACT.c.consent.is_(True)
    if channel is not None:
        says_yes = or_(channel.is_(True), and_(channel.is_(None), says_yes))
    return case(
        (says_no(CONTACT, medium, held), Answer.NO.value),
        (is_undecided(CONTACT, medium, held), Answer.UNDECIDED.value),
        (says_yes, Answer.YES.value),
        else_=Answer.NONE.value,
    )


def answer_in(field: str) -> ColumnElement[str]:
    """`answers.answer_in` of a contact, in SQL."""
    unread, stored = CONTACT.c.consent_unread, CONTACT.c[field]
    # A quote within a word is escaped in JSON, so a word cannot look like a target.
    words = or_(*(unread.contains(f'"{field}{behind}":', autoescape=True) for behind in ("", TURNED)))
    return case(
        (stored.is_(False), Answer.NO.value),
        (and_(unread.is_not(None), words), Answer.UNDECIDED.value),
        (stored.is_(True), Answer.YES.value),
        else_=Answer.NONE.value,
    )


def says_no(contact: FromClause, medium: str, held: Answers = ANY_KIND) -> ColumnElement[bool]:
    """Whether *contact*, the table or an alias of it, says no, in general or for the medium. Never NULL."""
    general: ColumnElement[bool] = contact.c.consent.is_(False)
    channel = _channel(contact, medium, held)
    return general if channel is None else or_(general, channel.is_(False))


def is_undecided(contact: FromClause, medium: str, held: Answers = ANY_KIND) -> ColumnElement[bool]:
    """Whether *contact* does not say no, and something it answered could not be read. Never NULL."""
    if not held.undecided:
        return false()
    return and_(contact.c.consent_unread.is_not(None), not_(says_no(contact, medium, held)))


def is_refused(
    database_id: Any, digest: ColumnElement[bytes], medium: str, held: Answers = ANY_KIND
) -> ColumnElement[bool]:
    """Whether some contact of the database that has this digest says no."""
    if not held.refused:
        return false()
    other = CONTACT.alias()
    found: ColumnElement[bool] = (
        _same(other, database_id, digest, medium).where(says_no(other, medium, held)).exists()
    )
    return found


def is_undecided_elsewhere(
    database_id: Any, digest: ColumnElement[bytes], medium: str, held: Answers = ANY_KIND
) -> ColumnElement[bool]:
    """Whether some contact of the database that has this digest has an answer nobody could read."""
    if not held.undecided:
        return false()
    other = CONTACT.alias()
    found: ColumnElement[bool] = (
        _same(other, database_id, digest, medium).where(is_undecided(other, medium, held)).exists()
    )
    return found


def why_left_out(
    policy: ConsentPolicy, medium: str, held: Answers = ANY_KIND, database_id: int | None = None
) -> ColumnElement[str] | ColumnElement[None]:
    """Why *policy* leaves a contact out of an upload by *medium* (a reason above); NULL when it does not.

    *held*: what its database holds, when that was looked at; the same for any, slower for nothing.
    *database_id*: of all contacts that are asked, where most of them are: then whose digests say no is found
    once, in place of one look for each, which takes three times as long.
    """
    own, digest = CONTACT.c.database_id, CONTACT.c[DIGESTS[medium]]
    reasons: list[tuple[ColumnElement[bool], str]] = []
    if policy != ConsentPolicy.ANYONE and held.refused:
        elsewhere = is_refused(own, digest, medium, held)
        if database_id is not None:
            elsewhere = _among_those(database_id, medium, says_no, held)
        reasons = [(says_no(CONTACT, medium, held), REFUSED), (elsewhere, SAME_AS_REFUSED)]
    if held.undecided:
        elsewhere = is_undecided_elsewhere(own, digest, medium, held)
        if database_id is not None:
            elsewhere = _among_those(database_id, medium, is_undecided, held)
        reasons += [(is_undecided(CONTACT, medium, held), UNDECIDED), (elsewhere, SAME_AS_UNDECIDED)]
    if policy == ConsentPolicy.GIVEN:
        reasons.append((answer(medium, held) != Answer.YES.value, UNANSWERED))
    return case(*reasons, else_=null()) if reasons else null()


def allowed(policy: ConsentPolicy, medium: str, held: Answers = ANY_KIND) -> ColumnElement[bool]:
    """Whether a contact may be sent by *medium* under *policy*. Ask again whenever it is about to be."""
    return why_left_out(policy, medium, held).is_(None)


def refuses(medium: str, held: Answers = ANY_KIND) -> ColumnElement[bool]:
    """Whether the person behind a contact says no, here or with another contact of the same address."""
    own, digest = CONTACT.c.database_id, CONTACT.c[DIGESTS[medium]]
    return or_(says_no(CONTACT, medium, held), is_refused(own, digest, medium, held))


def contacts_with_data_of(session: Session, contact: Contact) -> list[int]:
    """Ids of the contacts of its database with the contact's e-mail or mobile, its own among them."""
    digests = {"email_sha256": contact.email_sha256, "mobile_sha256": contact.mobile_sha256}
    same = [CONTACT.c[name] == digest for name, digest in digests.items() if digest is not None]
    wanted = select(CONTACT.c.id).where(CONTACT.c.database_id == contact.database_id)
    return list(session.execute(wanted.where(or_(CONTACT.c.id == contact.id, *same))).scalars())


def _same(other: FromClause, database_id: Any, digest: ColumnElement[bytes], medium: str) -> Any:
    return select(other.c.id).where(other.c.database_id == database_id, other.c[DIGESTS[medium]] == digest)


def _among_those(
    database_id: int, medium: str, answered: Callable[..., ColumnElement[bool]], held: Answers
) -> ColumnElement[bool]:
    """Whether the digest of a contact is one of those whose contacts have *answered* so."""
    digest, other = CONTACT.c[DIGESTS[medium]], CONTACT.alias()
    those = select(other.c[DIGESTS[medium]]).where(
        other.c.database_id == database_id,
        other.c[DIGESTS[medium]].is_not(None),
        answered(other, medium, held),
    )
    return and_(digest.is_not(None), digest.in_(those))


def _channel(contact: FromClause, medium: str, held: Answers) -> ColumnElement[Any] | None:
    """The answer for the medium's channel; None where a database knows no channels."""
    return contact.c[CHANNEL[medium]] if held.by_channel else None


def _has_channel() -> ColumnElement[bool]:
    """As the index of these contacts says it, so that it is used."""
    c = CONTACT.c
    return or_(c.consent_email.is_not(None), c.consent_sms.is_not(None), c.consent_phone.is_not(None))


def _no_by_channel() -> ColumnElement[bool]:
    channels = or_(CONTACT.c.consent_email.is_(False), CONTACT.c.consent_sms.is_(False))
    return and_(_has_channel(), channels)
