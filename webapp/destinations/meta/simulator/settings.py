"""The knobs that stay as they are put, unlike faults, which are ordered and used up."""

from dataclasses import dataclass, fields, replace
from typing import Any

# How a feature that is closed to new apps may be refused: which one Meta chose is printed nowhere.
REFUSALS = ("100", "12", "2500", "405", "100/33")
LATEST_VERSION = "v26.0"
# Marketing API v24.0 ended on 2026-11-10. Source: Meta sheet §8.
OLDEST_VERSION = "v25.0"


@dataclass(frozen=True)
class Settings:
    """The settings that `/_sim/settings` reads and changes.

    *processing_s* is how long Meta works on an upload before sizes and statuses move;
    *match_rate* which part of the rows turns out to be a Facebook user;
    *hourly_calls* the audience calls an account may make in a rolling hour, None = Meta's own formula;
    *removal_floor* the members below which removing is refused (1870047), 0 = never;
    *largest_rows* is how many rows of an upload get the page with 500 that too many of them get, 0 = none;
    *legacy_refusal* how a feature closed to new apps is refused, by name of `legacy`;
    *answers_as* the version every answer says it is of, "" = the one that was asked;
    *samples_as_list* answers `[]` in place of `{}` when no row was invalid;
    *has_match_rate* whether the match-rate node answers, whose edge nobody has documented.
    """

    open_accounts: bool = True
    processing_s: float = 5.0
    match_rate: float = 0.7
    latency_s: float = 0.0
    oldest_version: str = OLDEST_VERSION
    is_full_access: bool = True
    hourly_calls: int | None = None
    removal_floor: int = 0
    largest_rows: int = 0
    legacy_refusal: str = "100"
    answers_as: str = ""
    samples_as_list: bool = False
    needs_appsecret_proof: bool = False
    has_match_rate: bool = False


def changed(settings: Settings, values: dict[str, Any]) -> Settings:
    """*settings* with *values* in place. Raises ValueError for a name or a type it does not know."""
    known = {field.name for field in fields(Settings)}
    for name, value in values.items():
        if name not in known:
            raise ValueError(f"impostazione sconosciuta: {name}")
        if not _has_the_type_of(getattr(Settings, name), value):
            raise ValueError(f"valore non valido per {name}")
    if values.get("legacy_refusal", REFUSALS[0]) not in REFUSALS:
        raise ValueError(f"legacy_refusal è uno di: {', '.join(REFUSALS)}")
    return replace(settings, **values)


def _has_the_type_of(default: object, value: object) -> bool:
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    if default is None:
        return value is None or isinstance(value, int)
    if isinstance(default, float):
        return isinstance(value, int | float)
    return isinstance(value, type(default))
