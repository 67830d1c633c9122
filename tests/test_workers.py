"""Signals of workers and turns: who may, who is there, and that what is long over does not pile up."""

import os
import subprocess
from datetime import timedelta

import pytest
from sqlmodel import select

from webapp import clock, db, life, workers
from webapp.config import ROOT
from webapp.host.processes import python
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


def test_a_turn_that_lasts_longer_than_any_was_written_by_a_wrong_clock(database):
    with db.writing() as session:
        session.add(Turn(name="riconcilia", owner="un’ora avanti", until=clock.epoch() + 3600))

    with db.writing() as session:
        assert workers.take_turn(session, "riconcilia", "b", 60)
        assert not workers.take_turn(session, "riconcilia", "c", 60)


def test_a_signal_from_the_future_is_no_sign_of_life(database):
    with db.writing() as session:
        session.add_all([signal("ora", timedelta(0)), signal("un’ora avanti", timedelta(hours=-1))])

    with db.reading() as session:
        assert [one.name for one in workers.alive(session)] == ["ora"]


def test_workers_and_turns_of_long_ago_are_swept_away(database):
    lasts = clock.epoch() + 60
    with db.writing() as session:
        session.add_all([signal("oggi", timedelta(minutes=5)), signal("vecchio", timedelta(days=2))])
        session.add(signal("dopodomani", timedelta(days=-2)))
        session.add_all(
            [Turn(name="repeat:1", owner="x", until=1), Turn(name="reconcile", owner="y", until=lasts)]
        )
        session.add(Turn(name="repeat:2", owner="z", until=9e9))

    with db.writing() as session:
        workers.sweep(session)

    with db.reading() as session:
        assert session.exec(select(WorkerSignal.name)).all() == ["oggi"]
        assert session.exec(select(Turn.name)).all() == ["reconcile"]


def test_a_process_that_ended_is_known_to_be_gone(database):
    here = life.this_process()
    place, pid, started = here.rsplit(":", 2)
    host, boot, namespace = place.split("/")

    assert not life.is_gone(here)
    assert life.is_gone(f"{place}:{pid}:{int(started) + 1}")  # an earlier life of the same number
    # Of another host, an earlier boot, another container and a release that knew hosts only, leases tell.
    for other in (f"altrove/{boot}/{namespace}", f"{host}/0/{namespace}", f"{host}/{boot}/1", host):
        assert not life.is_gone(f"{other}:{pid}:{int(started) + 1}")


@pytest.mark.skipif(os.geteuid() != 0, reason="solo root fa un altro spazio dei processi")
def test_two_containers_with_one_host_name_do_not_take_each_other_for_dead():
    """`unshare` gives what a container has: the same host name, numbers of processes of its own."""
    look = "import sys; from webapp import life; print(life.this_process(), life.is_gone(sys.argv[1]))"
    alone = ["unshare", "--pid", "--fork", "--mount-proc"]
    here = life.this_process()
    told = subprocess.run(
        [*alone, *python("-c", look, here)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    other, is_gone = told.stdout.split()

    assert is_gone == "False"
    assert not life.is_gone(other)
    assert other.rpartition("/")[0] == here.rpartition("/")[0]  # the same host and boot
