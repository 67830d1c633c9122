"""State of the simulated Meta: apps, people, tokens, ad accounts, audiences and their members."""

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from .settings import Settings

# A row of an upload as it is kept: its cells joined by a TAB, which no key may contain.
Row = str
# The keys of an upload joined by a comma: "EMAIL" or "EMAIL,FN,LN".
SchemaName = str


@dataclass
class App:
    id: str
    secret: str
    name: str


@dataclass
class Person:
    """A Facebook user. *permissions* holds what this person answered for the app: granted or declined."""

    id: str
    name: str
    permissions: dict[str, str] = field(default_factory=dict)


@dataclass
class Token:
    """*expires_at* 0 means never; *invalid* is the subcode of 190 it gets, once it stopped working."""

    value: str
    kind: str  # USER | SYSTEM_USER | APP
    app_id: str
    person_id: str
    scopes: list[str]
    created_at: int
    expires_at: int
    data_access_expires_at: int
    is_long_lived: bool = False
    invalid: int | None = None


@dataclass
class Code:
    value: str
    redirect_uri: str
    person_id: str
    scopes: list[str]
    expires_at: int
    is_used: bool = False


@dataclass
class AdAccount:
    id: str  # digits, without act_
    name: str
    person_ids: list[str]
    status: int = 1
    disable_reason: int = 0
    currency: str = "EUR"
    timezone_name: str = "Europe/Rome"
    business: dict[str, str] | None = None
    tos_accepted: dict[str, int] = field(default_factory=lambda: {"custom_audience_tos": 1})
    user_tasks: list[str] = field(default_factory=lambda: ["DRAFT", "ANALYZE", "ADVERTISE", "MANAGE"])


@dataclass
class Replace:
    """A usersreplace in progress: rows are put aside and take the members' place when it is over."""

    session_id: str
    started_at: float
    rows: dict[SchemaName, set[Row]] = field(default_factory=dict)
    finished_at: float | None = None


@dataclass
class UploadSession:
    """One session of the /sessions edge. *is_automatic*: Meta's own id, given when the caller sent none."""

    session_id: str
    audience_id: str
    operation: str  # add | remove | replace
    schema: SchemaName
    started_at: float
    is_automatic: bool = False
    ended_at: float | None = None
    received: int = 0
    invalid: int = 0
    thrown_away: int = 0


@dataclass
class Audience:
    """*members* is what the audience holds now, *removed* what was asked to be taken out, by schema."""

    id: str
    number: int  # order of creation; lists are newest first
    account_id: str
    name: str
    created_at: int
    fields: dict[str, Any] = field(default_factory=dict)
    subtype: str = "CUSTOM"
    is_value_based: bool = False
    is_deleted: bool = False
    updated_at: int = 0
    content_updated_at: float = 0.0
    starting_size: int = 0
    origin_id: str | None = None  # of a lookalike
    flagged_fields: list[str] = field(default_factory=list)
    forced_status: int | None = None
    data_source: str | None = None  # MULTI_HASHES | HASHES_OR_USER_IDS, fixed by the first upload
    members: dict[SchemaName, set[Row]] = field(default_factory=dict)
    removed: dict[SchemaName, set[Row]] = field(default_factory=dict)
    replace: Replace | None = None

    def size(self) -> int:
        """Rows held, before any rounding Meta would do."""
        return self.starting_size + sum(len(rows) for rows in self.members.values())


@dataclass
class Call:
    """One request as the register of calls shows it. Never a token: the query string is not kept."""

    at: float
    method: str
    path: str
    kind: str
    account_id: str | None = None
    audience_id: str | None = None
    rows: int | None = None
    status: int | None = None
    fault: str | None = None
    duration_s: float | None = None


CALLS_KEPT = 20_000


@dataclass
class World:
    """Everything that a reset forgets and a data file remembers."""

    app: App
    default_person_id: str
    default_token: str
    people: dict[str, Person] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    accounts: dict[str, AdAccount] = field(default_factory=dict)
    audiences: dict[str, Audience] = field(default_factory=dict)
    sessions: dict[str, UploadSession] = field(default_factory=dict)  # by `sessions.session_key`
    # The datum of a row → the person whose it is, of people that Meta knows by several; no other is in it.
    owners: dict[str, str] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    clock_offset_s: float = 0.0


class Simulation:
    """The world, the one lock that guards it, and what never outlives the process.

    `changed` is set by everything that alters the world, for who writes it to a file;
    `starting_settings` are those a reset goes back to.
    """

    def __init__(self, world: World, starting_settings: Settings) -> None:
        self.world = world
        self.starting_settings = starting_settings
        self.lock = threading.RLock()
        self.changed = threading.Event()
        self.stopping = threading.Event()
        self.calls: deque[Call] = deque(maxlen=CALLS_KEPT)
        self.account_calls: dict[str, deque[float]] = {}

    def now(self) -> float:
        """Unix seconds on the simulator's own clock, which `/_sim/clock` can move."""
        return time.time() + self.world.clock_offset_s
