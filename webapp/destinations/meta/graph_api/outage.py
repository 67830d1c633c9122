"""When failing calls are an outage and no longer bad luck: how long the account rests, in which words. PURE.

In an hour when Facebook answers every call with an error, trying each batch by itself makes thousands of
calls (airbytehq/airbyte#14267, OWOX/owox-data-marts#69). So the account rests as a whole, and one call at a
time looks whether it is over.
"""

from dataclasses import replace
from datetime import UTC, datetime

from webapp.destinations.base import Problem
from webapp.destinations.meta.graph_api import error_table as table
from webapp.destinations.meta.graph_api import obstacles
from webapp.values.texts import clock_time

FAILURES = 3  # in a row, of whichever batches: one batch alone can be at fault, three calls hardly are
FIRST_S, LONGEST_S = 10.0, 40.0
# An outage of half an hour is not over the next minute: then it is looked at less often.
OFTEN_FOR_S, SELDOM_S = 40 * 60.0, 5 * 60.0
OBSTACLE_AFTER_S = 30 * 60.0  # by then a network that does not let us through is not going to by itself

CODE = "guasto"


def is_outage(failures: int) -> bool:
    return failures >= FAILURES


def rest_s(failures: int, lasted_s: float, chance: float) -> float:
    """Seconds until the next look, after *failures* (≥ `FAILURES`) in a row since *lasted_s* seconds.

    *chance* in [0, 1) spreads the looks of several accounts over the last quarter.
    """
    longest = LONGEST_S if lasted_s < OFTEN_FOR_S else SELDOM_S
    return min(longest, FIRST_S * 2.0 ** min(failures - FAILURES, 10)) * (0.75 + chance / 4)


def problem(cause: Problem, until: float, lasted_s: float) -> Problem:
    """The problem of uploads while the account rests until *until*; *cause* is the last failure's own."""
    again = f"riproviamo alle {clock_time(datetime.fromtimestamp(until, UTC))}."
    code = f"{CODE}/{cause.code}"
    obstacle = obstacles.BY_CODE.get(cause.code)
    if obstacle and lasted_s >= OBSTACLE_AFTER_S:
        what = f"{obstacle.case.what.rstrip('.')}: {again}"
        return replace(cause, code=code, what=what, todo=obstacle.todo, who=table.OPERATOR)
    trouble = "Facebook non è raggiungibile" if cause.code.startswith("rete/") else "Facebook ha un problema"
    return replace(cause, code=code, what=f"{trouble}: {again}", todo=table.ALONE, who=table.NOBODY)
