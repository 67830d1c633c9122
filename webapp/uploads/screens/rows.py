"""An upload as every screen shows it: plain values, read once, that no template can change. PURE."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.destinations.base import NEW_AUDIENCE
from webapp.uploads import identifier_words
from webapp.uploads.operations import Operation
from webapp.uploads.problems import ANOTHER_AUDIENCE, CONFIRM, STILL_OWED
from webapp.uploads.screens.numbers import Numbers
from webapp.uploads.status import FINAL, UploadStatus
from webapp.values import texts

PAGE_ROWS = 20


@dataclass(frozen=True, slots=True)
class UploadRow:
    """An upload as every screen shows it."""

    id: int
    public_id: str
    number: int  # of the client's uploads, as people call it
    client_id: int
    client_name: str
    database_id: int
    database_public_id: str
    database_name: str
    database_deleted: bool
    filter_id: int | None
    filter_public_id: str | None  # None also once the filter was deleted
    filter_name: str | None
    destination: str
    account_id: int | None
    account_name: str
    audience_id: str
    audience_name: str
    is_new_audience: bool
    medium: str
    operation: str
    only_due: bool
    members_before: int | None
    identifiers: list[str]
    missing: dict[str, int]
    value_name: str | None  # the field that says what each person is worth
    data_origin: str
    consent: str
    consent_reason: str | None
    consent_by: str | None
    refused_included: int | None
    status: UploadStatus
    reason: str | None
    todo: str | None
    reason_code: str | None
    reason_trace: str | None
    reason_who: str | None
    reason_link: str | None
    resume_at: float | None
    stop_requested: bool
    started_by: str
    created_at: datetime
    prepared_at: datetime | None
    sent_at: datetime | None
    finished_at: datetime | None
    updated_at: datetime
    batches: int
    batches_sent: int
    queue_place: int | None
    numbers: Numbers
    seen_at: datetime | None = None
    seen_by: str | None = None
    left: timedelta | None = None  # how long the rest takes, where `pace` can say

    @property
    def called(self) -> str:
        """“n. 16”"""
        return texts.numbered(self.number)

    @property
    def recognised_by(self) -> str:
        """The data sent beside the medium's own, "" when there are none."""
        return identifier_words.told(self.identifiers, self.missing, self.numbers.to_send)

    @property
    def is_final(self) -> bool:
        return self.status in FINAL

    @property
    def needs_another_audience(self) -> bool:
        """Its own takes nobody any more: it was deleted, is full, or of another kind."""
        return self.status == UploadStatus.FAILED and self.todo in (NEW_AUDIENCE, ANOTHER_AUDIENCE)

    @property
    def lacks_some(self) -> bool:
        """Ended with rows that were prepared and never sent: they alone can be sent now."""
        left = self.numbers.set_aside + self.numbers.not_removed
        if self.needs_another_audience:
            return False
        if self.operation == Operation.ALIGN:  # its differences are those of that day: it is done again
            return False
        return self.is_final and self.prepared_at is not None and left > 0

    @property
    def is_stopping(self) -> bool:
        return self.stop_requested and not self.is_final

    @property
    def waits_for_confirmation(self) -> bool:
        """Many would leave the audience: somebody has to say that it is meant."""
        return self.status == UploadStatus.PAUSED and self.reason_code == CONFIRM

    @property
    def may_be_seen(self) -> bool:
        """Ended badly, and nobody has said “ho visto” yet; one that waits for a person cannot be put away."""
        ended_badly = self.status in (UploadStatus.FAILED, UploadStatus.COMPLETED_WITH_WARNINGS)
        return ended_badly and self.seen_at is None and self.reason_code != STILL_OWED

    @property
    def takes_out(self) -> bool:
        """It takes out those chosen, or whoever is owed, and adds nobody."""
        return self.operation == Operation.REMOVE

    @property
    def replaces(self) -> bool:
        """Whoever else is in the audience leaves it."""
        return self.operation == Operation.REPLACE

    @property
    def is_in_line(self) -> bool:
        """Nothing had to be sent: all was as it should be."""
        numbers = self.numbers
        return self.operation != Operation.ADD and numbers.is_known and not numbers.to_do and self.is_final

    @property
    def needs_person(self) -> bool:
        """Paused until somebody does what *todo* says; other pauses end by themselves."""
        return self.status == UploadStatus.PAUSED and self.resume_at is None


@dataclass(frozen=True, slots=True)
class RowPage:
    rows: Sequence[UploadRow]
    total: int
    number: int

    @property
    def first(self) -> int:
        return (self.number - 1) * PAGE_ROWS + 1 if self.total else 0

    @property
    def last(self) -> int:
        return (self.number - 1) * PAGE_ROWS + len(self.rows)

    @property
    def has_next(self) -> bool:
        return self.last < self.total
