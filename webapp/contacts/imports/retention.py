"""Retention: the content of rejected rows is deleted after the days that the client decided.

Rejected rows are the part of a customer's file that nobody needs for long, and that holds people in clear.
Line and reason stay, so an import tells the same numbers as on its first day.
"""

from datetime import timedelta

from sqlmodel import col, select, update

from webapp import clock, db, rounds
from webapp.access.models import Client
from webapp.contacts.models import UserDatabase
from webapp.contacts.models_imports import ContactImport, RejectedRow

ROWS_AT_ONCE = 5_000  # of a write transaction
IMPORTS_AT_ONCE = 20


def forget_old() -> int:
    """Empty the rejected rows whose days are over; returns of how many imports. May be cut off anywhere."""
    due = _due()
    with rounds.guarded("importazione") as guard:
        guard.each(due, _forget)
    return len(due)


def _due() -> list[int]:
    with db.reading() as session:
        found: list[int] = []
        for days in session.exec(select(Client.retention_days).distinct()).all():
            query = (
                select(ContactImport.id)
                .join(UserDatabase, col(UserDatabase.id) == ContactImport.database_id)
                .join(Client, col(Client.id) == UserDatabase.client_id)
                .where(
                    Client.retention_days == days,
                    ContactImport.rows_rejected > 0,
                    col(ContactImport.rejects_forgotten_at).is_(None),
                    col(ContactImport.finished_at) < clock.now() - timedelta(days=days),
                )
            )
            found += [one for one in session.exec(query.limit(IMPORTS_AT_ONCE)) if one is not None]
        return found


def _forget(import_id: int) -> None:
    after: int | None = 0
    while after is not None:
        after = _empty_some(import_id, after)
    with db.writing() as session:
        session.execute(
            update(ContactImport)
            .where(col(ContactImport.id) == import_id)
            .values(rejects_forgotten_at=clock.now())
        )


def _empty_some(import_id: int, after: int) -> int | None:
    """Empty the next rows; returns the last of them, None when there was none."""
    mine = col(RejectedRow.import_id) == import_id
    with db.writing() as session:
        wanted = select(RejectedRow.id).where(mine, col(RejectedRow.id) > after)
        ids = session.exec(wanted.order_by(col(RejectedRow.id)).limit(ROWS_AT_ONCE)).all()
        if not ids or ids[-1] is None:
            return None
        some = col(RejectedRow.id).between(ids[0], ids[-1])
        session.execute(update(RejectedRow).where(mine, some).values(cells=[]))
        return ids[-1]
