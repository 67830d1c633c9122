"""What a destination raises when something kept it from doing as asked. PURE."""

from dataclasses import dataclass

# What to do when an audience takes nobody any more: sending the rest to it cannot work.
NEW_AUDIENCE = "Carica gli utenti in una nuova custom audience."


@dataclass(frozen=True, slots=True)
class Problem:
    """An error in words for three readers: *what* happened, *todo*, *who* does it (all Italian).

    *code* is the vendor's (`190/463`) or ours (`rete`); *trace* is the vendor's id for its support.
    """

    code: str
    what: str
    todo: str
    who: str
    link: str | None = None
    trace: str | None = None


class DestinationError(Exception):
    """Something kept the destination from doing as asked. `str()` never holds personal data or tokens."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.code}: {problem.what}")
        self.problem = problem

    @property
    def said_at_once(self) -> str:
        """What happened and what to do, for a person who waits for the answer."""
        return f"{self.problem.what} {self.problem.todo}"


class TemporaryError(DestinationError):
    """It will pass by itself. *retry_after_s* is the vendor's own wait, None when it gave none.

    *account_wide*: every call of this account has to wait, not only this one (rate limits).
    *too_large*: the same rows in smaller batches may pass. *in_a_row*: how many calls of the account failed
    one after the other, this one included; 0 when the error says nothing about other calls.
    """

    def __init__(
        self,
        problem: Problem,
        retry_after_s: float | None = None,
        account_wide: bool = False,
        too_large: bool = False,
        in_a_row: int = 0,
    ) -> None:
        super().__init__(problem)
        self.retry_after_s = retry_after_s
        self.account_wide = account_wide
        self.too_large = too_large
        self.in_a_row = in_a_row

    @property
    def said_at_once(self) -> str:
        """An upload tries again by itself, which is the `todo`; what a person has just asked for does not."""
        return f"{self.problem.what} Riprova tra poco."


class NeedsPersonError(DestinationError):
    """Nothing will pass until a person has done `problem.todo`; then it goes on from where it was."""


class PermanentError(DestinationError):
    """Repeating the same request can only fail again."""


class AudienceGoneError(PermanentError):
    """The audience was deleted at the destination: nobody is in it any more."""


class TooSmallError(DestinationError):
    """The audience is too small to take people out of it: another day it may not be."""


class NotBegunError(DestinationError):
    """The vendor has not had the batch that begins this replacement: that one goes first."""


class SessionLostError(DestinationError):
    """The replacement cannot go on, and nobody was replaced: it begins anew, in another session."""


class SessionEndedError(DestinationError):
    """The vendor has had the last batch of this replacement already."""
