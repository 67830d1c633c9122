"""Whom an upload chooses, as the statements that say it: the same for counting and for sending."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, false, not_, null, or_, select

from webapp import db
from webapp.contacts import queries as contact_queries
from webapp.contacts.consent import Answers, ConsentPolicy, answers_of, refuses, why_left_out
from webapp.contacts.filters.selection import selected
from webapp.contacts.models import CONTACT
from webapp.destinations.base import OF_MEDIUM, OTHER_MEDIUM, VALUE, Encoder, Medium
from webapp.uploads import values
from webapp.uploads.engine.duplicates import Duplicates, find_duplicates
from webapp.uploads.media_columns import DIGEST, REASON
from webapp.uploads.models import Upload


def chosen_by(upload: Upload, today: date) -> ColumnElement[bool]:
    """The contacts of the source, whatever they answered. Raises BrokenRule."""
    with db.reading() as session:
        fields = contact_queries.field_types(session, upload.database_id)
    return selected(upload.database_id, upload.rule, fields, today)


@dataclass(frozen=True, slots=True)
class Selecting:
    """The selection of an upload in one moment. *excluded*: why the consent leaves a contact out, or NULL.

    *included*: whether a contact said no and goes all the same. *reads_contacts*: as of `find_duplicates`.
    *value_field*: a number that a contact must have to be sent, None where no value is sent.
    """

    medium: Medium
    chosen: ColumnElement[bool]
    excluded: ColumnElement[Any]
    included: ColumnElement[bool]
    includes: bool  # whether there may be any such
    reads_contacts: bool
    digests: list[ColumnElement[Any]]
    details: list[ColumnElement[Any]]
    value_field: str | None

    @property
    def allowed(self) -> ColumnElement[bool]:
        allowed = and_(self.chosen, self.excluded.is_(None))
        return and_(allowed, values.has_value(self.value_field)) if self.value_field else allowed

    @property
    def cannot(self) -> ColumnElement[bool]:
        """Whether a contact cannot be sent, whatever it answered: no valid detail, or no value."""
        none = DIGEST[self.medium].is_(None)
        return or_(none, not_(values.has_value(self.value_field))) if self.value_field else none

    @property
    def reason(self) -> ColumnElement[Any]:
        """Why it cannot, of a contact that cannot."""
        reason: ColumnElement[Any] = REASON[self.medium]
        if not self.value_field:
            return reason
        return case((DIGEST[self.medium].is_(None), reason), else_=values.why_no_value(self.value_field))

    def duplicates(self, connection: Connection) -> Duplicates:
        return find_duplicates(connection, self.allowed, DIGEST[self.medium], self.reads_contacts)

    def sendable(self) -> Select[Any]:
        """Id, digests and details of who may be sent, duplicates among them, in order of id."""
        known = (CONTACT.c.id, *self.digests, *self.details)
        return select(*known).where(self.allowed, DIGEST[self.medium].is_not(None)).order_by(CONTACT.c.id)

    def everybody(self) -> Select[Any]:
        """`left_out.Row` of each contact that is chosen, in order of id."""
        why = (self.reason, self.excluded, self.included)
        columns = (CONTACT.c.id, *self.digests, *why, *self.details)
        return select(*columns).where(self.chosen).order_by(CONTACT.c.id)

    def left_out(self) -> list[Select[Any]]:
        """The same of those who are left out alone, duplicates apart, in any order and without digests.

        Two statements, so that the index of the digests answers the second one by itself.
        """
        nothing = null()
        without = select(CONTACT.c.id, nothing, nothing, self.reason, self.excluded)
        excluded = select(CONTACT.c.id, nothing, nothing, nothing, self.excluded)
        return [
            without.where(self.chosen, self.cannot),
            excluded.where(self.chosen, not_(self.cannot), self.excluded.is_not(None)),
        ]


def selecting(
    connection: Connection, upload: Upload, chosen: ColumnElement[bool], encoder: Encoder
) -> Selecting:
    medium, policy = Medium(upload.medium), ConsentPolicy(upload.consent)
    held = answers_of(connection, upload.database_id)
    return Selecting(
        medium,
        chosen,
        why_left_out(policy, medium, held, upload.database_id),
        refuses(medium, held) if policy == ConsentPolicy.ANYONE else false(),
        policy == ConsentPolicy.ANYONE and held.refused,
        # The index of the digests knows the general answer and no other.
        upload.rule is not None or held.by_channel or held.undecided or upload.value_field is not None,
        _digests(medium, policy, upload, held),
        [_detail(name, upload) for name in encoder.fields],
        upload.value_field,
    )


def _digests(
    medium: Medium, policy: ConsentPolicy, upload: Upload, held: Answers
) -> list[ColumnElement[Any]]:
    """Both digests of a contact. The other medium's is there only when it is sent too, and where the contact
    may be sent by that medium too: a number goes to nobody when its owner said no to messages. That of the
    medium is there only where the contact has a value, if one goes with it.
    """
    other = OTHER_MEDIUM[medium]
    columns: dict[Medium, ColumnElement[Any]] = {**DIGEST, other: null()}
    if OF_MEDIUM[other] in upload.identifiers:
        columns[other] = case((why_left_out(policy, other, held).is_(None), DIGEST[other]))
    if upload.value_field:
        columns[medium] = case((values.has_value(upload.value_field), DIGEST[medium]))
    return list(columns.values())


def _detail(name: str, upload: Upload) -> ColumnElement[Any]:
    """What an encoder wants of a contact beside its digests."""
    if name == VALUE and upload.value_field:
        return values.value_of(upload.value_field)
    return CONTACT.c[name]
