"""Files of contacts that a worker makes, for databases too large to be sent while they are read."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

import webapp.contacts.models  # noqa: F401 (the tables that foreign keys here point to)
from webapp import clock
from webapp.db import Json
from webapp.values.identifiers import new_public_id


class ExportStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"


class ContactExport(SQLModel, table=True):
    """Asked for by *asked_by*; *rule*: of the filter *filter_name*, None for the whole database.

    *stored_name*: the sealed file, once READY. *attempt* fences: who works at an older one has lost it.
    *crashes* counts the jobs that died. *lease_until* and *enqueued_at* are moments of `clock.epoch`.
    """

    __tablename__ = "contact_export"

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(default_factory=new_public_id, unique=True)
    database_id: int = Field(foreign_key="user_database.id", index=True)
    filter_name: str | None = None
    rule: dict[str, Any] | None = Field(default=None, sa_column=Column(Json, nullable=True))
    file_name: str
    asked_by: str = ""
    status: str = ExportStatus.QUEUED
    rows: int = 0
    size_bytes: int = 0
    stored_name: str | None = None
    attempt: int = 0
    crashes: int = 0
    lease_until: float = 0
    enqueued_at: float = 0
    error: str | None = None  # Italian
    created_at: datetime = Field(default_factory=clock.now)
    finished_at: datetime | None = None
