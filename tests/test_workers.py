"""Signals of workers and turns: who may, who is there, and that what is long over does not pile up."""

from datetime import timedelta

from sqlmodel import select

from webapp import clock, db, workers
from webapp.workers import Turn, WorkerSignal


def signal(name: str, seen_ago: timedelta) -> WorkerSignal:
    at = clock.now() - seen_ago
    return WorkerSignal(name=name, host="nodo-1", pid=42, version="1", started_at=at, seen_at=at)


def test_a_turn_is_one_owners_until_its_time_is_over(database):
    with db.writing() as session:
        assert workers.take_turn(session, "riconcilia", "a", 60)
        assert workers.take_turn(session, "riconcilia", "a", 60)
        assert not workers.take_turn(session, "riconcilia", "b", 60)
        session.get_one(Turn, "riconcilia").until = clock.epoch() - 1
        session.flush()
        assert workers.take_turn(session, "riconcilia", "b", 60)


def test_workers_and_turns_of_long_ago_are_swept_away(database):
    with db.writing() as session:
        session.add_all([signal("oggi", timedelta(minutes=5)), signal("vecchio", timedelta(days=2))])
        session.add_all(
            [Turn(name="repeat:1", owner="x", until=1), Turn(name="reconcile", owner="y", until=9e9)]
        )

    with db.writing() as session:
        workers.sweep(session)

    with db.reading() as session:
        assert session.exec(select(WorkerSignal.name)).all() == ["oggi"]
        assert session.exec(select(Turn.name)).all() == ["reconcile"]


def test_a_process_that_ended_is_known_to_be_gone(database):
    here = workers.this_process()
    host, pid, started = here.rsplit(":", 2)

    assert not workers.is_gone(here)
    assert workers.is_gone(f"{host}:{pid}:{int(started) + 1}")  # an earlier life of the same number
    assert not workers.is_gone(f"altrove:{pid}:{int(started) + 1}")  # of another host only leases tell
