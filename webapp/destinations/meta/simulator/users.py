"""Adding, removing and replacing an audience's users. Source: Meta sheet §4.

Rows are judged before the lock is taken: that is where the time goes.
"""

from typing import Any

from . import audience_view, members, replace, rows, sessions
from .accounts import require_terms
from .control.fault_catalogue import fixed_error
from .graph_call import version_number
from .graph_errors import GraphError, invalid_parameter
from .paging import paged
from .rows import Checked, Payload
from .sign_in import auth
from .sign_in.exchange import Answer, Exchange
from .state import Audience, UploadSession
from .usage import count_call

# Removing from a small audience was refused up to v10 and passed from v11 on, as recorded; later
# versions refuse when `removal_floor` is set. Source: Meta sheet §4.7.
LAST_WITH_FLOOR, OLD_FLOOR = 10.0, 100


def add(exchange: Exchange, audience_id: str) -> Answer:
    return _edit(exchange, audience_id, "add")


def remove(exchange: Exchange, audience_id: str) -> Answer:
    return _edit(exchange, audience_id, "remove")


def _edit(exchange: Exchange, audience_id: str, operation: str) -> Answer:
    with exchange.sim.lock:
        audience = _writable(exchange, audience_id)
    payload = rows.read_payload(exchange.call.structure("payload"))
    checked = _checked(exchange, payload)
    with exchange.sim.lock:
        _check_state(exchange, audience, payload, operation)
        params = sessions.read_session(exchange.call.structure("session"))
        session = sessions.open_session(exchange.sim, audience, operation, payload, params)
        now = exchange.sim.now()
        if sessions.is_over(session, now):
            # Batches of a session that is over are thrown away, and nobody says so.
            session.thrown_away += len(payload.rows)
        else:
            _apply(exchange, audience, payload, checked, operation)
            audience.content_updated_at = now
        return _answer(exchange, audience, session, payload, checked, is_last=bool(params and params.is_last))


def _apply(
    exchange: Exchange, audience: Audience, payload: Payload, checked: Checked, operation: str
) -> None:
    audience.data_source = _source(payload)
    if operation == "add":
        members.add(audience.members, payload.name, checked.kept)
    else:
        members.remove(audience, payload.name, checked.kept, exchange.sim.world.owners)


def replace_users(exchange: Exchange, audience_id: str) -> Answer:
    """One batch of usersreplace. A session is required: batch_seq 1 starts the job."""
    sim = exchange.sim
    with sim.lock:
        audience = _writable(exchange, audience_id)
    payload = rows.read_payload(exchange.call.structure("payload"))
    params = sessions.read_session(exchange.call.structure("session"))
    if params is None or params.batch_seq is None:
        raise invalid_parameter("Missing parameter(s): session[batch_seq]")
    checked = _checked(exchange, payload)
    with sim.lock:
        _check_source(audience, payload)
        _check_values(audience, payload, is_replace=True)
        status = audience_view.operation_status(sim, audience)
        running = replace.admit(sim, audience, params, status)
        session = sessions.open_session(sim, audience, "replace", payload, params)
        replace.put_aside(running, payload.name, checked.kept)
        audience.data_source = _source(payload)
        if params.is_last:
            replace.finish(sim, audience, running)
            audience.content_updated_at = sim.now()
        answer = _answer(exchange, audience, session, payload, checked, params.is_last)
        # The page names account_id where /users says audience_id. Source: Meta sheet §4.4.
        return {"account_id": audience.account_id, **{k: v for k, v in answer.items() if k != "audience_id"}}


def remove_everywhere(exchange: Exchange, account_id: str) -> Answer:
    """Take people out of every customer-file audience of the account."""
    with exchange.sim.lock:
        account = exchange.account(account_id)
        auth.require_writing(exchange.token())
        count_call(exchange.sim, account_id)
        require_terms(account)
    payload = rows.read_payload(exchange.call.structure("payload"))
    checked = _checked(exchange, payload)
    with exchange.sim.lock:
        for audience in exchange.sim.world.audiences.values():
            if audience.account_id == account_id and audience.subtype == "CUSTOM":
                members.remove(audience, payload.name, checked.kept, exchange.sim.world.owners)
    exchange.changed()
    session_id = sessions.automatic_id(account_id, "remove", payload)
    return {"account_id": account_id, "session_id": session_id, **_figures(exchange, payload, checked)}


def list_sessions(exchange: Exchange, audience_id: str) -> Answer:
    with exchange.sim.lock:
        audience = exchange.audience(audience_id)
        auth.require_reading(exchange.token())
        count_call(exchange.sim, audience.account_id)
        wanted = exchange.call.text("session_id")
        found = [
            session
            for session in reversed(exchange.sim.world.sessions.values())
            if session.audience_id == audience.id and wanted in ("", session.session_id)
        ]
        settings, now = exchange.sim.world.settings, exchange.sim.now()
        return paged(
            found,
            exchange.page(),
            key=lambda session: f"session/{session.session_id}",
            show=lambda session: sessions.shown(session, round(session.received * settings.match_rate), now),
        )


def _writable(exchange: Exchange, audience_id: str) -> Audience:
    audience = exchange.audience(audience_id)
    auth.require_writing(exchange.token())
    count_call(exchange.sim, audience.account_id)
    require_terms(exchange.sim.world.accounts[audience.account_id])
    if audience.flagged_fields:
        raise fixed_error("100/1713230")
    if audience.subtype != "CUSTOM":
        raise fixed_error("2650")
    return audience


def _checked(exchange: Exchange, payload: Payload) -> Checked:
    exchange.record.rows = len(payload.rows)
    fault = exchange.fault
    if fault is not None and fault.fault == "invalid_rows":
        return rows.reject_first(payload, fault.rows, fault.reason or rows.BAD_HASH)
    return rows.check(payload)


def _check_state(exchange: Exchange, audience: Audience, payload: Payload, operation: str) -> None:
    sim = exchange.sim
    if audience_view.operation_status(sim, audience) in (replace.UPDATING, replace.REPLACING):
        raise replace.refusal(1870145)
    _check_source(audience, payload)
    if operation == "add":
        _check_values(audience, payload, is_replace=False)
    is_old = version_number(exchange.call.version) <= LAST_WITH_FLOOR
    floor = OLD_FLOOR if is_old else sim.world.settings.removal_floor
    if operation == "remove" and members.count(audience, sim.world.owners) < floor:
        raise fixed_error("200/1870047")


def _check_values(audience: Audience, payload: Payload, is_replace: bool) -> None:
    """Whether an audience is value-based is fixed at its creation. Source: Meta sheet §4.2, §4.5."""
    has_values = "LOOKALIKE_VALUE" in payload.schema
    if audience.is_value_based and not has_values:
        raise invalid_parameter("Value-Based Custom Audience requires LOOKALIKE_VALUE attribute.")
    if is_replace and has_values and not audience.is_value_based:
        raise fixed_error("2650")


def _source(payload: Payload) -> str:
    return "MULTI_HASHES" if payload.is_multi_key else "HASHES_OR_USER_IDS"


def _check_source(audience: Audience, payload: Payload) -> None:
    """The first upload decides; text recorded in facebook-python-business-sdk issue 433."""
    if audience.data_source not in (None, _source(payload)):
        raise GraphError(
            f"This audience was created from data source FILE_IMPORTED.{audience.data_source}, which does not"
            f" support data source FILE_IMPORTED.{_source(payload)}.",
            2650,
        )


def _answer(
    exchange: Exchange,
    audience: Audience,
    session: UploadSession,
    payload: Payload,
    checked: Checked,
    is_last: bool,
) -> Answer:
    """With a session of the caller's, num_received counts the whole session so far (Meta sheet §4.4)."""
    session.received += len(payload.rows)
    session.invalid += checked.invalid_count
    if is_last and session.ended_at is None:
        session.ended_at = exchange.sim.now()
    exchange.changed()
    figures = _figures(exchange, payload, checked)
    if not session.is_automatic:
        figures["num_received"] = session.received
        figures["num_invalid_entries"] = session.invalid
    return {"audience_id": audience.id, "session_id": session.session_id, **figures}


def _figures(exchange: Exchange, payload: Payload, checked: Checked) -> dict[str, Any]:
    samples: Any = checked.samples
    if not samples and exchange.sim.world.settings.samples_as_list:
        samples = []
    return {
        "num_received": len(payload.rows),
        "num_invalid_entries": checked.invalid_count,
        "invalid_entry_samples": samples,
    }
