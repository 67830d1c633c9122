"""Upload sessions: their parameters, their 90 minutes, the /sessions edge. Source: Meta sheet §4.3, §4.6."""

import hashlib
from dataclasses import dataclass
from typing import Any

from .graph_errors import invalid_parameter
from .rows import Payload
from .state import Audience, Simulation, UploadSession

WINDOW_S = 90 * 60
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True)
class SessionParams:
    """The session as its caller describes it. *batch_seq* may be missing, as in Meta's own uploader."""

    session_id: str
    batch_seq: int | None
    is_last: bool


def read_session(value: Any) -> SessionParams | None:
    """None when the call has no session. Raises GraphError 100 when it cannot be one."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise invalid_parameter("Param session must be an object")
    session_id, batch_seq = _integer(value.get("session_id")), _integer(value.get("batch_seq"))
    if session_id is None or not 0 < session_id <= LARGEST_ID:
        raise invalid_parameter("Param session[session_id] must be a positive 64-bit integer")
    if value.get("batch_seq") is not None and (batch_seq is None or batch_seq < 1):
        raise invalid_parameter("Param session[batch_seq] must be an integer of at least 1")
    return SessionParams(str(session_id), batch_seq, value.get("last_batch_flag") in (True, "true", 1, "1"))


def _integer(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    return int(value) if isinstance(value, int) or (isinstance(value, str) and value.isdigit()) else None


def automatic_id(account_id: str, operation: str, payload: Payload) -> str:
    """Meta's own id: equal for equal schema and operation of an account, as recorded."""
    text = f"{account_id}/{operation}/{payload.is_multi_key}/{payload.name}"
    return str(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 1)


def open_session(
    sim: Simulation, audience: Audience, operation: str, payload: Payload, params: SessionParams | None
) -> UploadSession:
    """The session this batch belongs to, started if it is the first.

    Raises GraphError 100 when the id belongs to another audience or operation of the account, or the
    schema changed on the way.
    """
    session_id = params.session_id if params else automatic_id(audience.account_id, operation, payload)
    key = session_key(audience, session_id, is_automatic=params is None)
    session = sim.world.sessions.get(key)
    if session is None:
        session = UploadSession(
            session_id, audience.id, operation, payload.name, sim.now(), is_automatic=params is None
        )
        sim.world.sessions[key] = session
    if (session.audience_id, session.operation) != (audience.id, operation):
        raise invalid_parameter("Param session[session_id] is already in use in this ad account")
    if session.schema != payload.name:
        raise invalid_parameter("The schema must stay the same inside one session")
    return session


def session_key(audience: Audience, session_id: str, is_automatic: bool = False) -> str:
    """A caller's id is unique in the ad account; Meta's own ids repeat, so those are of the audience."""
    if is_automatic:
        return f"{audience.account_id}/{audience.id}/{session_id}"
    return f"{audience.account_id}/{session_id}"


def is_over(session: UploadSession, now: float) -> bool:
    """Closed by its last batch, or 90 minutes after its *first* one."""
    if session.is_automatic:
        return False
    return session.ended_at is not None or now > session.started_at + WINDOW_S


def shown(session: UploadSession, matched: int, now: float) -> dict[str, str]:
    """One entry of the /sessions edge: every value is a string, recorded in java-business-sdk issue 492."""
    is_finished = session.ended_at is not None
    return {
        "session_id": session.session_id,
        "start_time": str(int(session.started_at)),
        "end_time": str(int(session.ended_at)) if session.ended_at is not None else "0",
        "num_received": str(session.received),
        "num_matched": str(matched) if is_finished else "-1",
        "num_invalid_entries": str(session.invalid),
        "progress": "100" if is_finished else "0",
        "stage": "finished" if is_finished else "expired" if is_over(session, now) else "uploading",
    }
