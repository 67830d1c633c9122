"""The usersreplace state machine. Source: Meta sheet §4.5; every refusal is 2650 with a subcode."""

from . import sessions
from .graph_errors import GraphError
from .sessions import SessionParams
from .state import Audience, Replace, Row, SchemaName, Simulation

TOO_LARGE = 100_000_000
REFUSALS = {
    1870144: ("Audience Too Large", "This audience has 100 million users or more and cannot be replaced."),
    1870145: ("Update In Progress", "Another update of this audience is in progress. Try again later."),
    1870147: ("Invalid Upload Batch for Replace", "The batch with batch_seq 1 has not been received yet."),
    1870148: ("Replace Failed", "Something went wrong. The users may have been replaced only in part."),
    1870158: ("Session Timed Out", "The replace session timed out. Start again with a new session."),
    1870159: ("Session Already Finished", "This replace session has already received its last batch."),
}
# Codes of operation_status in which the contents may not be touched. Source: Meta sheet §3.1.
UPDATING, REPLACING = 300, 414


def refusal(subcode: int) -> GraphError:
    title, text = REFUSALS[subcode]
    return GraphError(
        "Failed to update the custom audience",
        2650,
        subcode,
        is_transient=False,
        title=title,
        user_message=text,
    )


def admit(sim: Simulation, audience: Audience, params: SessionParams, status: int) -> Replace:
    """The replace this batch belongs to; batch_seq 1 starts it. *status* is operation_status now.

    Raises GraphError 2650: 1870144, 1870145, 1870147, 1870158 or 1870159.
    """
    running = audience.replace
    if running and running.session_id == params.session_id:
        return _going_on(sim, running, params)
    if _is_finished_session(sim, audience, params.session_id):
        raise refusal(1870159)
    if running and not _is_timed_out(sim, running):
        raise refusal(1870145)
    if audience.size() >= TOO_LARGE:
        raise refusal(1870144)
    # 410 = nothing uploaded yet: the first upload of an audience may be a replace.
    if running is None and status not in (200, 410, 411, 412, 415):
        raise refusal(1870145)
    if params.batch_seq != 1:
        raise refusal(1870147)
    audience.replace = Replace(params.session_id, sim.now())
    return audience.replace


def _going_on(sim: Simulation, running: Replace, params: SessionParams) -> Replace:
    if running.finished_at is not None:
        raise refusal(1870159)
    if _is_timed_out(sim, running):
        raise refusal(1870158)
    if params.batch_seq == 1:
        # Batch 1 starts the job, exactly once; a repeated one finds its own job in the way.
        raise refusal(1870145)
    return running


def _is_timed_out(sim: Simulation, running: Replace) -> bool:
    return running.finished_at is None and sim.now() > running.started_at + sessions.WINDOW_S


def _is_finished_session(sim: Simulation, audience: Audience, session_id: str) -> bool:
    session = sim.world.sessions.get(sessions.session_key(audience, session_id))
    return session is not None and session.operation == "replace" and session.ended_at is not None


def put_aside(running: Replace, schema: SchemaName, rows: set[Row]) -> None:
    running.rows.setdefault(schema, set()).update(rows)


def finish(sim: Simulation, audience: Audience, running: Replace) -> None:
    """The last batch came: what was put aside becomes the audience."""
    running.finished_at = sim.now()
    audience.members = running.rows
    audience.starting_size = 0
    running.rows = {}


def settle(audience: Audience, now: float, processing_s: float) -> None:
    """Forget a replace once Meta has worked it off, or once its window closed without an end."""
    running = audience.replace
    if running is None:
        return
    if running.finished_at is not None and now >= running.finished_at + processing_s:
        audience.replace = None


def blocks_edits(audience: Audience, now: float) -> bool:
    """While a replace runs, /users is refused. A replace whose window closed blocks no more."""
    running = audience.replace
    if running is None:
        return False
    return running.finished_at is not None or now <= running.started_at + sessions.WINDOW_S
