"""Facebook ad accounts connected by a client, how they are doing, and authorisations on their way."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column
from sqlmodel import Field, SQLModel, UniqueConstraint

import webapp.access.models  # noqa: F401 (the tables that foreign keys here point to)
from webapp import clock
from webapp.crypto import sealed
from webapp.db import Blob, Json
from webapp.values.identifiers import new_public_id

KIND = "meta"  # of this destination, in `registry` and on every upload to it
MAX_ACCOUNTS = 10  # per client; seed: "fino a 10 diversi Ads Account Facebook"


def account_purpose(public_id: str) -> str:
    """What an account's token is sealed for: in another row it does not open."""
    return f"meta_account:{public_id}"


def draft_purpose(public_id: str) -> str:
    """What the token of an authorisation that is not saved yet is sealed for."""
    return f"meta_draft:{public_id}"


class MetaAccount(SQLModel, table=True):
    """An ad account. The token is sealed for the purpose `meta_account:<public_id>`; nobody ever sees it.

    *token_kind*: `user` (Facebook Login) or `system_user` (pasted). *token_expires_at* None: does not expire.
    *problem*: code of the last error that needs a person (`190/463`), None when all is well.
    """

    __tablename__ = "meta_account"
    __table_args__ = (UniqueConstraint("client_id", "act_id"),)

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(default_factory=new_public_id, unique=True)
    client_id: int = Field(foreign_key="client.id", index=True)
    name: str
    act_id: str  # digits only
    token: bytes | None = Field(
        default=None, sa_column=Column(Blob, info=sealed(lambda row: account_purpose(row["public_id"])))
    )
    token_kind: str = "user"
    token_expires_at: datetime | None = None
    facebook_user_id: str | None = None
    facebook_user_name: str | None = None
    authorised_at: datetime | None = None
    problem: str | None = None
    problem_text: str | None = None
    paused_until: float = 0  # seconds since 1970: no call before; the pause belongs to the account
    pause: dict[str, Any] | None = Field(default=None, sa_column=Column(Json))  # why: a `Problem` as a map
    failures: int = 0  # calls in a row that failed without a fault of the account; 0 after one got through
    failing_since: float = 0  # when the first of them failed, seconds since 1970
    created_at: datetime = Field(default_factory=clock.now)

    @property
    def purpose(self) -> str:
        return account_purpose(self.public_id)


class MetaHealth(SQLModel, table=True):
    """The findings of the last look at an ad account; the board reads it, a worker writes it once an hour.

    None: not known yet. *trouble*: why the last look brought nothing (Italian), None when it did.
    *flagged*, *expiring*: names of custom audiences that Meta blocked, or will delete.
    """

    __tablename__ = "meta_health"

    account_id: int = Field(primary_key=True, foreign_key="meta_account.id", ondelete="CASCADE")
    asked_at: datetime | None = None  # a worker was asked to look
    checked_at: datetime | None = None
    answered_at: datetime | None = None  # the last time Facebook answered
    trouble: str | None = None
    app_trouble: str | None = None  # what is wrong with the app (Italian), None when nothing is
    graph_version: str | None = None  # that answered, when it is not the one that was asked
    has_permission: bool | None = None
    has_terms: bool | None = None
    usage_percent: float | None = None  # of the limit of calls, 100 = Meta refuses
    n_audiences: int | None = None
    flagged: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))
    expiring: list[str] = Field(default_factory=list, sa_column=Column(Json, nullable=False))


class MetaAudienceList(SQLModel, table=True):
    """The custom audiences of an account as a worker read them last, for lists that take too long for a page.

    *nodes*: as Graph describes them, None while nobody has read them; *took_s*: how long it took.
    """

    __tablename__ = "meta_audience_list"

    account_id: int = Field(primary_key=True, foreign_key="meta_account.id", ondelete="CASCADE")
    asked_at: datetime | None = None
    read_at: datetime | None = None
    took_s: float = 0
    nodes: list[dict[str, Any]] | None = Field(default=None, sa_column=Column(Json))


class AudienceSize(SQLModel, table=True):
    """How large a custom audience was on a day, by Meta's estimate: from *size* to *largest*; a row a day."""

    __tablename__ = "meta_audience_size"
    __table_args__ = (UniqueConstraint("account_id", "audience_id", "day"),)

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="meta_account.id", index=True, ondelete="CASCADE")
    audience_id: str
    day: date = Field(index=True)
    size: int
    largest: int | None = None
    read_at: datetime | None = None


class AuthorisationDraft(SQLModel, table=True):
    """The account form as typed while its owner is away at Facebook, and the token that came back.

    *state_sha256* is the only trace of the OAuth state; it is bound to operator, client and session, lives
    ten minutes and is used once.
    """

    __tablename__ = "meta_authorisation_draft"

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(default_factory=new_public_id, unique=True)
    client_id: int = Field(foreign_key="client.id")
    operator_id: int = Field(foreign_key="operator.id")
    account_id: int | None = Field(default=None, foreign_key="meta_account.id")
    name: str = ""
    act_id: str = ""
    state_sha256: str = Field(unique=True)
    state_at: datetime = Field(default_factory=clock.now)
    session_sha256: str
    state_used: bool = False
    refusal: str | None = None  # Italian: why Facebook's answer brought no token
    token: bytes | None = Field(
        default=None, sa_column=Column(Blob, info=sealed(lambda row: draft_purpose(row["public_id"])))
    )
    token_kind: str = "user"
    token_expires_at: datetime | None = None
    facebook_user_id: str | None = None
    facebook_user_name: str | None = None
    authorised_at: datetime | None = None
    created_at: datetime = Field(default_factory=clock.now)

    @property
    def purpose(self) -> str:
        return draft_purpose(self.public_id)
