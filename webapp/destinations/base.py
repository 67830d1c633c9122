"""The protocol that every destination fulfils. PURE: values in, values out.

`uploads` knows destinations only through this module and `registry`; a destination receives plain
values and never learns what a user database, a filter or an upload is.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

# Failures, replacements and rows are part of the protocol: everybody else takes them from here.
from webapp.destinations.failures import NEW_AUDIENCE as NEW_AUDIENCE
from webapp.destinations.failures import AudienceGoneError as AudienceGoneError
from webapp.destinations.failures import DestinationError as DestinationError
from webapp.destinations.failures import NeedsPersonError as NeedsPersonError
from webapp.destinations.failures import NotBegunError as NotBegunError
from webapp.destinations.failures import PermanentError as PermanentError
from webapp.destinations.failures import Problem as Problem
from webapp.destinations.failures import SessionEndedError as SessionEndedError
from webapp.destinations.failures import SessionLostError as SessionLostError
from webapp.destinations.failures import TemporaryError as TemporaryError
from webapp.destinations.failures import TooSmallError as TooSmallError
from webapp.destinations.replacing import Part as Part
from webapp.destinations.replacing import Totals as Totals
from webapp.destinations.rows import DIGEST_BYTES as DIGEST_BYTES
from webapp.destinations.rows import OF_MEDIUM as OF_MEDIUM
from webapp.destinations.rows import OTHER_MEDIUM as OTHER_MEDIUM
from webapp.destinations.rows import PLAIN_BYTES as PLAIN_BYTES
from webapp.destinations.rows import PLAIN_KEYS as PLAIN_KEYS
from webapp.destinations.rows import UNKNOWN as UNKNOWN
from webapp.destinations.rows import VALUE as VALUE
from webapp.destinations.rows import VALUE_KEY as VALUE_KEY
from webapp.destinations.rows import ContactRow as ContactRow
from webapp.destinations.rows import EncodedRows as EncodedRows
from webapp.destinations.rows import Identifier as Identifier
from webapp.destinations.rows import Medium as Medium
from webapp.destinations.rows import in_order as in_order
from webapp.destinations.sizes import SIZES_KEPT as SIZES_KEPT
from webapp.destinations.sizes import Size as Size


class Origin(StrEnum):
    """Who gave the data of an audience: the people themselves, others, or both. Its maker declares it."""

    CUSTOMERS = "customers"
    PARTNERS = "partners"
    BOTH = "both"


class Notice(NamedTuple):
    """An Italian sentence about what may soon get in the way. *tone*: "" there is time, "warn", "err" now."""

    tone: str
    text: str


class Pages(NamedTuple):
    """The endpoints of a destination's own pages; those of one account take its public id, *account_id*."""

    accounts: str
    new_account: str
    account: str
    edit_account: str
    health: str
    authorise: str  # a POST: off to the vendor and back, with nothing to fill in


@dataclass(frozen=True, slots=True)
class Account:
    """A connected advertising account, as screens name it. *problem* is Italian, None when it can send.

    *id* is unique within the destination *kind*. *notices*: what to see to before it becomes a problem,
    most urgent first.
    """

    kind: str
    id: int
    public_id: str
    name: str
    reference: str  # the vendor's id, as people type it
    problem: str | None = None
    notices: tuple[Notice, ...] = ()
    can_authorise: bool = False  # a new authorisation by a person ends *problem*
    expires_at: datetime | None = None  # of what it was authorised with; None: not at any known time


@dataclass(frozen=True, slots=True)
class Audience:
    """An audience at the destination. *size* is the vendor's own estimate, None while it has none.

    It means anything from *size* to *largest*. *unsuitable* is the Italian reason it cannot take customer
    data, None when it can; *warning* what is going to happen to it there (Italian). *by_value*: every row has
    to say what the person is worth, which is settled when it is created.
    """

    id: str
    name: str
    size: int | None
    updated_at: datetime | None
    unsuitable: str | None = None
    warning: str | None = None
    largest: int | None = None
    by_value: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that the destination did not accept: its place in the batch (from 0) and the vendor's words."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The destination's answer for one batch.

    *received* counts all rows taken in by its own word, at most those sent; *rejected_count* those among
    them it called invalid; *rejected* names as many of these as the vendor lists. *doubt*: how its counts
    contradict each other (Italian), None when they do not. *pause_s* is how long this account must
    rest before the next call, from the vendor's usage figures; the destination has noted it on the account.
    *recovered*: the account was out of order and this call got through, so whatever waits for it may go on.
    *session*: of a batch of a replacement, the vendor's totals so far.
    """

    received: int
    rejected_count: int = 0
    rejected: Sequence[Rejected] = field(default=())
    trace: str | None = None
    pause_s: float = 0.0
    doubt: str | None = None
    recovered: bool = False
    session: Totals = Totals()


class Rest(NamedTuple):
    """Before *until* (seconds since 1970; 0: at any time) the account is not called, because of *problem*."""

    until: float = 0.0
    problem: Problem | None = None


class Connection(Protocol):
    """An account opened for use: holds the decrypted token, lives as long as one job or one request.

    Every method may raise TemporaryError, NeedsPersonError or PermanentError, and returns within
    90 s whatever the peer does.
    """

    def obstacles(self) -> list["Problem"]:
        """Everything that keeps the account from taking users, asked now: permission, state, terms."""

    def audiences(self) -> list[Audience]:
        """Every audience of the account, whoever made it, newest first."""

    def create_audience(
        self, name: str, marker: str, origin: Origin = Origin.CUSTOMERS, by_value: bool = False
    ) -> str:
        """Create an empty audience and return its id; *marker* (unique) is written in its description.

        *by_value*: each of its rows will say what the person is worth, and none without will be taken.
        Looks for the marker first, so that repeating after a lost answer creates nothing twice.
        """

    def check_audience(self, audience_id: str) -> Audience:
        """The audience as it is now, with `unsuitable` filled in. May raise AudienceGoneError."""

    def add_users(self, audience_id: str, rows: EncodedRows) -> BatchResult:
        """Add the rows. Repeating the same rows adds nobody twice. May raise AudienceGoneError."""

    def remove_users(self, audience_id: str, rows: EncodedRows) -> BatchResult:
        """Take out whoever is there by any identifier of the rows. Repeating takes nobody out twice.

        May raise TooSmallError and AudienceGoneError.
        """

    def replace_users(self, audience_id: str, rows: EncodedRows, part: Part) -> BatchResult:
        """One batch of a replacement: with the last one, its rows take the place of everybody there.

        Number 1 must not be sent again unless NotBegunError said so; the others may. May raise
        NotBegunError, SessionLostError, SessionEndedError and AudienceGoneError.
        """

    def close(self) -> None: ...


class Encoder(Protocol):
    """Contacts → rows of one schema. Made for one upload, it remembers values that come again."""

    schema: tuple[str, ...]
    fields: tuple[str, ...]  # of the contact, wanted behind the three values of each `ContactRow`
    max_rows: int  # of one request
    missing: Mapping[Identifier, int]  # how many of the rows made so far lack it

    def encode(self, people: Sequence[ContactRow]) -> EncodedRows:
        """The rows to send for *people*, in their order; each has the digest of the medium."""


class Destination(Protocol):
    kind: str
    label: str  # where accounts and audiences are, as people call it: "Facebook"
    vendor: str  # the company that answers: "Meta"
    pages: Pages
    identifiers: Collection[Identifier]  # those it can recognise people by
    identity_keys: tuple[str, str]  # of e-mail and mobile in its schemas: the rest describes whom they name

    def accounts(self, client_id: int) -> list[Account]:
        """The client's connected accounts, by name."""

    def account(self, client_id: int, account_id: int) -> Account:
        """Raises LookupError when it was deleted or is another client's."""

    def audience_sizes(
        self, client_id: int, account_id: int, audience_id: str, since: date
    ) -> dict[date, Size]:
        """How large the audience was on the days somebody looked, by the vendor's estimate."""

    def recognition(self, client_id: int, account_id: int, audience_id: str) -> str | None:
        """What the vendor says of how well it recognises the people sent, None where it says nothing."""

    def connect(self, client_id: int, account_id: int, deadline_s: float = 90.0) -> Connection:
        """Raises LookupError as `account`, NeedsPersonError when it holds no usable token.

        Every call of the connection ends within *deadline_s*, sooner for pages that somebody waits for.
        """

    def out_of_reach(self) -> str | None:
        """Why this server cannot speak to the vendor and what to do (Italian), None when it answers."""

    def name_warning(self, name: str) -> str | None:
        """Why the vendor may block an audience with this name (Italian), None when it will not mind."""

    def resting(self, account_id: int) -> Rest:
        """Until when the account must not be called, and why."""

    def rest(self, account_id: int, seconds: float, problem: Problem | None = None) -> None:
        """Let the whole account rest for *seconds* because of *problem*; a longer pause stays as it is."""

    def senders(self, session: Any, account_id: int, most: int) -> int:
        """How many calls of the account may be under way at once: *most*, or 1 while it is out of order.

        *session* is the transaction that takes a batch; in the second case it holds whoever asks at the same
        time until it ends, so that the one call is counted.
        """

    def encoder(
        self,
        medium: Medium,
        identifiers: Collection[str] = (),
        home: str | None = None,
        by_value: bool = False,
    ) -> "Encoder":
        """How contacts become rows: the key of *medium* and those of *identifiers*, of which others are none.

        *home*: ISO code of the country of contacts that name none. *by_value*: what each is worth goes too,
        as the field `VALUE`, a number that is not negative.
        """
