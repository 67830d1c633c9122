"""How much of its allowance an ad account has used, and the headers that tell. Source: Meta sheet §7."""

from collections import deque

import orjson

from .graph_errors import too_many_calls
from .state import Simulation

HOUR_S = 3600
FULL_BASE, LIMITED_BASE, PER_AUDIENCE, CAP = 190_000, 5_000, 40, 700_000
# A window of the figures in X-Ad-Account-Usage, in seconds.
RESET_S = 300


def allowance(sim: Simulation, account_id: str) -> int:
    """Audience calls the account may make in a rolling hour."""
    settings = sim.world.settings
    if settings.hourly_calls is not None:
        return settings.hourly_calls
    active = sum(
        1 for item in sim.world.audiences.values() if item.account_id == account_id and not item.is_deleted
    )
    base = FULL_BASE if settings.is_full_access else LIMITED_BASE
    return min(CAP, base + PER_AUDIENCE * active)


def count_call(sim: Simulation, account_id: str) -> None:
    """Count one audience call. Raises GraphError 80003 when the rolling hour is used up."""
    calls = sim.account_calls.setdefault(account_id, deque())
    now = sim.now()
    while calls and calls[0] <= now - HOUR_S:
        calls.popleft()
    if len(calls) >= allowance(sim, account_id):
        raise too_many_calls(wait_minutes=1 + int((calls[0] + HOUR_S - now) // 60) if calls else 60)
    calls.append(now)


def usage_headers(sim: Simulation, account_id: str, kind: str, wait_minutes: int = 0) -> dict[str, str]:
    """The usage headers of one answer: POST /users carries other ones than everything else."""
    used = len(sim.account_calls.get(account_id, ()))
    percent = 100 if wait_minutes else min(100, used * 100 // max(1, allowance(sim, account_id)))
    if kind == "POST /users" and not wait_minutes:
        return {
            "X-App-Usage": _text({"call_count": percent, "total_cputime": 0, "total_time": 0}),
            "X-Ad-Account-Usage": _text(
                {
                    "acc_id_util_pct": percent,
                    "reset_time_duration": RESET_S,
                    "ads_api_access_tier": _tier(sim),
                }
            ),
        }
    entry = {
        "type": "ads_management" if kind == "GET /account" else "custom_audience",
        "call_count": percent,
        "total_cputime": min(100, 1 + percent // 8),
        "total_time": min(100, 1 + percent // 4),
        "estimated_time_to_regain_access": wait_minutes,
    }
    return {"X-Business-Use-Case-Usage": _text({account_id: [entry]})}


def _tier(sim: Simulation) -> str:
    return "standard_access" if sim.world.settings.is_full_access else "development_access"


def _text(value: object) -> str:
    return orjson.dumps(value).decode()
