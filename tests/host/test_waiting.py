"""Starting on a slow machine: it waits for as long as the process lives, and says what for."""

import sys
from pathlib import Path

import pytest

from webapp.host import installation
from webapp.host.installation import CannotStart, Patience
from webapp.host.processes import Supervisor, python


@pytest.fixture
def supervisor(tmp_path):
    made = Supervisor(tmp_path)
    yield made
    made.stop()


def test_who_waits_long_is_told_what_for(supervisor, capsys):
    child = supervisor.add("web", python("-c", "import time; time.sleep(600)"))
    patience = Patience("il server web", child, supervisor, tell_after_s=0)

    patience.wait()

    assert capsys.readouterr().err == "Aspetto che il server web sia pronto…\n"


def test_a_process_that_ended_is_not_waited_for(supervisor, tmp_path):
    child = supervisor.add("web", python("-c", "raise SystemExit(1)"))
    child.process.wait(30)

    with pytest.raises(CannotStart, match=rf"^Il server web non è partito: leggi {tmp_path}/web.log\.$"):
        Patience("il server web", child, supervisor).wait()


def test_the_first_line_may_come_after_any_time(supervisor, tmp_path):
    output: Path = tmp_path / "web.log"
    late = "import sys, time; time.sleep(1.5); print('avvio'); print('{\"porta\": 1}'); time.sleep(600)"
    child = supervisor.add("web", [sys.executable, "-u", "-c", late])

    told = installation._first_json_line(output, Patience("il server web", child, supervisor))

    assert told == {"porta": 1}
