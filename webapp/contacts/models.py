"""User databases, their contacts and saved filters; imports are `models_imports`."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Index, Table, text
from sqlmodel import Field, SQLModel, UniqueConstraint

import webapp.access.models  # noqa: F401 (the tables that foreign keys here point to)
import webapp.contacts.folding  # noqa: F401 (triggers on contacts need its function on every connection)
from webapp import clock
from webapp.contacts.fields import FieldType
from webapp.db import BigId, Blob, Json
from webapp.values.identifiers import new_public_id


class UserDatabase(SQLModel, table=True):
    __tablename__ = "user_database"
    __table_args__ = (UniqueConstraint("client_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(default_factory=new_public_id, unique=True)
    client_id: int = Field(foreign_key="client.id", index=True)
    name: str
    country: str = "IT"  # of phone numbers written without a prefix; ISO 3166-1 alpha-2
    created_at: datetime = Field(default_factory=clock.now)
    # Data by which its people are recognised beside the medium's own, as they were chosen last time.
    identifiers: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    data_origin: str = "customers"  # whose data these are: a `destinations.base.Origin`
    is_sample: bool = False  # invented contacts, to look around with (`sample_data`)
    # Set when somebody deletes it: no page shows it any more, its contacts go block by block, and the row
    # stays, so that past uploads keep the name of where they came from.
    deleted_at: datetime | None = None


class OwnField(SQLModel, table=True):
    """A column of the customer's own, kept in `Contact.own_fields` under *key*.

    *choices*: of a list, the values met so far, in alphabetical order.
    """

    __tablename__ = "own_field"
    __table_args__ = (UniqueConstraint("database_id", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    database_id: int = Field(foreign_key="user_database.id", index=True)
    key: str  # stable, ascii: "totale_speso"
    label: str  # as the file says it: "Totale speso"
    type: str = FieldType.TEXT
    position: int = 0
    choices: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))


def _where(name: str, condition: str) -> Index:
    """An index of the contacts of a database for which *condition* holds, and of no other."""
    return Index(name, "database_id", "id", sqlite_where=text(condition), postgresql_where=text(condition))


class Contact(SQLModel, table=True):
    """A person as the customer's file tells of them.

    *email* and *mobile* stay as typed; beside them stands either the SHA-256 digest of the normalised
    value (32 bytes) or the reason there is none (`readings.Reading`), set once at import, so that an
    upload only reads and sends. Own fields are JSON: numbers as numbers, dates as ISO text, yes/no as
    booleans.
    """

    __tablename__ = "contact"
    __table_args__ = (
        Index("ix_contact_database", "database_id", "id"),
        # Sorted by digest, so an upload meets duplicates one after the other and needs no memory for them.
        # With the consent, so that whom it leaves out is counted without reading the contacts.
        Index("ix_contact_email", "database_id", "email_sha256", "id", "consent"),
        Index("ix_contact_mobile", "database_id", "mobile_sha256", "id", "consent"),
        Index(
            "ux_contact_code",
            "database_id",
            "code",
            unique=True,
            sqlite_where=text("code IS NOT NULL"),
            postgresql_where=text("code IS NOT NULL"),
        ),
        # Who has an answer that waits for a person, and whether a database knows answers per channel at all.
        _where("ix_contact_unread", "consent_unread IS NOT NULL"),
        _where(
            "ix_contact_by_channel",
            "consent_email IS NOT NULL OR consent_sms IS NOT NULL OR consent_phone IS NOT NULL",
        ),
        # Ids of deleted contacts stay in the batches of past uploads: they must never become somebody else's.
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))
    database_id: int = Field(foreign_key="user_database.id")
    code: str | None = None  # the customer's own id
    email: str | None = None
    email_sha256: bytes | None = Field(default=None, sa_column=Column(Blob(32)))
    email_reason: str | None = None
    mobile: str | None = None
    mobile_sha256: bytes | None = Field(default=None, sa_column=Column(Blob(32)))
    mobile_reason: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    gender: str | None = None
    city: str | None = None
    province: str | None = None
    postcode: str | None = None
    country: str | None = None
    birth_date: date | None = None
    consent: bool | None = None
    # What was answered for one way of being reached only; None leaves it to the answer above.
    consent_email: bool | None = None
    consent_sms: bool | None = None
    consent_phone: bool | None = None
    # Answers nobody could read yet: JSON of target → folded word (`consent_words`), NULL when there is none.
    consent_unread: str | None = None
    consent_date: date | None = None
    consent_source: str | None = None  # what was asked, or where: a form, a card, a version of the text
    own_fields: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(default_factory=clock.now)


# The table itself, for streams and counts: objects are twenty times slower.
CONTACT: Table = Contact.__table__  # type: ignore[attr-defined]


class ContactChange(SQLModel, table=True):
    """A change made to a contact by hand. *fields*: names of those that changed, never their values."""

    __tablename__ = "contact_change"

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))
    contact_id: int = Field(sa_column=Column(BigId, nullable=False, index=True))
    at: datetime = Field(default_factory=clock.now)
    who: str
    kind: str  # contact_history.KINDS
    fields: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    consent: str | None = None  # the answer given: yes, no or unset; None when it was not touched
    # The same for channels: name of the field → yes, no or unset, of those that were touched.
    channel_answers: dict[str, str] | None = Field(default=None, sa_column=Column(Json))


class ConsentWord(SQLModel, table=True):
    """The meaning that a person gave to a word of consent, remembered for the next file of the database.

    *word* as `consent_words.fold_word` makes it. *turned*: of a column that says who is out, where yes means
    no. *answer*: what it says of the contact (True: may be sent); None is "da decidere", said on purpose.
    """

    __tablename__ = "consent_word"
    __table_args__ = (UniqueConstraint("database_id", "turned", "word"), {"sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True)
    database_id: int = Field(foreign_key="user_database.id", ondelete="CASCADE")
    turned: bool
    word: str
    answer: bool | None = None
    decided_by: str
    decided_at: datetime = Field(default_factory=clock.now)


class SentAudience(SQLModel, table=True):
    """A custom audience that has received contacts of a client; *name* is the last one it was known by.

    *unknown_since*: a copy was put back, and the ledger of what was sent after it (that moment) is lost; None
    when it is whole.
    """

    __tablename__ = "sent_audience"
    __table_args__ = (UniqueConstraint("client_id", "destination", "audience_id"),)

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(default_factory=new_public_id, unique=True)
    client_id: int = Field(foreign_key="client.id", index=True, ondelete="CASCADE")
    destination: str
    audience_id: str  # the destination's own
    account_reference: str = ""  # the vendor's: an account deleted and added again is found by it
    name: str
    unknown_since: datetime | None = None


class ErasedPerson(SQLModel, table=True):
    """Somebody who asked to be erased: `erased_keys.key_of` their e-mail or mobile, and no more."""

    __tablename__ = "erased_person"

    client_id: int = Field(foreign_key="client.id", primary_key=True, ondelete="CASCADE")
    key: bytes = Field(sa_column=Column(Blob(32), primary_key=True))
    at: datetime = Field(default_factory=clock.now)


class OverwriteDue(SQLModel, table=True):
    """Contacts were deleted, and what SQLite's file still holds of them is to go (`erasure.overwriting`)."""

    __tablename__ = "overwrite_due"

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    at: datetime = Field(default_factory=clock.now)


class ChosenColumns(SQLModel, table=True):
    """Which fields an operator wants in the list of a database's contacts, in that order."""

    __tablename__ = "chosen_columns"

    operator_id: int = Field(foreign_key="operator.id", primary_key=True, ondelete="CASCADE")
    database_id: int = Field(foreign_key="user_database.id", primary_key=True, ondelete="CASCADE")
    fields: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))


class Filter(SQLModel, table=True):
    """A saved rule over the contacts of a database, evaluated when used; as JSON of `filter_rules.Rule`.

    *counted* is how many contacts it chose at *counted_at*: lists show it with its age instead of counting.
    *is_test*: for trying an upload on a few people one knows, told apart from the real ones everywhere.
    """

    __tablename__ = "filter"
    __table_args__ = (UniqueConstraint("database_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(default_factory=new_public_id, unique=True)
    database_id: int = Field(foreign_key="user_database.id", index=True)
    name: str
    rule: dict[str, Any] = Field(sa_column=Column(Json, nullable=False))
    is_test: bool = False
    counted: int | None = None
    counted_at: datetime | None = None
    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(default_factory=clock.now)
