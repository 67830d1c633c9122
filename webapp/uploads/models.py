"""Uploads, their batches and what happened to each: the one truth about sending."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, text
from sqlmodel import Field, SQLModel, UniqueConstraint

import webapp.contacts.ledger.models  # noqa: F401 (the tables that foreign keys here point to)
from webapp import clock
from webapp.db import BigId, Blob, Json
from webapp.destinations import registry
from webapp.destinations.base import Origin
from webapp.uploads.operations import Operation
from webapp.uploads.status import BatchStatus, ReplaceState, UploadStatus
from webapp.values.identifiers import new_public_id

REMOVALS, ADDITIONS = 1, 2  # phases of an upload

registry.load_tables()  # the account of an upload is a row of its destination


class Upload(SQLModel, table=True):
    """One request to put contacts into an audience.

    `selected`, `excluded`, `discarded`, `duplicates`, `already_there`, `to_send` and `to_remove` are written
    once, with the batches; what was sent is always the sum over batches, never a counter of its own.
    *to_send*: who is to be added; *to_remove*: rows that take somebody out, apart from the others.
    *rule* is the filter as it was when the upload started, None for the whole database.
    *audience_id* is empty until a new audience has been created at the destination.
    """

    __tablename__ = "upload"
    __table_args__ = (
        Index("ux_upload_client_number", "client_id", "number", unique=True),
        # One active upload per audience: the next one waits in the queue and says behind whom.
        Index(
            "ux_upload_active_audience",
            "destination",
            "audience_id",
            unique=True,
            sqlite_where=text("audience_busy"),
            postgresql_where=text("audience_busy"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(default_factory=new_public_id, unique=True)
    number: int | None = None  # what people call it, 1, 2, 3 … of the client: given by the database
    client_id: int = Field(foreign_key="client.id", index=True)
    database_id: int = Field(foreign_key="user_database.id", index=True)
    filter_id: int | None = Field(default=None, foreign_key="filter.id", index=True, ondelete="SET NULL")
    filter_name: str | None = None
    rule: dict[str, Any] | None = Field(default=None, sa_column=Column(Json))
    destination: str  # its kind, in `destinations.registry`
    # The account's room is not known here: its table is named, and the history outlives it.
    account_id: int | None = Field(default=None, foreign_key="meta_account.id", ondelete="SET NULL")
    account_name: str = ""
    audience_id: str = ""
    audience_name: str
    is_new_audience: bool = False
    audience_busy: bool = False  # holds the audience: from the start of preparing until a final status
    feed_id: int | None = None  # in the ledger, once the audience is known: `contacts.ledger.models.Feed`
    medium: str
    operation: str = Operation.ADD
    consent: str  # whom to send, by what they answered: a `ConsentPolicy`, always said by who asks
    # Only of one that includes who said no: why that may be, who says so, how many of *to_send* said no.
    consent_reason: str | None = None
    consent_by: str | None = None
    refused_included: int | None = None
    # Data of the contact sent beside the medium's own, `base.Identifier` in its order; how many of *to_send*
    # lack each, as they were prepared.
    identifiers: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    missing: dict[str, int] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    # The own field whose number says what a person is worth, and its label then; None: no value is sent.
    value_field: str | None = None
    value_name: str | None = None
    data_origin: str = Origin.CUSTOMERS  # whose data these are, declared when a new audience is created
    repeats_id: int | None = Field(default=None, foreign_key="upload.id")
    status: str = Field(default=UploadStatus.QUEUED, index=True)
    reason: str | None = None  # Italian: why paused, failed or completed with warnings
    todo: str | None = None
    reason_code: str | None = None  # vendor's code, for support
    reason_trace: str | None = None
    reason_who: str | None = None  # Italian: who does *todo*
    reason_link: str | None = None  # where *todo* is done, outside Platea
    resume_at: float | None = None  # seconds since 1970, for pauses that end by themselves
    stop_requested: bool = False
    selected: int | None = None
    excluded: dict[str, int] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    discarded: dict[str, int] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    duplicates: int | None = None
    already_there: int | None = None  # chosen and in the audience: nothing is sent
    never_there: int | None = None  # chosen to be taken out, and never sent to this audience
    to_send: int | None = None
    to_remove: int | None = None
    leaving: int | None = None  # members who are no longer chosen, of *members_before*
    members_before: int | None = None  # of the feed, when the differences were made
    removal_confirmed: bool = False  # somebody has seen how many would leave
    only_due: bool = False  # takes out whoever is owed (`contacts.ledger.due`), and chooses nobody
    attempt: int = 0  # fencing token of the preparation
    crashes: int = 0  # preparations that ended with a dead process
    lease_owner: str | None = None
    lease_until: float = 0
    worker: str | None = None  # the worker that prepares it, as it signs
    # In the database under the name that it was born with: there, a new one would stop older versions.
    enqueued_at: float = Field(default=0, sa_column=Column("rung_at", Float, nullable=False))
    started_by: str = ""
    created_at: datetime = Field(default_factory=clock.now)
    prepared_at: datetime | None = None
    sent_at: datetime | None = None  # first batch sent
    finished_at: datetime | None = None
    seen_at: datetime | None = None  # of one that ended badly: a person (*seen_by*) wants no more of it
    seen_by: str | None = None
    updated_at: datetime = Field(default_factory=clock.now)


class Batch(SQLModel, table=True):
    """Some rows of an upload (`BatchRows`) and how sending them stands.

    *operation*: they are added or taken out. None is sent while one of a smaller *phase* is not settled:
    whoever is taken out and added goes first and comes back then.
    *attempt* is the fencing token: a result that carries an older one changes nothing.
    """

    __tablename__ = "batch"
    __table_args__ = (
        UniqueConstraint("upload_id", "seq"),
        Index("ix_batch_status", "upload_id", "status", "next_attempt_at"),
        # Everything the history adds up.
        Index(
            "ix_batch_numbers", "upload_id", "operation", "status", "n_rows", "num_received", "num_rejected"
        ),
        Index("ix_batch_phase", "upload_id", "status", "phase"),
    )

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))
    upload_id: int = Field(foreign_key="upload.id")
    seq: int
    operation: str = Operation.ADD
    phase: int = ADDITIONS
    status: str = BatchStatus.PENDING
    n_rows: int
    schema_: list[str] = Field(sa_column=Column("schema", Json, nullable=False))
    attempt: int = 0
    crashes: int = 0  # attempts that ended with a dead process
    errors: int = 0  # attempts that ended with a passing error
    lease_owner: str | None = None
    lease_until: float = 0
    worker: str | None = None  # the worker that sends it or has sent it, as it signs
    next_attempt_at: float = 0
    num_received: int = 0
    num_rejected: int = 0
    rejected: list[Any] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    error_code: str | None = None
    error: str | None = None
    trace: str | None = None
    sent_at: datetime | None = None


class BatchRows(SQLModel, table=True):
    """The rows of a batch as they will be sent, so that a repeat sends the same bytes.

    *digests*: `EncodedRows.digests` under the batch's schema, empty once they were received: nobody needs
    them any more. *contact_ids*: the same rows' contacts; *duplicates*: pairs of a contact of the batch and
    one that was left out as its duplicate. Ids are packed (`packed_ids`). Apart from the batch, whose status
    changes while a quarter of a megabyte here does not.
    """

    __tablename__ = "batch_rows"

    batch_id: int = Field(
        sa_column=Column(
            BigId, ForeignKey("batch.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
        )
    )
    digests: bytes = Field(sa_column=Column(Blob, nullable=False))
    contact_ids: bytes = Field(sa_column=Column(Blob, nullable=False))
    duplicates: bytes = Field(default=b"", sa_column=Column(Blob, nullable=False))


class Replacement(SQLModel, table=True):
    """How far an upload that replaces everybody has come with it (`engine.replacing`).

    *state*: a `status.ReplaceState`. *session_id*: the vendor's session, None before there is one; it began
    at *began_at* (seconds since 1970). *ending_session_id*: the one whose last batch was sent, and may have
    arrived.
    *begun_anew*: how often a session was lost. *received*, *invalid*: the session's totals, as last told.
    """

    __tablename__ = "replacement"

    upload_id: int = Field(
        sa_column=Column(ForeignKey("upload.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    )
    state: str = ReplaceState.NONE
    session_id: int | None = Field(default=None, sa_column=Column(BigInteger))
    began_at: float = 0
    ending_session_id: int | None = Field(default=None, sa_column=Column(BigInteger))
    begun_anew: int = 0
    received: int = Field(default=0, sa_column=Column(BigId, nullable=False))
    invalid: int = Field(default=0, sa_column=Column(BigId, nullable=False))


class BatchEvent(SQLModel, table=True):
    """An event of a batch, append only: the timeline that support reads. Never personal data."""

    __tablename__ = "batch_event"

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))
    upload_id: int = Field(foreign_key="upload.id", index=True)
    batch_id: int | None = None
    seq: int | None = None
    attempt: int = 0
    at: datetime = Field(default_factory=clock.now)
    kind: str  # texts.EVENTS
    detail: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))


class DiscardedContacts(SQLModel, table=True):
    """Contacts an upload left out, packed: one row per reason and page of the preparation."""

    __tablename__ = "upload_discarded"

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))
    upload_id: int = Field(foreign_key="upload.id", index=True)
    reason: str  # with detail after the dot, or "duplicate"
    n_contacts: int
    contact_ids: bytes = Field(sa_column=Column(Blob, nullable=False))  # packed_ids


class UploadCheck(SQLModel, table=True):
    """What was said before an upload was sent, kept with it: never personal data.

    *numbers*: those that the upload was foretold, by their names in `Upload`. *lines*: those of
    `checking.judging`, each with whether somebody confirmed it.
    """

    __tablename__ = "upload_check"

    upload_id: int = Field(
        sa_column=Column(ForeignKey("upload.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    )
    checked_at: datetime = Field(default_factory=clock.now)
    checked_by: str = ""
    numbers: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    lines: list[Any] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    calls: int = 0  # to the vendor, as foretold
    lasts_s: float = 0
