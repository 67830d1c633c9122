"""The ledger of who was received by which custom audience: what filters and a contact's page ask."""

from collections.abc import Collection

import orjson
from sqlalchemy import ColumnElement, Table, delete, exists, select
from sqlalchemy import text as sql
from sqlmodel import Session, col

from webapp.contacts.models import CONTACT, SentAudience, SentContact
from webapp.values.identifiers import new_public_id

AUDIENCE: Table = SentAudience.__table__  # type: ignore[attr-defined]
SENT: Table = SentContact.__table__  # type: ignore[attr-defined]


def record(session: Session, audience: SentAudience, contact_ids: Collection[int]) -> None:
    """These contacts were received by an audience, in the caller's transaction; once or again, all the same.

    *audience*: its client, destination, id there and name; the ledger's own row is found or made.
    """
    if not contact_ids:
        return
    audience_id = _row_of(session, audience)
    connection = session.connection()
    ordered = sorted(contact_ids)  # neighbours in the table: written several times faster
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "INSERT INTO sent_contact (contact_id, audience_id) SELECT unnest(%s::bigint[]), %s"
            " ON CONFLICT DO NOTHING",
            (ordered, audience_id),
        )
        return
    # One statement with the ids as JSON takes a third of the time of one for each.
    connection.exec_driver_sql(
        "INSERT INTO sent_contact (contact_id, audience_id) SELECT value, ? FROM json_each(?) WHERE true"
        " ON CONFLICT DO NOTHING",
        (audience_id, orjson.dumps(ordered).decode()),
    )


def was_sent(audience: str | None = None) -> ColumnElement[bool]:
    """Of a contact: received by the audience of that public id, by any for None."""
    found = select(SENT.c.contact_id).where(SENT.c.contact_id == CONTACT.c.id)
    if audience is not None:
        named = select(AUDIENCE.c.id).where(AUDIENCE.c.public_id == audience).scalar_subquery()
        found = found.where(SENT.c.audience_id == named)
    return exists(found.correlate(CONTACT))


def audiences(session: Session, client_id: int) -> list[tuple[str, str]]:
    """(public id, name) of those that ever received contacts of the client, by name."""
    wanted = select(col(SentAudience.public_id), col(SentAudience.name)).where(
        col(SentAudience.client_id) == client_id
    )
    return sorted((tuple(row) for row in session.execute(wanted)), key=lambda one: one[1].lower())


def audiences_of(session: Session, contact_id: int) -> list[str]:
    """Names of the audiences that received the contact."""
    wanted = (
        select(col(SentAudience.name))
        .join(SentContact, col(SentContact.audience_id) == col(SentAudience.id))
        .where(col(SentContact.contact_id) == contact_id)
    )
    return sorted(session.execute(wanted).scalars())


def forget(session: Session, contact_ids: Collection[int]) -> None:
    """Of contacts that are deleted."""
    session.execute(delete(SentContact).where(col(SentContact.contact_id).in_(contact_ids)))


def _row_of(session: Session, audience: SentAudience) -> int:
    """Read first: several senders of one audience must not wait for each other's row."""
    same = {
        "client_id": audience.client_id,
        "destination": audience.destination,
        "audience_id": audience.audience_id,
    }
    found = session.execute(select(SentAudience).filter_by(**same)).scalar_one_or_none()
    if found is None:
        made = sql(
            "INSERT INTO sent_audience (public_id, client_id, destination, audience_id, name) VALUES"
            " (:public_id, :client_id, :destination, :audience_id, :name) ON CONFLICT DO NOTHING"
        )
        session.execute(made, {**same, "public_id": new_public_id(), "name": audience.name})
        found = session.execute(select(SentAudience).filter_by(**same)).scalar_one()
    elif found.name != audience.name:
        found.name = audience.name
        session.add(found)
    assert found.id is not None
    return int(found.id)
