"""Where an upload starts from: a whole user database, or one of its filters."""

from dataclasses import dataclass

from flask import abort, url_for
from sqlmodel import Session

from webapp.contacts import queries as contact_queries
from webapp.contacts.models import Filter, UserDatabase
from webapp.uploads.screens.queries import Scope
from webapp.values.identifiers import looks_like_public_id


@dataclass(frozen=True, slots=True)
class Source:
    database: UserDatabase
    filter: Filter | None = None

    @property
    def scope(self) -> Scope:
        filter_id = self.filter.id if self.filter else None
        return Scope((self.database.client_id,), self.database.id, filter_id)

    @property
    def name(self) -> str:
        return self.filter.name if self.filter else self.database.name

    def url(self, page: str = "history", **args: object) -> str:
        """The address of this source's *page*: `history` or `history_fragment`."""
        if self.filter is None:
            return url_for(f"uploads.{page}", database_id=self.database.public_id, **args)  # type: ignore[arg-type]
        ids = {"database_id": self.database.public_id, "filter_id": self.filter.public_id}
        return url_for(f"uploads.filter_{page}", **ids, **args)  # type: ignore[arg-type]

    def upload_url(self) -> str:
        filtro = self.filter.public_id if self.filter else None
        return url_for("uploads.new_upload", database_id=self.database.public_id, filtro=filtro)


def find(session: Session, client_id: int, database_id: str, filter_id: str | None = None) -> Source:
    """The client's database and filter of those public ids; anything else, and anybody else's, is a 404."""
    for public_id in (database_id, filter_id):
        if public_id is not None and not looks_like_public_id(public_id):
            abort(404)
    database = contact_queries.database(session, client_id, database_id)
    if database is None or database.id is None:
        abort(404)
    saved = contact_queries.one_filter(session, database.id, filter_id) if filter_id else None
    if filter_id and saved is None:
        abort(404)
    session.expunge_all()  # stays readable after the transaction
    return Source(database, saved)
