"""Why somebody would be taken out of an audience, and examples of contacts. PURE."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Exit(StrEnum):
    """Why somebody would be taken out."""

    NOT_CHOSEN = "not_chosen"
    REFUSED = "refused"
    UNDECIDED = "undecided"  # an answer that nobody could read
    UNANSWERED = "unanswered"  # where only who said yes is wanted
    NO_DETAIL = "no_detail"  # the contact has no valid address or number any more
    NO_CONTACT = "no_contact"  # deleted, or of a database that is gone
    CHANGED = "changed"  # another address, or another datum beside it
    OWED = "owed"  # was to be taken out before
    CHOSEN = "chosen"  # the upload takes its selection out


@dataclass(frozen=True, slots=True)
class Examples:
    """How many contacts share a reason, and the ids of the first few."""

    contacts: int
    ids: Sequence[int] = ()
