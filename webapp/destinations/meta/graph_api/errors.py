"""Meta's error answers → what the sender has to do about them, in words for people. PURE.

Errors come with any HTTP status, inside HTTP 200 too, as HTML, or as nothing at all; throttling is HTTP
400. `code`, `error_subcode` and `is_transient` decide, together with whose credentials the call carried
(`blame`). Messages change, and may hold personal data: none is passed on. Source: Meta sheet §6.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from webapp.destinations.base import DestinationError, PermanentError, Problem, TemporaryError
from webapp.destinations.meta.graph_api import error_table as table
from webapp.destinations.meta.graph_api.blame import UNKNOWN_APP, Carried, app_case
from webapp.destinations.meta.graph_api.error_table import Case
from webapp.destinations.meta.graph_api.usage import told_wait_s

HEAVY = "1/pagina pesante"  # "Please reduce the amount of data you're asking for". Source: Meta sheet §6.2
_TRACE = re.compile(r"[\w/+=-]{1,64}").fullmatch
_FIELD = re.compile(r"[a-z_]{1,40}").fullmatch


@dataclass(frozen=True, slots=True)
class GraphError:
    """The parts of `{"error": {…}}` that mean something. *text* is read here and goes no further."""

    code: int | None
    subcode: int | None
    is_transient: bool
    trace: str | None
    fields: tuple[str, ...]
    text: str

    @property
    def name(self) -> str:
        """As support knows it: `190/463`, `100`, `senza codice`; a page that is too heavy has only words."""
        if self.code == 1 and "reduce the amount of data" in self.text:
            return HEAVY
        if self.code is None:
            return "senza codice"
        return f"{self.code}/{self.subcode}" if self.subcode else str(self.code)


def read_error(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    act_id: str | None = None,
    carried: Carried = Carried.TOKEN,
) -> DestinationError | None:
    """The error in an answer of Graph, ready to be raised, or None when it is a good one.

    *act_id* (digits) goes into links a person has to open and picks the usage figures of the account.
    *carried*: whose credentials the call carried, who is therefore to blame.
    """
    answer = _json(body)
    if answer is None:
        return _unreadable(status, headers, body)
    if not (isinstance(answer, dict) and answer.get("error")):
        if isinstance(answer, dict) and answer.get("error") is not None:  # `{"error": {}}` is no success
            return _unreadable(status, headers, body)
        return None if status < 300 else _unexpected(status, headers)
    error = parse(answer["error"], headers)
    return _raised(_blamed_case(error, status, carried), error.name, error, headers, act_id)


def failure(case: Case, code: str) -> DestinationError:
    """An error of the network, for which there is no answer to read."""
    return case.kind(Problem(code, case.what, case.todo, case.who, case.link), **_flags(case, case.wait_s))


def parse(error: Any, headers: Mapping[str, str]) -> GraphError:
    """*error* as Graph wrote it, whatever it left out; OAuth's short form is a bare string."""
    if not isinstance(error, dict):
        error = {"message": str(error)}
    return GraphError(
        code=_integer(error.get("code")),
        subcode=_integer(error.get("error_subcode")),
        is_transient=error.get("is_transient") is True,
        trace=_trace(error.get("fbtrace_id"), headers),
        fields=_blamed(error.get("error_data")),
        text=str(error.get("message", "")),
    )


def _blamed_case(error: GraphError, status: int, carried: Carried) -> Case:
    if case := app_case(error.code, error.subcode, error.text, carried, error.is_transient):
        return case
    case = _case(error, status)
    # Nobody's token was in the call, so nobody's authorisation can cure it.
    nobodys = carried is Carried.APP_TOKEN and case.kind is not TemporaryError
    unknown = carried is Carried.SECRET and case.kind is PermanentError
    return UNKNOWN_APP if nobodys or unknown else case


def _case(error: GraphError, status: int) -> Case:
    case = _known(error)
    if case is None:
        passes = error.is_transient or status >= 500 or status == 429
        return table.UNKNOWN_PASSING if passes else table.UNKNOWN_FINAL
    if case.kind is PermanentError and error.is_transient:
        return table.UNKNOWN_PASSING
    return case


def _known(error: GraphError) -> Case | None:
    if error.code is None:
        return None
    if error.code == 2650 and error.subcode is None and "data source" in error.text:
        # facebook-python-business-sdk#433: no subcode either, and repeating never helps.
        return table.OTHER_DATA_SOURCE
    for key in ((error.code, error.subcode), (None, error.subcode), (error.code, None)):
        if key != (None, None) and key in table.CASES:
            return table.CASES[key]
    if error.code in table.BUSINESS_LIMITS:
        return table.BUSINESS_LIMIT
    return table.NO_PERMISSION if error.code in table.PERMISSIONS else None


def _raised(
    case: Case, name: str, error: GraphError, headers: Mapping[str, str], act_id: str | None
) -> DestinationError:
    what = case.what
    if error.fields and case.kind is PermanentError:
        what += f" Campo: {', '.join(error.fields)}."
    link = case.link.format(act=act_id or "") if case.link else None
    problem = Problem(name, what, case.todo, case.who, link, error.trace)
    return case.kind(problem, **_flags(case, _wait_s(case, headers, act_id)))


def _wait_s(case: Case, headers: Mapping[str, str], act_id: str | None) -> float | None:
    """A limit's own wait when Meta names it: guessing a longer or shorter one only makes it worse."""
    if not case.account_wide or case.wait_s is None or case.who == table.OPERATOR:
        return case.wait_s
    return told_wait_s(headers, act_id) or case.wait_s


def _flags(case: Case, wait_s: float | None) -> dict[str, Any]:
    if case.kind is not TemporaryError:
        return {}
    return {"retry_after_s": wait_s, "account_wide": case.account_wide, "too_large": case.too_large}


def _unreadable(status: int, headers: Mapping[str, str], body: bytes) -> DestinationError:
    """HTML is what Graph answers to requests too large for it (facebook-python-business-sdk#141, #695)."""
    case = table.UNREADABLE if body.strip() else table.NO_ANSWER
    if status == 429:
        case = _told_to_wait(headers)
    name = f"risposta {status} {'illeggibile' if body.strip() else 'vuota'}"
    return _raised(case, name, parse({}, headers), headers, None)


def _told_to_wait(headers: Mapping[str, str]) -> Case:
    """A page with 429: with the wait that `Retry-After` asks for, if it does (seconds, at most an hour)."""
    asked = {name.lower(): value for name, value in headers.items()}.get("retry-after", "")
    if not (asked.isdecimal() and 0 < int(asked) <= table.HOUR):
        return table.TOO_MANY
    return replace(table.TOO_MANY, wait_s=float(asked), account_wide=True)


def _unexpected(status: int, headers: Mapping[str, str]) -> DestinationError:
    error = parse({}, headers)
    return _raised(_case(error, status), f"risposta {status}", error, headers, None)


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _integer(value: object) -> int | None:
    try:
        return int(value) if isinstance(value, int | str) else None
    except ValueError:
        return None


def _trace(value: object, headers: Mapping[str, str]) -> str | None:
    """Meta's support asks for it; the header holds the same value in 33 of 33 recorded errors."""
    by_name = {name.lower(): text for name, text in headers.items()}
    candidate = str(value or by_name.get("x-fb-request-id") or "")
    return candidate if _TRACE(candidate) else None


def _blamed(data: object) -> tuple[str, ...]:
    """The fields Meta blames: `{"blame_field_specs": [["name"]]}`, sometimes as JSON inside a string."""
    if isinstance(data, str):
        data = _json(data.encode())
    specs = data.get("blame_field_specs") if isinstance(data, dict) else None
    names = [name for spec in specs or () if isinstance(spec, list) for name in spec]
    return tuple(name for name in names if isinstance(name, str) and _FIELD(name))
