"""The lines that `make bench` prints: what was measured, beside what was promised."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the table; *reached* is None for what was promised nothing."""

    what: str
    measured: str
    target: str = ""
    reached: bool | None = None


def ratio(what: str, value: float, at_least: float | None = None, at_most: float | None = None) -> Figure:
    if at_least is not None:
        return Figure(what, f"{value:.1f} ×", f"≥ {at_least:g} ×", value >= at_least)
    assert at_most is not None
    return Figure(what, f"{value:.2f} ×", f"≤ {at_most:g} ×", value <= at_most)


def limit(what: str, value: float, at_most: float, unit: str) -> Figure:
    return Figure(what, f"{value:.1f} {unit}", f"≤ {at_most:g} {unit}", value <= at_most)


def told(what: str, value: float, unit: str) -> Figure:
    return Figure(what, f"{value:.1f} {unit}")
