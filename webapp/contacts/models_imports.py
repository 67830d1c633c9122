"""Imports of files into a user database, their blocks and the rows they could not take."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Float, Index
from sqlmodel import Field, SQLModel

import webapp.contacts.models  # noqa: F401 (the tables that foreign keys here point to)
from webapp import clock
from webapp.contacts.imports.files.file_notices import TO_CHOOSE
from webapp.db import BigId, Blob, Json
from webapp.values.identifiers import new_public_id


class ImportStatus(StrEnum):
    """DRAFT until the person presses "importa"; then the labels of a running job (product.md)."""

    DRAFT = "draft"
    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    COMPLETED_WITH_WARNINGS = "completed_with_warnings"
    FAILED = "failed"
    STOPPED = "stopped"
    UNDOING = "undoing"
    UNDONE = "undone"


class ImportMode(StrEnum):
    """The effect of a file on contacts that are already present, and on those that are not."""

    CREATE_AND_UPDATE = "create_and_update"
    CREATE_ONLY = "create_only"
    UPDATE_ONLY = "update_only"


class ContactImport(SQLModel, table=True):
    """One file on its way in. `rows_read = rows_new + rows_updated + rows_skipped + rows_rejected`, always.

    The file lies in the data folder as *stored_name*; *file_name* is what the person called it and is
    only ever shown. *mapping*: column index (as text) → standard field, `own:<key>`, `new:<type>` (an own
    field to be made when the import starts), `consent_email:not` (an answer read the other way round),
    `dial_code` or `skip`. *rows_total* is an estimate until the end.
    *unreadable_cells*: column index (as text) → how many of its cells were left empty because they hold
    no date, number or yes/no. *attempt* is the fencing token of the running job, as for batches;
    *crashes* counts the jobs that died since the last block that was written.

    *has_header* says whether *header_row* is not 0. *with_hidden*: the rows and columns that Excel hides are
    read too. *file_notices*: what was left out of the file or read with care, as [{"code", "count", "text"}]
    with an Italian text; from its first rows in a draft, from the whole file when the import has ended.

    *feeding*: field → the indexes of the columns that feed it, in order: of email and mobile the first valid
    value is taken, of an answer about consent the first column decides and any may say no. *blank_cells*:
    whether an empty cell keeps what a contact has or empties it, consent never. *date_orders*: column index
    (as text) → dmy, mdy or mixed; a column that is not in it is still to be decided. *all_refused*: the
    field that everybody in the file said no to (a list of people who unsubscribed). *tally*: what
    `alerts.py` counts, *alerts* what it says of it: {codice, quanti, testo}. *unread_words*: [turned, word,
    how many cells] of words about consent nobody can read, 50 at most.

    Undo: *made_fields* are the keys of the own fields it made, *undo_bytes* what its `ImportBlock`s weigh,
    *undo_from* the status before it was undone, *undo_error* why it could not be (Italian), *undo_kept*
    the contacts somebody changed meanwhile, which stayed as they are.
    """

    __tablename__ = "contact_import"

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(default_factory=new_public_id, unique=True)
    database_id: int = Field(foreign_key="user_database.id", index=True)
    status: str = Field(default=ImportStatus.DRAFT, index=True)
    file_name: str
    stored_name: str
    size_bytes: int = 0
    kind: str = "csv"  # or xlsx
    encoding: str = "utf-8"
    delimiter: str = ";"
    has_header: bool = True
    header_row: int = 1  # line of the file with the names of the columns, 0 when there are none
    sheet: str | None = None  # of a workbook
    with_hidden: bool = False
    file_notices: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    header: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    mapping: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    key: str = "code"  # which field says that a contact is already present: code, email, mobile or none
    mode: str = ImportMode.CREATE_AND_UPDATE
    rows_total: int | None = None
    rows_read: int = 0
    rows_new: int = 0
    rows_updated: int = 0
    rows_unchanged: int = 0  # of those updated: contacts that were already so
    rows_skipped: int = 0
    rows_rejected: int = 0
    unreadable_cells: dict[str, int] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    feeding: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    blank_cells: str = "keep"  # or clear
    date_orders: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    all_refused: str | None = None
    tally: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))
    unread_words: list[Any] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    alerts: list[Any] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    attempt: int = 0
    crashes: int = 0
    lease_owner: str | None = None
    lease_until: float = 0
    # The name it was born with stays in the database, where a new one would stop older versions.
    enqueued_at: float = Field(default=0, sa_column=Column("rung_at", Float, nullable=False))
    stop_requested: bool = False
    error: str | None = None  # Italian, what happened and what to do
    made_fields: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    rows_undone: int = 0
    undo_kept: int = 0
    undo_bytes: int = 0
    undo_from: str | None = None
    undo_error: str | None = None
    undone_by: str = ""
    undone_at: datetime | None = None
    started_by: str = ""
    created_at: datetime = Field(default_factory=clock.now)
    started_at: datetime | None = None
    finished_at: datetime | None = None
    rejects_forgotten_at: datetime | None = None  # since then its rejected rows have no content any more
    updated_at: datetime = Field(default_factory=clock.now)

    @property
    def has_reading_choice(self) -> bool:
        """Whether a person may want the file read otherwise: the wizard then has a step for it."""
        return any(notice["code"] in TO_CHOOSE for notice in self.file_notices)


class ImportBlock(SQLModel, table=True):
    """The changes of one block of an import, until it can no longer be undone.

    The contacts it made have ids in (*first_id*, *last_id*] and were created at *written_at*. *before*:
    those it changed, as they were (`import_blocks.pack`); None when there is none.
    """

    __tablename__ = "import_block"

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))
    import_id: int = Field(foreign_key="contact_import.id", index=True)
    written_at: datetime
    first_id: int = Field(sa_column=Column(BigId, nullable=False))
    last_id: int = Field(sa_column=Column(BigId, nullable=False))
    rows: int = 0
    before: bytes | None = Field(default=None, sa_column=Column(Blob))


class RejectedRow(SQLModel, table=True):
    """A row of a file that could not become a contact, kept whole so that it can be corrected."""

    __tablename__ = "rejected_row"
    __table_args__ = (Index("ix_rejected_row_import", "import_id", "line"),)

    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))
    import_id: int = Field(foreign_key="contact_import.id")
    line: int  # of the file, counted from 1
    reason: str  # texts.ROW_REASONS
    cells: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
