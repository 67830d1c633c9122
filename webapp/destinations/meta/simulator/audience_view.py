"""An audience as Graph shows it: statuses, sizes, fields. Source: Meta sheet §3.1."""

from typing import Any

from . import members, replace
from .graph_call import version_number
from .replace import REPLACING, UPDATING
from .state import Audience, Simulation

NORMAL, NO_UPLOAD, REPLACE_FAILED, POPULATING, FLAGGED = 200, 410, 415, 441, 471
SMALLEST_DELIVERY = 100
FLOOR = 1_000
# Fields Graph no longer knows after that version. Source: Meta sheet §8.
LAST_WITH_APPROXIMATE_COUNT = 12.0

DESCRIPTIONS = {
    0: "Status not available",
    100: "This audience is expiring because it was not used for more than two years.",
    NORMAL: "Normal",
    UPDATING: "This audience is being updated.",
    NO_UPLOAD: "No file was uploaded yet.",
    411: "Low match rate.",
    412: "High invalid rate.",
    REPLACING: "The users of this audience are being replaced.",
    REPLACE_FAILED: "The replace of this audience's users failed.",
    POPULATING: "This audience is being populated.",
    FLAGGED: "The custom audience or lookalike is blocked because it suggests the use of information (e.g.,"
    " health, financial) not allowed under Meta's terms, and is restricted from running ads. Review the"
    " audience and remove prohibited information, or choose a different one.",
    500: "Error",
}


def operation_status(sim: Simulation, audience: Audience) -> int:
    """The code of operation_status at this moment of the simulator's clock."""
    now, processing_s = sim.now(), sim.world.settings.processing_s
    replace.settle(audience, now, processing_s)
    if audience.flagged_fields:
        return FLAGGED
    if audience.forced_status is not None:
        return audience.forced_status
    if audience.replace is not None:
        return REPLACING if replace.blocks_edits(audience, now) else REPLACE_FAILED
    if audience.subtype == "CUSTOM" and audience.data_source is None:
        return NO_UPLOAD
    return POPULATING if now < audience.content_updated_at + processing_s else NORMAL


def matched(sim: Simulation, audience: Audience) -> int:
    return round(members.count(audience, sim.world.owners) * sim.world.settings.match_rate)


def counts(sim: Simulation, audience: Audience) -> tuple[int, int]:
    """Lower and upper bound: −1 while unknown, 1000 as the floor, rounded later.

    Recorded: one second after 151 rows 1000, after one row −1.
    """
    is_settled = sim.now() >= audience.content_updated_at + sim.world.settings.processing_s
    rows = members.count(audience, sim.world.owners)
    if audience.data_source is None and audience.subtype == "CUSTOM" or audience.flagged_fields:
        return -1, -1
    if not is_settled:
        return (FLOOR, FLOOR) if rows >= SMALLEST_DELIVERY else (-1, -1)
    people = rows if audience.starting_size == rows else matched(sim, audience)
    if people < FLOOR:
        return FLOOR, FLOOR
    step = 10 ** (len(str(people)) - 2)
    lower = people // step * step
    return lower, lower + step


def delivery_status(sim: Simulation, audience: Audience) -> dict[str, Any]:
    if operation_status(sim, audience) not in (NORMAL, UPDATING, REPLACING, POPULATING):
        return {"code": 400, "description": "This audience cannot be used for ads."}
    is_settled = sim.now() >= audience.content_updated_at + sim.world.settings.processing_s
    if is_settled and matched(sim, audience) >= SMALLEST_DELIVERY:
        return {"code": 200, "description": "This audience is ready for use."}
    return {"code": 300, "description": "This audience is too small to deliver ads."}


def node(sim: Simulation, audience: Audience, version: str) -> dict[str, Any]:
    """Every field of the audience; None for those Graph leaves out here."""
    lower, upper = counts(sim, audience)
    code = operation_status(sim, audience)
    is_custom = audience.subtype == "CUSTOM"
    account = sim.world.accounts.get(audience.account_id)
    shown: dict[str, Any] = {
        "id": audience.id,
        "account_id": audience.account_id,
        "name": audience.name,
        "description": audience.fields.get("description", ""),
        "subtype": audience.subtype,
        "time_created": audience.created_at,
        "time_updated": audience.updated_at or audience.created_at,
        "time_content_updated": int(audience.content_updated_at or audience.created_at),
        "operation_status": {"code": code, "description": DESCRIPTIONS.get(code, "Status not available")},
        "delivery_status": delivery_status(sim, audience),
        "retention_days": audience.fields.get("retention_days", 0),
        "data_source": _data_source(audience),
        "permission_for_actions": {
            "can_edit": True,
            "can_see_insight": True,
            "can_share": True,
            "subtype_supports_lookalike": is_custom,
            "supports_recipient_lookalike": False,
        },
        "is_value_based": audience.is_value_based,
        "lookalike_audience_ids": _lookalikes(sim, audience) or None,
        "fields_violating_integrity_policy": audience.flagged_fields or None,
        "owner_business": account.business if account else None,
        "delete_time": None,
        "sharing_status": None,
        "is_eligible_for_sac_campaigns": True,
    }
    for name in ("customer_file_source", "opt_out_link", "pixel_id", "rule", "audience_labels"):
        shown[name] = audience.fields.get(name)
    if version_number(version) <= LAST_WITH_APPROXIMATE_COUNT:
        shown["approximate_count"] = lower
    shown["approximate_count_lower_bound"], shown["approximate_count_upper_bound"] = lower, upper
    return shown


def _data_source(audience: Audience) -> dict[str, str]:
    if audience.subtype != "CUSTOM":
        return {"type": "SEED_BASED", "sub_type": "LOOKALIKE_FROM_CUSTOM_AUDIENCE", "creation_params": "[]"}
    return {
        "type": "FILE_IMPORTED",
        "sub_type": audience.data_source or "MULTI_HASHES",
        "creation_params": "[]",
    }


def _lookalikes(sim: Simulation, audience: Audience) -> list[str]:
    return [
        other.id
        for other in sim.world.audiences.values()
        if other.origin_id == audience.id and not other.is_deleted
    ]
