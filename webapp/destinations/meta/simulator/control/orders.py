"""`/_sim/` to intervene: reset, faults, settings, the clock, the state of tokens, accounts, audiences."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, request

from .. import settings
from ..sign_in import signed_request
from . import routes
from .faults import names, read_fault
from .seed import fresh_again

blueprint = Blueprint("orders", __name__, url_prefix="/_sim")
blueprint.register_error_handler(ValueError, routes.refused)


@blueprint.post("/reset")
def reset() -> Response:
    """Back to the seed and the real clock; `{"audiences": false}` leaves the seeded audiences out."""
    body, sim = routes.body(), routes.simulation()
    with sim.lock:
        sim.world = fresh_again(sim.world, sim.starting_settings)
        if body.get("audiences") is False:
            sim.world.audiences.clear()
        sim.calls.clear()
        sim.account_calls.clear()
        routes.orders().active.clear()
    sim.changed.set()
    return routes.answer({"ok": True})


@blueprint.get("/faults")
def ordered() -> Response:
    return routes.answer({"faults": routes.orders().shown(), "conosciuti": names()})


@blueprint.post("/faults")
def order() -> Response:
    """One order or a list of them; `{"clear": true}` takes all back."""
    sent = request.get_json(force=True, silent=True)
    wanted = sent if isinstance(sent, list) else [sent]
    with routes.simulation().lock:
        if wanted == [{"clear": True}]:
            routes.orders().active.clear()
        else:
            routes.orders().active.extend([read_fault(one) for one in wanted])
    return routes.answer({"faults": routes.orders().shown()})


@blueprint.get("/settings")
def shown_settings() -> Response:
    return routes.answer(asdict(routes.simulation().world.settings))


@blueprint.post("/settings")
def change_settings() -> Response:
    body, sim = routes.body(), routes.simulation()
    with sim.lock:
        sim.world.settings = settings.changed(sim.world.settings, body)
    sim.changed.set()
    return shown_settings()


@blueprint.post("/clock")
def clock() -> Response:
    """`{"advance_s": n}` moves the clock on, `{"offset_s": n}` sets it n seconds from the real one."""
    body, sim = routes.body(), routes.simulation()
    with sim.lock:
        if "offset_s" in body:
            sim.world.clock_offset_s = _seconds(body, "offset_s")
        sim.world.clock_offset_s += _seconds(body, "advance_s")
    sim.changed.set()
    return routes.answer({"now": sim.now(), "offset_s": sim.world.clock_offset_s})


def _seconds(body: dict[str, Any], name: str) -> float:
    value = body.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} deve essere un numero di secondi")
    return float(value)


@blueprint.post("/token")
def tokens() -> Response:
    """Changes every token there is: `invalid` (a subcode of 190, null = valid again), `scopes`."""
    body, sim = routes.body(), routes.simulation()
    with sim.lock:
        for token in sim.world.tokens.values():
            if "invalid" in body:
                token.invalid = None if body["invalid"] is None else int(body["invalid"])
            if "scopes" in body:
                token.scopes = [str(scope) for scope in body["scopes"]]
    sim.changed.set()
    return routes.answer({"tokens": len(sim.world.tokens)})


@blueprint.post("/account")
def account() -> Response:
    """Changes one account: `tos_accepted`, `assigned`, `status`, `disable_reason`, `name`."""
    body, sim = routes.body(), routes.simulation()
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
    return routes.answer({"ok": True})


@blueprint.post("/people")
def people() -> Response:
    """`{"people": [["…", "…"], …]}`: digests as rows bring them; those of one list are of one person.

    They count once in an audience, and one of them takes out whoever is there by another; `[]` forgets it.
    """
    body, sim = routes.body(), routes.simulation()
    given = body.get("people")
    if not isinstance(given, list) or not all(isinstance(one, list) for one in given):
        raise ValueError("people è una lista di liste di dati: una per persona")
    with sim.lock:
        sim.world.owners = {
            str(datum): f"person {number}" for number, one in enumerate(given) for datum in one
        }
    sim.changed.set()
    return routes.answer({"people": len(given), "data": len(sim.world.owners)})


@blueprint.post("/audience")
def audience() -> Response:
    """Changes one audience: `flagged_fields`, `status` (null = by itself), `size`, `deleted`."""
    body, sim = routes.body(), routes.simulation()
    with sim.lock:
        (found,) = routes.chosen(sim, str(body.get("audience", "")))
        found.flagged_fields = [str(name) for name in body.get("flagged_fields", found.flagged_fields)]
        found.forced_status = body.get("status", found.forced_status)
        found.starting_size = int(body.get("size", found.starting_size))
        found.is_deleted = bool(body.get("deleted", found.is_deleted))
    sim.changed.set()
    return routes.answer({"ok": True})


@blueprint.post("/signed_request")
def send_signed_request() -> Response:
    """Calls back as Meta does when a person removes the app or asks for erasure: `to`, `user_id`."""
    body = routes.body()
    return routes.answer(
        signed_request.send(routes.simulation(), str(body.get("to", "")), body.get("user_id"))
    )
