"""Work done again and again: each task by one worker at a time; none stops another, whatever it raises."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from webapp import clock, db, periodic
from webapp.periodic import PeriodicRun, Task


class Chore:
    """A task of a test: how often it ran, and what it raises."""

    def __init__(self, name: str, every_s: float = 5, raises: Exception | None = None, **more: object):
        self.ran, self.raises = 0, raises
        self.task = Task(name, name.capitalize(), every_s, 60, self, **more)

    def __call__(self) -> None:
        self.ran += 1
        if self.raises:
            raise self.raises


def how(name: str) -> PeriodicRun:
    with db.reading() as session:
        return session.get_one(PeriodicRun, name)


def make_due(name: str) -> None:
    with db.writing() as session:
        session.execute(update(PeriodicRun).where(PeriodicRun.name == name).values(next_at=0))


@pytest.mark.parametrize("raised", [ValueError("x"), KeyError("y"), OSError(), MemoryError()])
def test_whatever_one_task_raises_the_others_are_done(database, raised):
    bad, good = Chore("posta", raises=raised), Chore("copie")

    periodic.run_due([bad.task, good.task], "a")

    assert (bad.ran, good.ran) == (1, 1)
    assert how("copie").is_well
    assert not how("posta").is_well


def test_what_went_wrong_is_counted_and_shown_with_its_code_and_no_data(database, capsys):
    bad = Chore("posta", raises=ValueError("anna@posta.example"))

    periodic.run_due([bad.task], "a")
    make_due("posta")
    periodic.run_due([bad.task], "a")

    run = how("posta")
    assert (run.runs, run.failed_runs, run.failures) == (2, 2, 2)
    assert run.error == "Errore imprevisto (ValueError)."
    assert run.error_code in capsys.readouterr().out
    assert run.succeeded_at is None


def test_a_sentence_meant_for_people_is_shown_as_it_is(database):
    full = Chore("copie", raises=RuntimeError("Il disco è pieno."), said=(RuntimeError,))

    periodic.run_due([full.task], "a")

    assert how("copie").error == "Il disco è pieno."


def test_what_fails_is_tried_again_later_and_later_and_what_works_forgets_it(database):
    bad = Chore("posta", raises=ValueError())
    periodic.run_due([bad.task], "a")
    assert 8 < how("posta").next_at - clock.epoch() <= 10

    periodic.run_due([bad.task], "a")
    assert bad.ran == 1  # not before its time

    make_due("posta")
    periodic.run_due([bad.task], "a")
    assert 18 < how("posta").next_at - clock.epoch() <= 20

    bad.raises = None
    make_due("posta")
    periodic.run_due([bad.task], "a")
    run = how("posta")
    assert (run.failures, run.error, run.is_well, run.failed_runs) == (0, None, True, 2)
    assert 3 < run.next_at - clock.epoch() <= 5


@given(every_s=st.floats(0.2, 86_400), failures=st.integers(1, 10_000))
def test_the_wait_never_passes_five_minutes_or_the_pace_of_the_task(every_s, failures):
    wait = periodic.wait_s(Chore("x", every_s).task, failures)

    assert every_s <= wait <= max(every_s, 300)


def test_one_worker_at_a_time_does_it(database):
    chore = Chore("posta")

    def meanwhile() -> None:
        with db.writing() as session:  # its time has come again while it still runs
            session.execute(update(PeriodicRun).values(next_at=0))
        periodic.run_due([chore.task], "b")

    outer = Task("posta", "Posta", 5, 60, meanwhile)
    periodic.run_due([outer], "a")
    assert chore.ran == 0

    make_due("posta")
    periodic.run_due([chore.task], "b")
    assert chore.ran == 1


def test_who_died_over_it_is_replaced_when_the_longest_time_is_over(database):
    chore = Chore("posta")
    with db.writing() as session:
        session.add(
            PeriodicRun(
                name="posta", label="Posta", every_s=5, held_by="morto", held_until=clock.epoch() + 60
            )
        )
    periodic.run_due([chore.task], "b")
    assert chore.ran == 0

    with db.writing() as session:
        session.execute(update(PeriodicRun).values(held_until=clock.epoch() - 1))
    periodic.run_due([chore.task], "b")
    assert chore.ran == 1


@pytest.mark.parametrize("column", ["held_until", "next_at"])
def test_a_moment_written_by_a_clock_two_hours_ahead_holds_nothing_up(database, column):
    chore = Chore("posta")
    ahead = {column: clock.epoch() + 7200}
    with db.writing() as session:
        session.add(PeriodicRun(name="posta", label="Posta", every_s=5, held_by="morto", **ahead))

    periodic.run_due([chore.task], "b")

    assert chore.ran == 1


def test_what_nobody_does_any_more_is_late(database):
    chore = Chore("posta")
    periodic.run_due([chore.task], "a")
    assert how("posta").is_well

    with db.writing() as session:
        session.execute(update(PeriodicRun).values(succeeded_at=clock.now() - timedelta(minutes=2)))
    assert how("posta").is_late
