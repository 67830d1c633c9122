"""Who is in which audience, put there from where, and who is still to be taken out."""

from sqlalchemy import BigInteger, Column, Index, Table
from sqlmodel import Field, SQLModel, UniqueConstraint

import webapp.contacts.models  # noqa: F401 (the tables that foreign keys here point to)
from webapp.db import BigId, Blob


class Feed(SQLModel, table=True):
    """One source of an audience: a database or one of its filters, by one medium.

    Two sources of one audience know nothing of each other's people, so neither takes out the other's.
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


class AudienceMember(SQLModel, table=True):
    """That a contact of a feed is in its audience, or may be.

    *ident*: the digests by which the row that was sent names a person, sealed (`idents`); empty for a contact
    that was left out as a duplicate of another one, and for one that was sent before idents were kept.
    *print*: of the whole row as sent; `MAYBE` when nobody knows whether it arrived, `UNKNOWN_PRINT` when it
    did and what it looked like is not known. *batch_id*: of the batch that put the person there, 0 before.

    No foreign key to the contact: the person stays in the audience when the contact is deleted.
    """

    __tablename__ = "audience_member"
    __table_args__ = ({"sqlite_with_rowid": False},)

    feed_id: int = Field(foreign_key="feed.id", primary_key=True, ondelete="CASCADE")
    contact_id: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    batch_id: int = Field(sa_column=Column(BigId, nullable=False))
    ident: bytes = Field(sa_column=Column(Blob, nullable=False))
    print: int = Field(sa_column=Column(BigInteger, nullable=False))


MAYBE = 0
UNKNOWN_PRINT = 1

MEMBER: Table = AudienceMember.__table__  # type: ignore[attr-defined]
FEED: Table = Feed.__table__  # type: ignore[attr-defined]
