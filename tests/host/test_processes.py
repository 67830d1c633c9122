"""What is started together is kept running, and ends together."""

import os
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.running import wait_until
from webapp.config import ROOT
from webapp.host.embedded_redis import EmbeddedRedis, RedisBusy
from webapp.host.installation import free_port
from webapp.host.processes import Supervisor, python

SLEEPER = "import time; time.sleep(60)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ok', flush=True); "
    "time.sleep(60)"
)


@pytest.fixture
def supervisor(tmp_path):
    made = Supervisor(tmp_path)
    yield made
    made.stop()


def test_a_child_that_falls_is_started_again(supervisor):
    child = supervisor.add("one", python("-c", SLEEPER))
    first = child.process.pid

    child.process.kill()
    supervisor.watch(done=lambda: child.is_alive and child.process.pid != first)

    assert child.is_alive


def test_stopping_ends_even_a_child_that_will_not(supervisor, tmp_path):
    child = supervisor.add("one", python("-c", STUBBORN), grace_s=0.3)
    wait_until(lambda: (tmp_path / "one.log").read_text() == "ok\n")
    started = time.monotonic()

    supervisor.stop()

    assert not child.is_alive
    assert time.monotonic() - started < 5


def test_one_group_can_be_stopped_while_the_others_go_on(supervisor):
    web = supervisor.add("web", python("-c", SLEEPER))
    workers = [supervisor.add(f"worker-{n}", python("-c", SLEEPER)) for n in (1, 2)]

    supervisor.stop("worker")

    assert web.is_alive
    assert not any(worker.is_alive for worker in workers)


def test_children_do_not_outlive_a_parent_that_was_killed(tmp_path):
    pid_file = tmp_path / "pid"
    parent_code = (
        "import sys, time; from pathlib import Path; from webapp.host.processes import Supervisor, python\n"
        f"child = Supervisor().add('x', python('-c', {SLEEPER!r}))\n"
        "Path(sys.argv[1]).write_text(str(child.process.pid)); time.sleep(60)"
    )
    parent = subprocess.Popen(python("-c", parent_code, str(pid_file)), cwd=ROOT)
    wait_until(lambda: pid_file.exists() and pid_file.read_text())

    parent.kill()
    parent.wait()

    wait_until(lambda: not _is_running(int(pid_file.read_text())), within_s=5)


def test_a_second_installation_on_the_same_data_is_refused_with_a_sentence(tmp_path):
    first, second = EmbeddedRedis(tmp_path / "redis"), EmbeddedRedis(tmp_path / "redis")
    first.lock()

    with pytest.raises(RedisBusy, match="già in funzione"):
        second.lock()

    first.unlock()
    second.unlock()


def test_a_data_folder_with_a_long_path_still_gets_a_socket(tmp_path):
    redis = EmbeddedRedis(tmp_path / ("lungo" * 20) / "redis")

    assert len(os.fsencode(redis.socket)) <= 100
    assert redis.socket.parent.stat().st_mode & 0o077 == 0


def test_a_busy_port_is_replaced_by_a_free_one():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        busy = taken.getsockname()[1]

        assert free_port(busy) != busy


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
