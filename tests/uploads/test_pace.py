"""How long the rest of an upload takes: right within a factor of two, or nothing is said."""

import heapq
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.uploads.pace import Confirmed, remaining

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def every(seconds: float, count: int) -> list[Confirmed]:
    """*count* batches of 500 rows, the first confirmed after *seconds*, then one each *seconds*."""
    return [Confirmed(at(seconds * n), 500) for n in range(1, count + 1)]


def test_one_worker_with_a_batch_each_two_seconds():
    # 9 batches of 500 in the 18 s since the first, 10 left of which half of one is done: 9.5 × 2 s.
    assert remaining(every(2, 10), 5_000, 500, at(20)) == timedelta(seconds=19)


@pytest.mark.parametrize(
    ("confirmed", "left", "on_the_way", "seconds"),
    [
        pytest.param([], 5_000, 500, 1, id="before the first answer"),
        pytest.param(every(2, 4), 50_000, 500, 8, id="too few batches"),
        pytest.param(every(0.1, 10), 50_000, 500, 1, id="too short a time"),
        pytest.param(every(2, 10), 1_000, 500, 20, id="the last rounds"),
        pytest.param(every(2, 10), 0, 0, 20, id="nothing left"),
        pytest.param(every(2, 10), 50_000, 4_000, 20, id="more on its way than has come back"),
        pytest.param(every(2, 10), 5_000, 500, 39, id="answers are overdue"),
    ],
)
def test_nothing_is_said_of(confirmed, left, on_the_way, seconds):
    assert remaining(confirmed, left, on_the_way, at(seconds)) is None


class Run:
    """An upload of batches of 500 rows that *workers* send, each in *takes_s*, more or less."""

    def __init__(self, workers: int, batches: int, takes_s: float, more_or_less: float, seed: int) -> None:
        chance = random.Random(seed)

        def lasts() -> float:
            return takes_s * chance.uniform(1 - more_or_less, 1 + more_or_less)

        on_the_way = [lasts() for _ in range(min(workers, batches))]
        heapq.heapify(on_the_way)
        waiting = batches - len(on_the_way)
        self.moments: list[tuple[float, int, int]] = []  # second, rows left, rows on their way
        self.confirmed: list[Confirmed] = []
        while on_the_way:
            second = heapq.heappop(on_the_way)
            self.confirmed.append(Confirmed(at(second), 500))
            if waiting:
                heapq.heappush(on_the_way, second + lasts())
                waiting -= 1
            self.moments.append((second, 500 * (waiting + len(on_the_way)), 500 * len(on_the_way)))
        self.ends = second

    def said(self) -> list[tuple[float, float]]:
        """What is said right after each answer and half-way to the next, beside what is true: seconds."""
        both = []
        for n, (second, left, on_the_way) in enumerate(self.moments):
            after = self.moments[n + 1][0] if n + 1 < len(self.moments) else self.ends
            for moment in (second, (second + after) / 2):
                told = remaining(self.confirmed[: n + 1], left, on_the_way, at(moment))
                if told is not None:
                    both.append((told.total_seconds(), self.ends - moment))
        return both


@given(
    workers=st.integers(1, 8),
    rounds=st.floats(6, 40),
    lasts_s=st.floats(30, 120),
    more_or_less=st.sampled_from([0, 0.1, 0.2]),
    seed=st.integers(0, 10_000),
)
def test_on_a_run_of_a_minute_what_is_said_is_right_within_a_factor_of_two(
    workers, rounds, lasts_s, more_or_less, seed
):
    run = Run(workers, int(workers * rounds), lasts_s / rounds, more_or_less, seed)

    wrong = [(told, true) for told, true in run.said() if not true / 2 <= told <= true * 2]

    assert wrong == []


def test_something_is_said_for_most_of_a_run_of_a_minute():
    run = Run(workers=4, batches=40, takes_s=6, more_or_less=0.1, seed=1)

    assert len(run.said()) >= len(run.moments)  # of two looks for each answer
