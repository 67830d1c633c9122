"""Operators (logins), clients (spazi cliente) and the role each operator has in each client."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, false, text, true
from sqlmodel import Column, Field, Index, SQLModel, UniqueConstraint

from webapp import clock, crypto, db
from webapp.values.identifiers import new_public_id


class Role(StrEnum):
    ADMINISTRATOR = "administrator"
    MARKETER = "marketer"
    SUPPORT = "support"


class Client(SQLModel, table=True):
    """A spazio cliente: everything else belongs to exactly one."""

    __tablename__ = "client"

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(default_factory=new_public_id, unique=True)
    name: str
    created_at: datetime = Field(default_factory=clock.now)
    # Whether who administers it must enter with a code of their phone too.
    second_factor_required: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    # And not only who administers it.
    second_factor_for_all: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    # How many days the content of rejected rows is kept (`contacts.retention`).
    retention_days: int = Field(default=90, sa_column_kwargs={"server_default": "90"})
    # Percent of the chosen contacts: with more invalid data an upload ends "con avvisi".
    invalid_limit: int = Field(default=30, sa_column_kwargs={"server_default": "30"})


class Operator(SQLModel, table=True):
    """Someone who logs in."""

    __tablename__ = "operator"

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(default_factory=new_public_id, unique=True)
    email: str = Field(unique=True)  # lower case
    name: str
    password_hash: str
    is_owner: bool = False
    is_active: bool = True
    created_at: datetime = Field(default_factory=clock.now)
    entered_at: datetime | None = None
    # False: made with a link that the inviter saw, so perhaps not by who reads that mailbox.
    has_proven_address: bool = Field(default=True, sa_column_kwargs={"server_default": true()})


class Membership(SQLModel, table=True):
    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("operator_id", "client_id"),)

    id: int | None = Field(default=None, primary_key=True)
    operator_id: int = Field(foreign_key="operator.id", index=True)
    client_id: int = Field(foreign_key="client.id", index=True)
    role: str
    # False: deactivated here; what they are in other clients stays.
    is_active: bool = Field(default=True, sa_column_kwargs={"server_default": true()})


class OpenSession(SQLModel, table=True):
    """A browser where somebody is signed in. The cookie holds the key, this row its hash: no row, no entry.

    *waits_for_code*: the password was right and the second factor is still asked for.
    Times are seconds since 1970.
    """

    __tablename__ = "open_session"

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(default_factory=new_public_id, unique=True)
    operator_id: int = Field(foreign_key="operator.id", index=True)
    key_hash: str = Field(unique=True)
    waits_for_code: bool = False
    opened_at: float
    seen_at: float
    proven_at: float | None = None  # when the password was given again; None: not since *opened_at*
    browser: str  # "Firefox su Linux"
    address: str  # shortened: 203.0.113.0/24

    @property
    def seen(self) -> datetime:
        return datetime.fromtimestamp(self.seen_at, UTC)


class KnownBrowser(SQLModel, table=True):
    """A browser where an operator has signed in before; its cookie holds the key, this row its hash.

    Times are seconds since 1970.
    """

    __tablename__ = "known_browser"
    __table_args__ = (UniqueConstraint("operator_id", "key_hash"),)

    id: int | None = Field(default=None, primary_key=True)
    operator_id: int = Field(foreign_key="operator.id", index=True)
    key_hash: str
    seen_at: float


def seal_purpose(operator_id: int) -> str:
    """What the secret of an operator's second factor is sealed for."""
    return f"second factor:{operator_id}"


class SecondFactor(SQLModel, table=True):
    """The secret an operator's phone makes codes from; counts only once it is confirmed by a first code."""

    __tablename__ = "second_factor"

    operator_id: int = Field(foreign_key="operator.id", primary_key=True)
    secret: bytes = Field(
        sa_column_kwargs={"info": crypto.sealed(lambda row: seal_purpose(row["operator_id"]))}
    )
    confirmed_at: datetime | None = None
    last_step: int = 0  # of the newest code used: that one and older ones are refused


class RecoveryCode(SQLModel, table=True):
    """A code to enter with when the phone is lost; using it deletes it."""

    __tablename__ = "recovery_code"

    id: int | None = Field(default=None, primary_key=True)
    operator_id: int = Field(foreign_key="operator.id", index=True)
    code_hash: str = Field(unique=True)


class Invitation(SQLModel, table=True):
    """A link that lets one person in once, until *expires_at* (seconds since 1970); using it deletes it.

    It is good only as long as the inviter administers the client; of older ones nobody knows who that was.
    """

    __tablename__ = "invitation"
    __table_args__ = (UniqueConstraint("client_id", "email"),)

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(default_factory=new_public_id, unique=True)
    client_id: int = Field(foreign_key="client.id", index=True)
    email: str  # lower case
    role: str
    key_hash: str = Field(unique=True)
    expires_at: float
    created_at: datetime = Field(default_factory=clock.now)
    inviter_id: int | None = None
    was_shown: bool = Field(default=False, sa_column_kwargs={"server_default": false()})  # to the inviter


class PasswordReset(SQLModel, table=True):
    """The one link that sets a new password for an operator, until *expires_at*; using it deletes it."""

    __tablename__ = "password_reset"

    operator_id: int = Field(foreign_key="operator.id", primary_key=True)
    key_hash: str = Field(unique=True)
    expires_at: float
    was_mailed: bool = Field(
        default=False, sa_column_kwargs={"server_default": false()}
    )  # and to nobody else


class LoginAttempt(SQLModel, table=True):
    """Failed sign-ins, to slow down guessing; *key* is a keyed hash of account or address, never the text."""

    __tablename__ = "login_attempt"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(index=True)
    at: float = Field(index=True)  # seconds since 1970


class AuditEntry(SQLModel, table=True):
    """An audit entry: who did what, when and from where. Never changed: triggers in the schema refuse it.

    No foreign keys: what happened stays told after the operator, the client or the object is gone.
    *link* is the HMAC over the link of the entry before and this one (`access.audit`).
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_client_id_seq", "client_id", "seq"),
        Index(
            "ix_audit_entry_closing",
            "seq",
            sqlite_where=text("action = 'chain_closed'"),
            postgresql_where=text("action = 'chain_closed'"),
        ),
    )

    seq: int | None = Field(default=None, sa_column=Column(db.BigId, primary_key=True, autoincrement=False))
    at: datetime
    operator_id: int | None = None  # None: nobody signed in, a command, a worker
    who: str  # the name at that time
    client_id: int | None = None
    action: str
    target: str
    detail: dict[str, Any] = Field(sa_column=Column(db.Json, nullable=False))
    address: str  # shortened: 203.0.113.0/24
    request_id: str
    link: bytes


class AuditAddress(SQLModel, table=True):
    """The whole address an entry came from, for `PLATEA_ADDRESS_DAYS`; then only its network stays.

    *at*: seconds since 1970. It is no part of the chain, which nothing may be taken from.
    """

    __tablename__ = "audit_address"

    seq: int | None = Field(default=None, sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    at: float = Field(index=True)
    address: str


class TrailPush(SQLModel, table=True):
    """How far the trail has been handed to a receiver outside, and what that said last.

    *receiver*: a digest of its address, which may hold a secret; another one begins anew.
    """

    __tablename__ = "trail_push"

    receiver: str = Field(primary_key=True)
    sent_seq: int = Field(sa_type=BigInteger)
    answer: str = ""  # Italian
    answered_at: datetime | None = None
