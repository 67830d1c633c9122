"""The facts that the check before an upload is judged by. PURE: values, read by `reading` and `asking`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from webapp.destinations.base import Account, Audience, Origin, Problem
from webapp.uploads.operations import Operation


@dataclass(frozen=True, slots=True)
class Answer:
    """The vendor's answer about an account: *obstacles* keep it from taking users, most serious first.

    *unasked*: why the vendor could not be asked now (Italian); then the rest says nothing.
    """

    asked_at: datetime
    obstacles: tuple[Problem, ...] = ()
    unasked: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """The audience to fill. *found*: as the vendor shows it, None when it does not.

    *unasked* as of `Answer`. *name_taken*: another audience of the account has the name of the new one.
    *is_busy*: another upload is filling it, or is about to.
    """

    name: str
    is_new: bool
    found: Audience | None = None
    unasked: str | None = None
    name_taken: bool = False
    name_warning: str | None = None
    is_busy: bool = False


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the upload would come to, by the names of `models.Upload`, with the same sums.

    *members*: whom the client has put into the audience so far. *present*: how many of those who may be sent
    are there already; of an upload that adds they are sent again, and nobody is added twice.
    """

    selected: int
    excluded: Mapping[str, int]
    discarded: Mapping[str, int]
    duplicates: int
    to_send: int
    already_there: int = 0
    never_there: int | None = None
    to_remove: int = 0
    leaving: int = 0
    members_before: int | None = None
    refused_included: int = 0
    members: int = 0
    present: int | None = None

    @property
    def left_out(self) -> int:
        return sum(self.excluded.values()) + sum(self.discarded.values()) + self.duplicates


@dataclass(frozen=True, slots=True)
class Facts:
    """*account*: None when it was deleted meanwhile. *calls*: to the vendor, that the upload would take."""

    operation: Operation
    account: Account | None
    answer: Answer
    target: Target
    numbers: Numbers
    origin: Origin
    label: str  # of the destination, as people call it: "Facebook"
    calls: int = 0
    lasts_s: float = 0.0
    at: datetime = field(kw_only=True)
