"""The Graph API's front door: finds the view, orders faults, puts the headers on. One call, one record."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Request, Response

from . import accounts, audiences, graph_call, legacy, users
from .control import people, spoiled
from .control.faults import HTML_PAGE, Fault, Orders, ordered_error, wait_for_hang_up
from .graph_errors import GraphError, no_such_object, unknown_path
from .headers import compress, error_response, json_response, trace_id
from .server import Cut
from .sign_in import oauth
from .sign_in.exchange import Answer, Exchange
from .state import Call, Simulation
from .usage import usage_headers

SLOW_S = 2.0
# 200 000 rows in one call (13 MB) gave Facebook's error page. Source: facebook-python-business-sdk issue 141.
LARGEST_BODY_BYTES = 12_000_000


@dataclass(frozen=True)
class Route:
    """*kind* is how faults and the register of calls name it; *locks* says the view takes the lock."""

    method: str
    path: re.Pattern[str]
    kind: str
    view: Callable[..., Answer]
    locks: bool = False


def _route(kind: str, path: str, view: Callable[..., Answer], method: str = "", locks: bool = False) -> Route:
    return Route(method or kind.split(" ")[0], re.compile(path), kind, view, locks)


ACCOUNT, AUDIENCE = r"/act_(?P<account_id>\d+)", r"/(?P<audience_id>\d+)"
ROUTES = [
    _route("GET /oauth/access_token", r"/oauth/access_token", oauth.access_token),
    _route("GET /oauth/access_token", r"/oauth/access_token", oauth.access_token, method="POST"),
    _route("GET /debug_token", r"/debug_token", oauth.debug_token),
    _route("GET /me", r"/me", people.me),
    _route("GET /me/permissions", r"/me/permissions", people.permissions),
    _route("DELETE /me/permissions", r"/me/permissions(?:/(?P<permission>\w+))?", people.revoke),
    _route("GET /me/adaccounts", r"/me/adaccounts", people.ad_accounts),
    _route("GET /account", ACCOUNT, accounts.account),
    _route("GET /customaudiences", ACCOUNT + r"/customaudiences", audiences.list_audiences),
    _route("POST /customaudiences", ACCOUNT + r"/customaudiences", audiences.create),
    _route(
        "DELETE /usersofanyaudience", ACCOUNT + r"/usersofanyaudience", users.remove_everywhere, locks=True
    ),
    _route("POST /users", AUDIENCE + r"/users", users.add, locks=True),
    _route("DELETE /users", AUDIENCE + r"/users", users.remove, locks=True),
    _route("POST /usersreplace", AUDIENCE + r"/usersreplace", users.replace_users, locks=True),
    _route("GET /sessions", AUDIENCE + r"/sessions", users.list_sessions, locks=True),
    _route("GET /match_rate", AUDIENCE + f"/{audiences.MATCH_RATE}", audiences.match_rate),
    _route("GET /audience", AUDIENCE, audiences.read),
    _route("POST /audience", AUDIENCE, audiences.update),
    _route("DELETE /audience", AUDIENCE, audiences.delete),
]


def find_route(method: str, path: str) -> tuple[Route, dict[str, str]]:
    """Raises GraphError: 2500 for a path nobody knows, 100/33 for a method it does not take."""
    path = path.rstrip("/") or "/"
    matches = [(route, match) for route in ROUTES if (match := route.path.fullmatch(path))]
    for route, match in matches:
        if route.method == method:
            return route, {name: value for name, value in match.groupdict().items() if value is not None}
    if matches or re.fullmatch(r"/\w+", path):
        raise no_such_object(path.split("/")[1], method)
    raise unknown_path(path)


def answer(sim: Simulation, orders: Orders, request: Request) -> Response:
    """Graph's answer, or the one that an order put in its place. Raises Cut when the line is to be cut."""
    started = time.monotonic()
    asked, path = graph_call.split_version(request.path)
    record = Call(sim.now(), request.method, path, "")
    sim.calls.append(record)
    try:
        response = _guarded(sim, orders, request, record, asked, path)
        record.status = response.status_code
        return response
    finally:
        record.duration_s = round(time.monotonic() - started, 4)


def _guarded(
    sim: Simulation, orders: Orders, request: Request, record: Call, asked: str | None, path: str
) -> Response:
    version = sim.world.settings.oldest_version
    trace = trace_id()
    fault = None
    try:
        version = graph_call.spoken_version(asked, sim.world.settings)
        if (request.content_length or 0) > LARGEST_BODY_BYTES:
            return Response(HTML_PAGE, 500, content_type="text/html; charset=utf-8")
        call = graph_call.read_call(request, version, path)
        if feature := legacy.feature_of(call.params):
            raise legacy.refusal(feature, path, sim.world.settings.legacy_refusal)
        route, groups = find_route(call.method, path)
        record.method, record.kind = call.method, route.kind
        _locate(sim, record, groups)
        with sim.lock:
            fault = orders.take(route.kind, record.account_id, record.audience_id)
        exchange = Exchange(sim, call, request.host_url.rstrip("/"), record, fault)
        _befall_before(sim, exchange, request)
        if fault is not None and not fault.commit and (made := spoiled.replacement(fault)):
            return made
        if _is_too_large(sim, exchange):
            return Response(HTML_PAGE, 500, content_type="text/html; charset=utf-8")
        body = _run(sim, route, exchange, groups)
        _befall_after(sim, exchange, request)
        response = json_response(body, trace, sim.world.settings.answers_as or version, call.method)
        minutes = 0
    except GraphError as error:
        response = error_response(error, trace, sim.world.settings.answers_as or version)
        minutes = error.wait_minutes
    if record.account_id:
        response.headers.update(usage_headers(sim, record.account_id, record.kind, minutes))
    compress(response, request, always_varies=record.kind == "POST /customaudiences")
    return _spoil(fault, response, request)


def _is_too_large(sim: Simulation, exchange: Exchange) -> bool:
    most = sim.world.settings.largest_rows
    payload = exchange.call.structure("payload") if most else None
    rows = payload.get("data") if isinstance(payload, dict) else None
    return isinstance(rows, list) and len(rows) > most


def _locate(sim: Simulation, record: Call, groups: dict[str, str]) -> None:
    record.audience_id = groups.get("audience_id")
    audience = sim.world.audiences.get(record.audience_id or "")
    record.account_id = groups.get("account_id") or (audience.account_id if audience else None)


def _run(sim: Simulation, route: Route, exchange: Exchange, groups: dict[str, str]) -> Answer:
    if route.locks:
        return route.view(exchange, **groups)
    with sim.lock:
        return route.view(exchange, **groups)


def _befall_before(sim: Simulation, exchange: Exchange, request: Request) -> None:
    """Carry out the orders for the moment before the call takes effect. Raises GraphError or Cut."""
    fault = exchange.fault
    delay = sim.world.settings.latency_s + (fault.latency_s if fault else 0.0)
    if fault is not None and fault.fault == "slow" and not fault.latency_s:
        delay += SLOW_S
    if delay:
        sim.stopping.wait(delay)
    if fault is None:
        return
    exchange.record.fault = fault.fault
    if fault.fault == "never_answer" and not fault.commit:
        wait_for_hang_up(request.environ["simulator.handler"], sim.stopping)
        raise Cut
    if fault.fault == "cut_before":
        raise Cut
    if not fault.commit:
        _raise_ordered(sim, exchange, fault)


def _befall_after(sim: Simulation, exchange: Exchange, request: Request) -> None:
    """Carry out the orders for the moment after the call took effect. Raises GraphError or Cut."""
    fault = exchange.fault
    if fault is None:
        return
    if fault.fault == "never_answer":
        wait_for_hang_up(request.environ["simulator.handler"], sim.stopping)
        raise Cut
    if fault.fault == "cut_after_commit":
        raise Cut
    if fault.commit:
        _raise_ordered(sim, exchange, fault)


def _raise_ordered(sim: Simulation, exchange: Exchange, fault: Fault) -> None:
    record = exchange.record
    account, thing = record.account_id or "", record.audience_id or record.account_id or "me"
    error = ordered_error(fault, account, thing, sim.world.app.id, sim.now())
    if error is not None:
        raise error


def _spoil(fault: Fault | None, response: Response, request: Request) -> Response:
    if fault is None:
        return response
    request.environ["simulator.pace"] = spoiled.pace(fault)
    return spoiled.replacement(fault) or response


def shown_call(call: Call) -> dict[str, Any]:
    """A call for the register: what was asked, never with what token."""
    return {name: value for name, value in vars(call).items() if value is not None}
