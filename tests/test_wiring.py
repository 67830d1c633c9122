"""Rooms learn from rooms they do not know by hooks; a process that was never told them deletes nothing."""

import subprocess
import sys

import pytest

from tests.test_architecture import ROOT

ASK = "from webapp.{room} import hooks; hooks.registered()"
TOLD = "from webapp import wiring; wiring.register_hooks(); wiring.register_hooks(); "


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("room", ["contacts", "destinations"])
def test_a_room_that_nobody_answered_does_not_guess(room):
    done = run(ASK.format(room=room))

    assert done.returncode == 1
    assert done.stderr.endswith("comes first: see webapp.wiring\n")


def test_one_call_answers_every_room_and_two_change_nothing():
    done = run(TOLD + "; ".join(ASK.format(room=room) for room in ("contacts", "destinations")))

    assert (done.returncode, done.stderr) == (0, "")


def test_who_only_watches_over_a_worker_imports_nothing_of_what_it_does():
    done = run("import sys, worker; print({'sqlmodel', 'rq', 'flask', 'requests'} & sys.modules.keys())")

    assert (done.stdout, done.stderr) == ("set()\n", "")
