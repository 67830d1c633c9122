"""Shared by the control routes under `/_sim/`: the simulation they act on, JSON in and out.

No token and no secret in any answer.
"""

from typing import Any

import orjson
from flask import Response, current_app, request

from ..state import Audience, Simulation
from .faults import Orders

EXTENSION = "simulator"


def simulation() -> Simulation:
    running: Simulation = current_app.extensions[EXTENSION][0]
    return running


def orders() -> Orders:
    given: Orders = current_app.extensions[EXTENSION][1]
    return given


def chosen(sim: Simulation, audience_id: str | None) -> list[Audience]:
    """The audience of that id, all for None. Raises ValueError for an id nobody knows."""
    if audience_id is None:
        return list(sim.world.audiences.values())
    if audience_id not in sim.world.audiences:
        raise ValueError("pubblico sconosciuto")
    return [sim.world.audiences[audience_id]]


def body() -> dict[str, Any]:
    """The JSON object sent, {} when there was none. Raises ValueError for anything else."""
    sent = request.get_json(force=True, silent=True) if request.get_data() else {}
    if not isinstance(sent, dict):
        raise ValueError("serve un oggetto JSON")
    return sent


def answer(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, content_type="application/json")


def refused(error: ValueError) -> Response:
    """The answer to an order that makes no sense: a 400 with the Italian reason."""
    return answer({"errore": str(error)}, 400)
