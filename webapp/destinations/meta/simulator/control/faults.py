"""Orders to go wrong: which calls, how often, from when on, and how the answer is spoilt."""

import random
import select
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ..graph_errors import GraphError
from .fault_catalogue import ALIASES, FIXED, MADE, error_named

HTML_PAGE = (
    b'<!DOCTYPE html><html lang="en" id="facebook"><head><title>Facebook | Error</title></head>'
    b"<body><h1>Sorry, something went wrong.</h1></body></html>"
)
# What can happen to an answer besides being an error, in the words of the README.
ANSWERS = {
    "html_500",
    "html_502",
    "html_200",
    "empty_body",
    "invalid_json",
    "cut_before",
    "cut_after_commit",
    "cut_mid_answer",
    "drip",
    "slow",
    "never_answer",
    "huge_body",
    "gzip_bomb",
    "redirect",
    "status_429",
    "invalid_rows",
}
KINDS = {
    "GET /oauth/access_token",
    "GET /debug_token",
    "GET /me",
    "GET /me/permissions",
    "DELETE /me/permissions",
    "GET /me/adaccounts",
    "GET /account",
    "GET /customaudiences",
    "POST /customaudiences",
    "GET /audience",
    "POST /audience",
    "DELETE /audience",
    "POST /users",
    "DELETE /users",
    "POST /usersreplace",
    "DELETE /usersofanyaudience",
    "GET /sessions",
    "GET /match_rate",
}


@dataclass
class Fault:
    """One order. *times* None = until taken back; *after* = matching calls to let through first."""

    fault: str
    on: str = "any"
    times: int | None = 1
    after: int = 0
    latency_s: float = 0.0
    account: str | None = None
    audience: str | None = None
    probability: float = 1.0
    status: int | None = None
    message: str | None = None
    is_transient: bool | None = None
    minutes: int | None = None
    rows: int = 1
    reason: str | None = None
    bytes_per_s: float = 1.0
    commit: bool = False
    hits: int = field(default=0)

    def matches(self, kind: str, account: str | None, audience: str | None) -> bool:
        return (
            (self.on == "any" or kind == self.on or kind.split(" ")[1] == self.on)
            and self.account in (None, account)
            and self.audience in (None, audience)
        )


def read_fault(values: Any) -> Fault:
    """An order from JSON. Raises ValueError, in Italian, for what it does not understand."""
    if not isinstance(values, dict):
        raise ValueError("un ordine è un oggetto JSON")
    try:
        fault = Fault(**{key: value for key, value in values.items() if key != "hits"})
    except TypeError:
        known = [name for name in Fault.__dataclass_fields__ if name != "hits"]
        raise ValueError(f"l’ordine non è chiaro; le chiavi sono: {', '.join(known)}") from None
    name = ALIASES.get(fault.fault, fault.fault)
    if name not in ANSWERS and error_named(name, "", "", "", 0.0) is None:
        raise ValueError(f"guasto sconosciuto: {fault.fault}")
    if fault.on != "any" and fault.on not in KINDS and fault.on not in {kind.split(" ")[1] for kind in KINDS}:
        raise ValueError(f"chiamata sconosciuta: {fault.on}; le chiamate sono: {', '.join(sorted(KINDS))}")
    return fault


def names() -> list[str]:
    """Everything that can be ordered by name."""
    return sorted({*FIXED, *MADE, *ALIASES, *ANSWERS})


class Orders:
    """The orders in force. Not thread-safe: the caller holds the simulation's lock."""

    def __init__(self) -> None:
        self.active: list[Fault] = []
        self.chance = random.Random(0)

    def take(self, kind: str, account: str | None, audience: str | None) -> Fault | None:
        """The fault that befalls this call, if any, used up by it."""
        for fault in self.active:
            if not fault.matches(kind, account, audience):
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            if fault.probability < 1 and self.chance.random() >= fault.probability:
                continue
            fault.hits += 1
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self.active.remove(fault)
            return fault
        return None

    def shown(self) -> list[dict[str, Any]]:
        return [asdict(fault) for fault in self.active]


def ordered_error(fault: Fault, account: str, thing: str, app: str, now: float) -> GraphError | None:
    """The Graph error this order asks for, with what it says otherwise; None when it is another fault."""
    error = error_named(fault.fault, account, thing, app, now)
    if error is None:
        return None
    if fault.minutes is not None:
        error = replace(error, wait_minutes=fault.minutes)
    return replace(
        error,
        status=fault.status or error.status,
        message=fault.message or error.message,
        is_transient=error.is_transient if fault.is_transient is None else fault.is_transient,
    )


def wait_for_hang_up(handler: Any, stopping: Any) -> None:
    """Hold the line until the caller lets go, or the simulator is told to stop."""
    while not stopping.is_set():
        readable, _, _ = select.select([handler.connection], [], [], 0.2)
        if readable and not handler.connection.recv(1):
            return
