"""The audit trail: who did what, on what, when and from where. Entries are added, never changed.

    with db.writing() as session:
        ...                                                  # what is being done
        audit.record(session, Action.FILTER_DELETED, on=saved.name, client_id=database.client_id)

Call it last in the transaction: on PostgreSQL everybody else's entry waits for its end. *on* and *detail*
name our objects; nothing of a contact (address, phone, name) may stand in them, no token and no password.
"""

import hmac
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from ipaddress import ip_address, ip_network

import orjson
import structlog
from sqlalchemy import delete, insert, text
from sqlmodel import Session, col, select

from webapp import clock, crypto, db
from webapp.access.models import AuditAddress, AuditEntry, Operator
from webapp.services import services

Detail = dict[str, str | int | bool | None]
DetailValues = Mapping[str, str | int | bool | None]

START = bytes(32)  # what the first entry is chained to
COMMAND = "riga di comando"
NOBODY = "nessuno"
_DAY_S = 86_400
_LONGEST = 200  # characters of a text: a name may be as long as somebody likes
_PURPOSE = "platea: registro attività"
_ONE_AT_A_TIME = 7_261_994  # PostgreSQL advisory lock


class Action(StrEnum):
    """Every action that is recorded. A new one also needs its Italian words in `access.audit_words`."""

    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGN_IN_SLOWED = "sign_in_slowed"
    REQUEST_REFUSED = "request_refused"
    FORGERY_REFUSED = "forgery_refused"
    REQUESTS_INVALID = "requests_invalid"
    BUDGET_USED_UP = "budget_used_up"
    SIGNED_OUT = "signed_out"
    RESET_ASKED = "reset_asked"
    RESET_LINK_MADE = "reset_link_made"
    PASSWORD_CONFIRMED = "password_confirmed"
    PASSWORD_CHANGED = "password_changed"
    SESSIONS_CLOSED = "sessions_closed"
    TWO_FACTOR_ON = "two_factor_on"
    TWO_FACTOR_OFF = "two_factor_off"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODE_USED = "recovery_code_used"
    OPERATOR_INVITED = "operator_invited"
    INVITATION_REVOKED = "invitation_revoked"
    INVITATION_ACCEPTED = "invitation_accepted"
    OPERATOR_CREATED = "operator_created"
    OPERATOR_DEACTIVATED = "operator_deactivated"
    OPERATOR_REACTIVATED = "operator_reactivated"
    ROLE_CHANGED = "role_changed"
    ROLE_REMOVED = "role_removed"
    CLIENT_CREATED = "client_created"
    CLIENT_RENAMED = "client_renamed"
    CLIENT_ENTERED = "client_entered"
    DATABASE_CREATED = "database_created"
    DATABASE_RENAMED = "database_renamed"
    DATABASE_DELETED = "database_deleted"
    IMPORT_STARTED = "import_started"
    IMPORT_STOPPED = "import_stopped"
    IMPORT_DISCARDED = "import_discarded"
    IMPORT_UNDONE = "import_undone"
    CONTACT_ADDED = "contact_added"
    CONTACT_CHANGED = "contact_changed"
    CONTACT_DELETED = "contact_deleted"
    CONTACT_TRACED = "contact_traced"
    CONSENT_WORD_DECIDED = "consent_word_decided"
    CONTACTS_EXPORTED = "contacts_exported"
    FILE_DOWNLOADED = "file_downloaded"
    FILTER_CREATED = "filter_created"
    FILTER_CHANGED = "filter_changed"
    FILTER_DELETED = "filter_deleted"
    ACCOUNT_CREATED = "account_created"
    ACCOUNT_AUTHORISED = "account_authorised"
    ACCOUNT_RENAMED = "account_renamed"
    ACCOUNT_DELETED = "account_deleted"
    ACCOUNT_REVOKED = "account_revoked"
    TOKENS_RESEALED = "tokens_resealed"
    CHAIN_CLOSED = "chain_closed"
    UPLOAD_STARTED = "upload_started"
    REFUSALS_INCLUDED = "refusals_included"
    UPLOAD_STOPPED = "upload_stopped"
    UPLOAD_RESUMED = "upload_resumed"
    UPLOAD_REPEATED = "upload_repeated"
    UPLOAD_RETRIED = "upload_retried"
    UPLOADS_SEEN = "uploads_seen"
    SETTINGS_CHANGED = "settings_changed"
    BACKUP_MADE = "backup_made"
    BACKUP_RESTORED = "backup_restored"
    TRAIL_EXPORTED = "trail_exported"
    INSTALLATION_MOVED = "installation_moved"


@dataclass(frozen=True)
class Caller:
    """The operator who asked and from where; of a command or a worker nothing of it."""

    in_browser: bool = False
    operator: Operator | None = None
    address: str = ""
    whole_address: str = ""


def record(
    session: Session,
    action: Action,
    on: str = "",
    detail: DetailValues | None = None,
    *,
    client_id: int | None,
    who: Operator | None = None,
) -> None:
    """Add an entry inside the caller's `db.writing()`: it stays if what it tells of stays.

    *client_id*: the client of the object, whatever pages are open; None for what belongs to no client, such
    as signing in. The operator, the address and the request are taken from the request; *who* names the
    operator when nobody is signed in yet.
    """
    asked = _asked()
    operator = who or asked.operator
    seq, before = last(session)
    entry: dict[str, object] = {
        "seq": seq + 1,
        "at": clock.now(),
        "operator_id": operator.id if operator else None,
        "who": _cut(operator.name if operator else NOBODY if asked.in_browser else COMMAND),
        "client_id": client_id,
        "action": str(action),
        "target": _cut(on),
        "detail": {
            key: _cut(value) if isinstance(value, str) else value for key, value in (detail or {}).items()
        },
        "address": asked.address,
        "request_id": str(structlog.contextvars.get_contextvars().get("request_id", "")),
    }
    entry["link"] = link(chain_keys()[0], before, entry)
    session.execute(insert(AuditEntry).values(**entry))
    if asked.whole_address and services().settings.address_days:
        kept = {"seq": seq + 1, "at": clock.epoch(), "address": asked.whole_address}
        session.execute(insert(AuditAddress).values(**kept))


def record_alone(
    action: Action, on: str = "", detail: DetailValues | None = None, *, client_id: int | None
) -> None:
    """`record()` in a transaction of its own: for what changes nothing here, such as a download."""
    with db.writing() as session:
        record(session, action, on, detail, client_id=client_id)


def close_chain(session: Session) -> bool:
    """The first entry under a new secret that says so: from it on, entries under older ones are forged.

    It names the entry before and its link, so that those before stay anchored when the old secret is gone.
    """
    seq, before = last(session)
    if not seq or len(chain_keys()) == 1:
        return False
    told: Detail = {"voce": seq, "impronta": before.hex()}
    record(session, Action.CHAIN_CLOSED, "registro attività", told, client_id=None)
    return True


def chain_keys() -> list[bytes]:
    """One for each secret that is still accepted, newest first: the first one links, all are recognised."""
    return [crypto.derived_key(one, _PURPOSE) for one in services().settings.secret_keys]


def link(key: bytes, before: bytes, entry: dict[str, object]) -> bytes:
    """The link from *entry* (all columns but `link`) to the entry *before*: HMAC-SHA256, 32 bytes."""
    at = entry["at"]
    assert isinstance(at, datetime)
    told = {**entry, "at": at.astimezone(UTC).isoformat(timespec="microseconds")}
    return hmac.digest(key, before + orjson.dumps(told, option=orjson.OPT_SORT_KEYS), sha256)


def forget_addresses() -> None:
    """Drop the whole addresses that are older than is set; one of tomorrow was written by a wrong clock."""
    now, at = clock.epoch(), col(AuditAddress.at)
    oldest = now - services().settings.address_days * _DAY_S
    with db.writing() as session:
        session.execute(delete(AuditAddress).where((at <= oldest) | (at > now + _DAY_S)))


def shortened(address: str | None) -> str:
    """The network an address is in, /24 or /48: enough to recognise a place, too little for a person."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return ""
    return str(ip_network((found, 24 if found.version == 4 else 48), strict=False))


def last(session: Session) -> tuple[int, bytes]:
    """Number and link of the newest entry; nobody else can add one before our transaction ends.

    On SQLite `db.writing()` is BEGIN IMMEDIATE, so there is one writer anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
    newest = select(AuditEntry.seq, AuditEntry.link).order_by(col(AuditEntry.seq).desc()).limit(1)
    row = session.exec(newest).first()
    return (row[0] or 0, row[1]) if row else (0, START)


def _asked() -> Caller:
    """The operator and the address of the request, if we are in one."""
    if "flask" not in sys.modules:  # a worker: importing Flask for this would cost it 20 MB
        return Caller()
    from flask import has_request_context, request
    from flask_login import current_user

    if not has_request_context():
        return Caller()
    operator = getattr(current_user, "operator", None)
    network = shortened(request.remote_addr)
    return Caller(True, operator, network, request.remote_addr or "" if network else "")


def _cut(value: str) -> str:
    """Short, and without what databases refuse or what would break a line."""
    return "".join(character if character.isprintable() else " " for character in value)[:_LONGEST]
