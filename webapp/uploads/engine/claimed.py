"""A batch that one sender holds, as it is handed from the claim to what records its outcome."""

from collections.abc import Sequence
from dataclasses import dataclass

from webapp.destinations.base import EncodedRows, Part
from webapp.uploads.operations import Operation


@dataclass(frozen=True, slots=True)
class ClaimedBatch:
    """A batch that is ours to send as long as *attempt* is its newest."""

    batch_id: int
    upload_id: int
    seq: int
    attempt: int
    audience_id: str
    rows: EncodedRows
    contact_ids: Sequence[int]
    duplicates: Sequence[int]  # a contact of the batch, its duplicate, another contact, its duplicate…
    destination: str
    account_id: int
    operation: Operation
    part: Part | None = None  # of a batch that replaces everybody
    may_have_ended: bool = False  # the last batch of its session was sent before, and may have arrived
