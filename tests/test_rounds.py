"""A round over many things: what goes wrong with one of them stops none of the others, and is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import errors
from sqlalchemy.exc import OperationalError

from tests.test_periodic import Chore, how
from webapp import clock, periodic, rounds


@given(ids=st.lists(st.integers(1, 50), unique=True, max_size=20), bad=st.sets(st.integers(1, 50)))
def test_every_other_one_is_done_and_each_bad_one_is_named(ids, bad):
    done = []

    def do(one: int) -> None:
        if one in bad:
            raise ValueError(one)
        done.append(one)

    guard = rounds.Guard("cosa")
    guard.each(ids, do)

    assert done == [one for one in ids if one not in bad]
    assert guard.wrong == bad & set(ids)


def failing(sqlstate_error: Exception):
    def fail(one: int) -> None:
        raise OperationalError("UPDATE", {}, sqlstate_error)

    return fail


def test_a_database_that_is_away_ends_the_round_at_once():
    """It would keep every single one waiting."""
    with pytest.raises(OperationalError), rounds.guarded("cosa") as guard:
        guard.each([1, 2], failing(errors.AdminShutdown()))


@pytest.mark.parametrize("error", [errors.DeadlockDetected(), errors.LockNotAvailable()])
def test_a_row_that_stays_locked_is_trouble_of_that_row(error):
    with pytest.raises(rounds.Partly), rounds.guarded("cosa") as guard:
        guard.each([1], failing(error))


def test_a_round_that_went_well_in_part_is_shown_and_keeps_its_pace(database):
    chore = Chore("caricamenti", every_s=5, raises=rounds.Partly("Qualcosa non va. Il resto va avanti."))

    periodic.run_due([chore.task], "a")

    run = how("caricamenti")
    assert (run.failures, run.failed_runs, run.error) == (1, 1, "Qualcosa non va. Il resto va avanti.")
    assert run.next_at - clock.epoch() <= 5
