"""Who is in which audience, put there from where, and who is still to be taken out."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, Table, false, text
from sqlmodel import Field, SQLModel, UniqueConstraint

import webapp.contacts.models  # noqa: F401 (the tables that foreign keys here point to)
from webapp import clock
from webapp.db import BigId, Blob


class Feed(SQLModel, table=True):
    """One source of an audience: a database or one of its filters, by one medium.

    Two sources of one audience know nothing of each other's people, so neither takes out the other's.
    *sent_before*: how many were sent before idents were kept (`unknown`).
    *answers_changed_at* (seconds since 1970): somebody of the database may have said no, and nobody has
    looked since who (`refusals`); None when there is nothing to look at.
    """

    __tablename__ = "feed"
    __table_args__ = (
        UniqueConstraint("audience_ref", "database_id", "filter_public_id", "medium"),
        Index("ix_feed_database", "database_id", "audience_ref"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    client_id: int = Field(foreign_key="client.id", index=True, ondelete="CASCADE")
    audience_ref: int = Field(foreign_key="sent_audience.id", ondelete="CASCADE")
    database_id: int = Field(foreign_key="user_database.id", ondelete="CASCADE")
    filter_public_id: str = ""  # empty: the whole database
    medium: str
    sent_before: int = 0
    answers_changed_at: float | None = None


# The two cells of an ident, as the indexes have them: only an expression that is the same uses an index. By
# these, members that are apart and open removals are indexed, in a migration alone: nothing reads such an
# index back from SQLite, to compare it with a model.
FIRST_CELL, SECOND_CELL = "substr(ident, 1, 32)", "substr(ident, 33, 32)"


class AudienceMember(SQLModel, table=True):
    """That a contact of a feed is in its audience, or may be.

    *ident*: the digests by which the row that was sent names a person, sealed (`idents`); empty for a contact
    that was left out as a duplicate of another one, and for one that was sent before idents were kept.
    *print*: of the whole row as sent; `MAYBE` when nobody knows whether it arrived, `UNKNOWN_PRINT` when it
    did and what it looked like is not known. *batch_id*: of the batch that put the person there, 0 before.

    No foreign key to the contact: the person stays in the audience when the contact is deleted.
    *is_apart*: the contact may not have these digests any more, or is gone. Triggers on contacts set it, and
    `apart` for what was on its way. Only such members are indexed by digest: of all others the contact is.
    """

    __tablename__ = "audience_member"
    __table_args__ = ({"sqlite_with_rowid": False},)

    feed_id: int = Field(foreign_key="feed.id", primary_key=True, ondelete="CASCADE")
    contact_id: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    batch_id: int = Field(sa_column=Column(BigId, nullable=False))
    ident: bytes = Field(sa_column=Column(Blob, nullable=False))
    print: int = Field(sa_column=Column(BigInteger, nullable=False))
    is_apart: bool = Field(default=False, sa_column_kwargs={"server_default": false()})


class RemovalDue(SQLModel, table=True):
    """Somebody who must be taken out of an audience and has not been yet.

    *ident*: of both cells, sealed; empty once it is done. *contact_id*: whose it was, 0 when nobody knows.
    *next_try_at*: seconds since 1970; None waits for the next upload that aligns the audience. *outcome*: how
    it ended. *feed_id*: of the source that had put them there, None when nobody knows.
    """

    __tablename__ = "removal_due"
    __table_args__ = (
        Index(
            "ix_removal_due_open",
            "audience_ref",
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
        Index("ix_removal_due_contact", "client_id", "contact_id"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))
    client_id: int = Field(foreign_key="client.id", index=True, ondelete="CASCADE")
    audience_ref: int = Field(foreign_key="sent_audience.id", ondelete="CASCADE")
    ident: bytes = Field(sa_column=Column(Blob, nullable=False))
    contact_id: int = Field(default=0, sa_column=Column(BigId, nullable=False))
    feed_id: int | None = None
    reason: str  # `due.Reason`
    asked_at: datetime = Field(default_factory=clock.now)
    tries: int = 0
    next_try_at: float | None = None
    last_code: str | None = None
    done_at: datetime | None = None
    outcome: str | None = None  # `due.Outcome`


MAYBE = 0
UNKNOWN_PRINT = 1

MEMBER: Table = AudienceMember.__table__  # type: ignore[attr-defined]
FEED: Table = Feed.__table__  # type: ignore[attr-defined]
DUE: Table = RemovalDue.__table__  # type: ignore[attr-defined]
