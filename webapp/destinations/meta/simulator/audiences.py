"""Listing, creating, reading, changing, deleting audiences. Source: Meta sheet §3."""

from typing import Any

from . import audience_view, filtering
from .accounts import require_terms
from .fields import select
from .graph_errors import GraphError, invalid_parameter, unknown_field
from .paging import paged
from .sign_in import auth
from .sign_in.exchange import Answer, Exchange
from .state import Audience, Simulation
from .usage import count_call

MOST_CUSTOMER_FILES = 500
MATCH_RATE = "match_rate_insights"  # the name is a guess: nobody has printed it
SOURCES = ("USER_PROVIDED_ONLY", "PARTNER_PROVIDED_ONLY", "BOTH_USER_AND_PARTNER_PROVIDED")
# Ids look like Meta's: 17 digits that grow with time, an ending per account.
FIRST_ID, ID_STEP = 23_861_600_000_000_582, 2_970_000
EDITABLE = (
    "description",
    "customer_file_source",
    "retention_days",
    "opt_out_link",
    "audience_labels",
    "rule",
)
FLAGGED_EDIT = (
    "This custom audience has integrity restrictions. To continue, you must update the restricted fields and"
    " the rule in your current edit"
)


def of_account(sim: Simulation, account_id: str) -> list[Audience]:
    """Every audience the account ever had, newest first; deleted ones keep their place."""
    mine = [audience for audience in sim.world.audiences.values() if audience.account_id == account_id]
    return sorted(mine, key=lambda audience: audience.number, reverse=True)


def list_audiences(exchange: Exchange, account_id: str) -> Answer:
    exchange.account(account_id)
    auth.require_reading(exchange.token())
    sim, call = exchange.sim, exchange.call
    count_call(sim, account_id)
    filters = filtering.read_filters(call.structure("filtering"))
    asked = call.text("fields")
    return paged(
        of_account(sim, account_id),
        exchange.page(),
        key=lambda audience: f"audience/{audience.id}",
        show=lambda audience: _shown(exchange, audience, asked),
        is_shown=lambda audience: (
            not audience.is_deleted
            and filtering.passes(audience_view.node(sim, audience, call.version) if filters else {}, filters)
        ),
    )


def _shown(exchange: Exchange, audience: Audience, asked: str) -> Answer:
    node = audience_view.node(exchange.sim, audience, exchange.call.version)
    return select(node, asked, "CustomAudience")


def create(exchange: Exchange, account_id: str) -> Answer:
    account = exchange.account(account_id)
    auth.require_writing(exchange.token())
    count_call(exchange.sim, account_id)
    require_terms(account)
    _require_room(exchange.sim, account_id)
    params = exchange.call.params
    if not params.get("name"):
        raise invalid_parameter("Missing parameter(s): name")
    subtype = exchange.call.text("subtype", "CUSTOM")
    if subtype == "CUSTOM":
        _check_source(params.get("customer_file_source"))
    audience = _new_audience(exchange, account_id, subtype)
    exchange.sim.world.audiences[audience.id] = audience
    exchange.record.audience_id = audience.id
    exchange.changed()
    return {"id": audience.id}


def _new_audience(exchange: Exchange, account_id: str, subtype: str) -> Audience:
    sim, params = exchange.sim, exchange.call.params
    number = max((audience.number for audience in sim.world.audiences.values()), default=0) + 1
    return Audience(
        str(FIRST_ID + number * ID_STEP),
        number,
        account_id,
        str(params["name"]),
        int(sim.now()),
        fields=_edited(exchange),
        subtype=subtype,
        is_value_based=str(params.get("is_value_based", "")).lower() in ("true", "1"),
        origin_id=params.get("origin_audience_id"),
        starting_size=0,
    )


def _require_room(sim: Simulation, account_id: str) -> None:
    """The 501st audience: the error is the sheet's best guess (§3.3)."""
    held = [item for item in of_account(sim, account_id) if not item.is_deleted and item.subtype == "CUSTOM"]
    if len(held) >= MOST_CUSTOMER_FILES:
        raise GraphError("(#2654) Failed to create custom audience", 2654)


def _check_source(source: Any) -> None:
    if not source:
        raise invalid_parameter("Missing parameter(s): customer_file_source")
    if source not in SOURCES:
        raise invalid_parameter(f"Param customer_file_source must be one of {{{', '.join(SOURCES)}}}")


def _edited(exchange: Exchange) -> dict[str, Any]:
    call = exchange.call
    fields = {name: call.params[name] for name in EDITABLE if name in call.params}
    if "audience_labels" in fields:
        fields["audience_labels"] = call.structure("audience_labels")
    if "retention_days" in fields:
        days = str(fields["retention_days"])
        if not days.isdigit() or int(days) > 180:
            raise invalid_parameter("Param retention_days must be between 0 and 180")
        fields["retention_days"] = int(days)
    return fields


def read(exchange: Exchange, audience_id: str) -> Answer:
    audience = exchange.audience(audience_id)
    auth.require_reading(exchange.token())
    count_call(exchange.sim, audience.account_id)
    return _shown(exchange, audience, exchange.call.text("fields"))


def match_rate(exchange: Exchange, audience_id: str) -> Answer:
    """`CustomAudienceMatchRateInsights` of the newest SDK, whose edge is unconfirmed (Meta sheet §4.7)."""
    audience = exchange.audience(audience_id)
    auth.require_reading(exchange.token())
    count_call(exchange.sim, audience.account_id)
    settings = exchange.sim.world.settings
    if not settings.has_match_rate:
        raise unknown_field(MATCH_RATE, "CustomAudience")
    node = {"match_rate_score": f"{round(settings.match_rate * 10)}/10", "is_eligible": True}
    return {"data": [select(node, exchange.call.text("fields"), "CustomAudienceMatchRateInsights", ())]}


def update(exchange: Exchange, audience_id: str) -> Answer:
    """A flagged audience takes only an edit that touches every flagged field (100/1713231)."""
    audience = exchange.audience(audience_id)
    auth.require_writing(exchange.token())
    count_call(exchange.sim, audience.account_id)
    params = exchange.call.params
    if any(name not in params for name in audience.flagged_fields):
        title = "Update Restricted Fields and Rule"
        raise GraphError("Invalid parameter", 100, 1713231, title=title, user_message=FLAGGED_EDIT)
    audience.name = str(params.get("name") or audience.name)
    audience.fields.update(_edited(exchange))
    audience.flagged_fields = []
    audience.updated_at = int(exchange.sim.now())
    exchange.changed()
    return {"success": True}


def delete(exchange: Exchange, audience_id: str) -> Answer:
    """Refused (2656) while lookalikes depend on it."""
    sim = exchange.sim
    audience = exchange.audience(audience_id)
    auth.require_writing(exchange.token())
    count_call(sim, audience.account_id)
    if audience_view.node(sim, audience, exchange.call.version)["lookalike_audience_ids"]:
        raise GraphError("(#2656) Failed to delete custom audience: lookalikes depend on it", 2656)
    audience.is_deleted = True
    audience.members.clear()
    audience.removed.clear()
    audience.replace = None
    exchange.changed()
    return {"success": True}
