"""`/_sim/` to look inside: what was received, which audiences there are, which calls came."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, request

from .. import audience_view
from ..graph import shown_call
from ..settings import LATEST_VERSION
from ..state import Audience, Simulation
from . import routes

PIECE_ROWS = 20_000
# Which set of rows, in the words of the README: held now, or asked to be taken out.
SETS = {"presenti": "members", "rimossi": "removed"}
Copied = dict[str, dict[str, list[str]]]  # audience id → schema → rows

blueprint = Blueprint("look", __name__, url_prefix="/_sim")
blueprint.register_error_handler(ValueError, routes.refused)


@blueprint.get("/received")
def received() -> Response:
    """The rows an audience (or every one) holds, or was asked to take out; JSON or one a line."""
    which = SETS.get(request.args.get("insieme", "presenti"))
    if which is None:
        raise ValueError("insieme può essere presenti o rimossi")
    sim = routes.simulation()
    with sim.lock:
        copied = _rows(routes.chosen(sim, request.args.get("audience")), which)
    if request.args.get("formato") == "testo":
        return Response(_lines(copied), content_type="text/plain; charset=utf-8")
    return routes.answer(
        {
            "audiences": {
                audience_id: {schema: [row.split("\t") for row in rows] for schema, rows in schemas.items()}
                for audience_id, schemas in copied.items()
            }
        }
    )


def _rows(audiences: list[Audience], which: str) -> Copied:
    return {
        audience.id: {schema: list(rows) for schema, rows in getattr(audience, which).items()}
        for audience in audiences
    }


def _lines(copied: Copied) -> Iterator[str]:
    """One row a line, in pieces: a million rows never stand in memory as one text."""
    for schemas in copied.values():
        for rows in schemas.values():
            for start in range(0, len(rows), PIECE_ROWS):
                yield "\n".join(rows[start : start + PIECE_ROWS]) + "\n"


@blueprint.get("/audiences")
def audiences() -> Response:
    sim = routes.simulation()
    with sim.lock:
        shown = [_summary(sim, audience) for audience in sim.world.audiences.values()]
    return routes.answer({"audiences": shown})


def _summary(sim: Simulation, audience: Audience) -> dict[str, Any]:
    node = audience_view.node(sim, audience, LATEST_VERSION)
    sessions = [
        asdict(session) for session in sim.world.sessions.values() if session.audience_id == audience.id
    ]
    return {
        **{key: value for key, value in node.items() if value is not None},
        "deleted": audience.is_deleted,
        "rows": {schema: len(rows) for schema, rows in audience.members.items()},
        "removed_rows": {schema: len(rows) for schema, rows in audience.removed.items()},
        "sessions": sessions,
    }


@blueprint.get("/calls")
def calls() -> Response:
    return routes.answer({"calls": [shown_call(call) for call in list(routes.simulation().calls)]})
