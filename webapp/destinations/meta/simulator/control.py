"""`/_sim/`: look inside, reset, order faults, move the clock. No token, no secret in any answer."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import orjson
from flask import Blueprint, Response, request

from . import audience_view, audiences, settings, signed_request
from .faults import Orders, names, read_fault
from .graph import shown_call
from .seed import fresh_again
from .settings import LATEST_VERSION
from .state import Audience, Simulation

PIECE_ROWS = 20_000


def blueprint(sim: Simulation, orders: Orders) -> Blueprint:
    """The control routes of one simulation."""
    control = Blueprint("control", __name__, url_prefix="/_sim")

    @control.errorhandler(ValueError)
    def refused(error: ValueError) -> Response:
        return _json({"errore": str(error)}, 400)

    @control.get("/received")
    def received() -> Response:
        """The rows an audience (or all of them) holds, or those it was asked to take out."""
        which = request.args.get("insieme", "presenti")
        if which not in ("presenti", "rimossi"):
            raise ValueError("insieme può essere presenti o rimossi")
        with sim.lock:
            copied = _rows(_chosen(sim, request.args.get("audience")), which)
        if request.args.get("formato") == "testo":
            return Response(_lines(copied), content_type="text/plain; charset=utf-8")
        return _json(
            {
                "audiences": {
                    audience_id: {name: [row.split("\t") for row in rows] for name, rows in schemas.items()}
                    for audience_id, schemas in copied.items()
                }
            }
        )

    @control.get("/audiences")
    def shown_audiences() -> Response:
        with sim.lock:
            shown = [_summary(sim, audience) for audience in sim.world.audiences.values()]
        return _json({"audiences": shown})

    @control.get("/calls")
    def calls() -> Response:
        return _json({"calls": [shown_call(call) for call in list(sim.calls)]})

    @control.post("/reset")
    def reset() -> Response:
        """Back to the seed and the real clock; `{"audiences": false}` leaves the seeded audiences out."""
        body = _body()
        with sim.lock:
            sim.world = fresh_again(sim.world, sim.starting_settings)
            if body.get("audiences") is False:
                sim.world.audiences.clear()
            sim.calls.clear()
            sim.account_calls.clear()
            orders.active.clear()
        sim.changed.set()
        return _json({"ok": True})

    @control.get("/faults")
    def ordered() -> Response:
        return _json({"faults": orders.shown(), "conosciuti": names()})

    @control.post("/faults")
    def order() -> Response:
        """One order or a list of them; `{"clear": true}` takes all back."""
        body = request.get_json(force=True)
        with sim.lock:
            if isinstance(body, dict) and body.get("clear"):
                orders.active.clear()
            else:
                orders.active.extend(
                    [read_fault(one) for one in (body if isinstance(body, list) else [body])]
                )
        return _json({"faults": orders.shown()})

    @control.get("/settings")
    def shown_settings() -> Response:
        return _json(asdict(sim.world.settings))

    @control.post("/settings")
    def change_settings() -> Response:
        with sim.lock:
            sim.world.settings = settings.changed(sim.world.settings, _body())
        sim.changed.set()
        return _json(asdict(sim.world.settings))

    @control.post("/clock")
    def clock() -> Response:
        """`{"advance_s": n}` moves the clock on, `{"offset_s": n}` sets it n seconds from the real one."""
        body = _body()
        with sim.lock:
            if "offset_s" in body:
                sim.world.clock_offset_s = _number(body, "offset_s")
            sim.world.clock_offset_s += _number(body, "advance_s")
        sim.changed.set()
        return _json({"now": sim.now(), "offset_s": sim.world.clock_offset_s})

    @control.post("/token")
    def tokens() -> Response:
        """Changes every token there is: `invalid` (a subcode of 190, null = valid again), `scopes`."""
        body = _body()
        with sim.lock:
            for token in sim.world.tokens.values():
                if "invalid" in body:
                    token.invalid = None if body["invalid"] is None else int(body["invalid"])
                if "scopes" in body:
                    token.scopes = [str(scope) for scope in body["scopes"]]
        sim.changed.set()
        return _json({"tokens": len(sim.world.tokens)})

    @control.post("/account")
    def account() -> Response:
        """Changes one account: `tos_accepted`, `assigned`, `status`, `disable_reason`, `name`."""
        body = _body()
        with sim.lock:
            found = sim.world.accounts.get(str(body.get("account", "")))
            if found is None:
                raise ValueError("account sconosciuto")
            if "tos_accepted" in body:
                found.tos_accepted = {"custom_audience_tos": 1} if body["tos_accepted"] else {}
            if "assigned" in body:
                found.person_ids = [sim.world.default_person_id] if body["assigned"] else []
            found.status = int(body.get("status", found.status))
            found.disable_reason = int(body.get("disable_reason", found.disable_reason))
            found.name = str(body.get("name", found.name))
        sim.changed.set()
        return _json({"ok": True})

    @control.post("/audience")
    def audience() -> Response:
        """Changes one audience: `flagged_fields`, `status` (null = by itself), `size`, `deleted`."""
        body = _body()
        with sim.lock:
            (found,) = _chosen(sim, str(body.get("audience", "")))
            found.flagged_fields = [str(name) for name in body.get("flagged_fields", found.flagged_fields)]
            found.forced_status = body.get("status", found.forced_status)
            found.starting_size = int(body.get("size", found.starting_size))
            found.is_deleted = bool(body.get("deleted", found.is_deleted))
        sim.changed.set()
        return _json({"ok": True})

    @control.post("/signed_request")
    def send_signed_request() -> Response:
        """Calls back as Meta does when a person removes the app or asks for erasure: `to`, `user_id`."""
        body = _body()
        return _json(signed_request.send(sim, str(body.get("to", "")), body.get("user_id")))

    return control


def _chosen(sim: Simulation, audience_id: str | None) -> list[Audience]:
    if audience_id is None:
        return list(sim.world.audiences.values())
    if audience_id not in sim.world.audiences:
        raise ValueError("pubblico sconosciuto")
    return [sim.world.audiences[audience_id]]


def _rows(chosen: list[Audience], which: str) -> dict[str, dict[str, list[str]]]:
    return {
        audience.id: {
            name: list(rows)
            for name, rows in (audience.members if which == "presenti" else audience.removed).items()
        }
        for audience in chosen
    }


def _lines(copied: dict[str, dict[str, list[str]]]) -> Iterator[str]:
    """One row per line, in pieces: a million rows never stand in memory as one text."""
    for schemas in copied.values():
        for rows in schemas.values():
            for start in range(0, len(rows), PIECE_ROWS):
                yield "\n".join(rows[start : start + PIECE_ROWS]) + "\n"


def _summary(sim: Simulation, audience: Audience) -> dict[str, Any]:
    node = audience_view.node(sim, audience, LATEST_VERSION)
    return {
        **{key: value for key, value in node.items() if value is not None},
        "deleted": audience.is_deleted,
        "rows": {name: len(rows) for name, rows in audience.members.items()},
        "removed_rows": {name: len(rows) for name, rows in audience.removed.items()},
        "sessions": [asdict(session) for session in sim.world.sessions if session.audience_id == audience.id],
        "all_audiences_of_account": len(audiences.of_account(sim, audience.account_id)),
    }


def _body() -> dict[str, Any]:
    body = request.get_json(force=True, silent=True) if request.get_data() else {}
    if not isinstance(body, dict):
        raise ValueError("serve un oggetto JSON")
    return body


def _number(body: dict[str, Any], name: str) -> float:
    value = body.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} deve essere un numero di secondi")
    return float(value)


def _json(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, content_type="application/json")
