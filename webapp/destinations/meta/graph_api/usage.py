"""How long an ad account has to rest, from the usage figures in every answer. PURE.

Meta counts in three headers with three units; mixing them up means waiting a minute for a second or the
other way round. POST /users carries no business-use-case header, so all three are read every time.
Source: Meta sheet §7; developers.facebook.com, marketing-api/overview/rate-limiting.
"""

from collections.abc import Mapping
from typing import Any

import orjson

# Meta blocks at 100 % and insisting prolongs the block: slow down before.
SLOW_PERCENT, STOP_PERCENT = 75.0, 95.0
SLOW_S, STOP_S = 60.0, 300.0

_HEADERS = ("x-business-use-case-usage", "x-ad-account-usage", "x-app-usage")
_PERCENTS = ("call_count", "total_cputime", "total_time")


def pause_s(headers: Mapping[str, str], act_id: str | None = None) -> float:
    """Seconds before the next call of this ad account; 0 means go on. Unreadable figures count as none.

    *act_id* (digits) picks the account's entry where the header tells of several.
    """
    return told_wait_s(headers, act_id) or _slow(highest_percent(headers, act_id) or 0.0)


def highest_percent(headers: Mapping[str, str], act_id: str | None = None) -> float | None:
    """How much of the nearest limit is used, 100 = Meta refuses; None when no header tells."""
    if not any(name.lower() in _HEADERS for name in headers):
        return None
    usage = _read(headers)
    entries = _business_entries(usage, act_id)
    percents = [percent for entry in entries for percent in _percents(entry)]
    percents += _percents(usage["x-app-usage"])
    percents.append(_number(usage["x-ad-account-usage"].get("acc_id_util_pct")))
    return max(percents)


def told_wait_s(headers: Mapping[str, str], act_id: str | None = None) -> float:
    """The wait Meta itself names, in seconds; 0 when it names none.

    `estimated_time_to_regain_access` is in minutes. `reset_time_duration` is in seconds, often missing,
    and stands there at any usage: it counts only when the account has little left.
    """
    usage = _read(headers)
    entries = _business_entries(usage, act_id)
    minutes = [_number(entry.get("estimated_time_to_regain_access")) for entry in entries]
    account = usage["x-ad-account-usage"]
    is_tight = _number(account.get("acc_id_util_pct")) >= SLOW_PERCENT
    seconds = _number(account.get("reset_time_duration")) if is_tight else 0.0
    return max(max(minutes, default=0.0) * 60, seconds)


def _read(headers: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    given = {name.lower(): value for name, value in headers.items()}
    return {name: _json_object(given.get(name, "{}")) for name in _HEADERS}


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _business_entries(usage: dict[str, dict[str, Any]], act_id: str | None) -> list[dict[str, Any]]:
    """The figures about audiences of this account; its key has no `act_`, or is a business id.

    Calls of other kinds (ads_insights …) have limits of their own that do not concern ours.
    """
    by_account = usage["x-business-use-case-usage"]
    chosen = [by_account[act_id]] if act_id in by_account else list(by_account.values())
    entries = [entry for group in chosen if isinstance(group, list) for entry in group]
    return [e for e in entries if isinstance(e, dict) and e.get("type", "") in ("", "custom_audience")]


def _percents(figures: dict[str, Any]) -> list[float]:
    return [_number(figures.get(name)) for name in _PERCENTS]


def _slow(highest: float) -> float:
    if highest < SLOW_PERCENT:
        return 0.0
    return SLOW_S if highest < STOP_PERCENT else STOP_S


def _number(value: object) -> float:
    """Meta sends integers, floats and now and then the same as text."""
    try:
        return max(0.0, float(value)) if isinstance(value, int | float | str) else 0.0
    except ValueError:
        return 0.0
