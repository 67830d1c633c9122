"""How far a client has come, and the counts beside the menu. Changes nothing."""

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import func, select
from sqlmodel import Session, col

from webapp import db
from webapp.contacts.models import Contact, Filter, UserDatabase
from webapp.contacts.models_imports import ContactImport, ImportStatus
from webapp.contacts.samples import sample_data
from webapp.destinations.base import Account
from webapp.uploads.models import Upload
from webapp.uploads.status import MOVING
from webapp.web.shell import Badge


class LastImport(NamedTuple):
    database: UserDatabase
    made: ContactImport


@dataclass(frozen=True)
class Steps:
    """The first-run steps that are done; *database* is the client's first, to import into.

    *sample*: the database of invented contacts, which count for none of the steps.
    """

    has_account: bool
    database: UserDatabase | None
    has_contacts: bool
    has_upload: bool
    sample: UserDatabase | None = None

    @property
    def all_done(self) -> bool:
        return self.has_account and self.has_contacts and self.has_upload


def steps(session: Session, client_id: int, accounts: list[Account]) -> Steps:
    mine = (
        col(UserDatabase.client_id) == client_id,
        col(UserDatabase.deleted_at).is_(None),
        ~col(UserDatabase.is_sample),
    )
    databases = select(UserDatabase).where(*mine)
    contacts = select(col(Contact.id)).join(UserDatabase, col(UserDatabase.id) == Contact.database_id)
    return Steps(
        has_account=bool(accounts),
        database=session.scalars(databases.order_by(col(UserDatabase.id))).first(),
        has_contacts=db.finds_any(session, contacts.where(*mine)),
        has_upload=has_upload(session, client_id),
        sample=sample_data.find(session, client_id),
    )


def has_upload(session: Session, client_id: int) -> bool:
    return db.finds_any(session, select(col(Upload.id)).where(col(Upload.client_id) == client_id))


def last_imports(session: Session, client_id: int, limit: int) -> list[LastImport]:
    """The newest imports of the client's databases; one that was never started is not in it."""
    query = (
        select(UserDatabase, ContactImport)
        .join(ContactImport, col(ContactImport.database_id) == col(UserDatabase.id))
        .where(
            col(UserDatabase.client_id) == client_id,
            col(UserDatabase.deleted_at).is_(None),
            col(ContactImport.status) != ImportStatus.DRAFT,
        )
        .order_by(col(ContactImport.id).desc())
        .limit(limit)
    )
    return [LastImport(*row) for row in session.execute(query)]


def menu_counts(session: Session, client_id: int) -> dict[str, Badge]:
    """Databases, filters and uploads on their way, in one query: every page asks."""
    databases = select(func.count(col(UserDatabase.id))).where(
        col(UserDatabase.client_id) == client_id, col(UserDatabase.deleted_at).is_(None)
    )
    filters = (
        select(func.count(col(Filter.id)))
        .join(UserDatabase, col(UserDatabase.id) == Filter.database_id)
        .where(col(UserDatabase.client_id) == client_id)
    )
    moving = select(func.count(col(Upload.id))).where(
        col(Upload.client_id) == client_id, col(Upload.status).in_(MOVING)
    )
    row = session.execute(select(*(query.scalar_subquery() for query in (databases, filters, moving)))).one()
    badges = {"database": Badge(str(row[0])), "filters": Badge(str(row[1]))}
    if row[2]:
        badges["uploads"] = Badge(f"{row[2]} in corso", "is-run")
    return badges
