"""The audiences that a client fills, and their feeds: found, or made by the upload that fills them first."""

from typing import Any

from sqlalchemy import select
from sqlalchemy import text as sql
from sqlmodel import Session, col

from webapp.contacts.ledger.models import Feed
from webapp.contacts.models import SentAudience
from webapp.values.identifiers import new_public_id


def feed_of(
    session: Session, audience: SentAudience, database_id: int, filter_public_id: str, medium: str
) -> int:
    """The id of the feed by which that source fills *audience*, whose own row is found or made too.

    *audience*: its client, destination, id there, account and name.
    """
    same: dict[str, Any] = {
        "audience_ref": _row_of(session, audience),
        "database_id": database_id,
        "filter_public_id": filter_public_id,
        "medium": medium,
    }
    wanted = select(col(Feed.id)).filter_by(**same)
    found = session.execute(wanted).scalar_one_or_none()
    if found is None:
        made = sql(
            "INSERT INTO feed (client_id, audience_ref, database_id, filter_public_id, medium) VALUES"
            " (:client_id, :audience_ref, :database_id, :filter_public_id, :medium) ON CONFLICT DO NOTHING"
        )
        session.execute(made, {**same, "client_id": audience.client_id})
        found = session.execute(wanted).scalar_one()
    return int(found)


def feeds_of_vendor(session: Session, destination: str, audience_id: str) -> list[Feed]:
    """Every feed of the vendor's audience, of whichever client: two may fill one."""
    wanted = (
        select(Feed)
        .join(SentAudience, col(SentAudience.id) == col(Feed.audience_ref))
        .where(col(SentAudience.destination) == destination, col(SentAudience.audience_id) == audience_id)
    )
    return list(session.execute(wanted.order_by(col(Feed.id))).scalars())


def feeds_of_client(session: Session, client_id: int) -> list[Feed]:
    wanted = select(Feed).where(col(Feed.client_id) == client_id)
    return list(session.execute(wanted.order_by(col(Feed.id))).scalars())


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
            "INSERT INTO sent_audience (public_id, client_id, destination, audience_id, account_reference,"
            " name) VALUES (:public_id, :client_id, :destination, :audience_id, :account_reference, :name)"
            " ON CONFLICT DO NOTHING"
        )
        values = {"name": audience.name, "account_reference": audience.account_reference}
        session.execute(made, {**same, **values, "public_id": new_public_id()})
        found = session.execute(select(SentAudience).filter_by(**same)).scalar_one()
    found.name = audience.name
    found.account_reference = audience.account_reference or found.account_reference
    session.add(found)
    assert found.id is not None
    return int(found.id)
