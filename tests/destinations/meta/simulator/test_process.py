"""The simulator as a process: how it starts, keeps its data, refuses strangers and stops."""

import ast
import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests.support.in_time import LONGEST_S

MODULE = "webapp.destinations.meta.simulator"
COMMAND = [sys.executable, "-m", MODULE]


@contextmanager
def started(*options: str):
    with subprocess.Popen([*COMMAND, "--json", *options], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline()), process
        finally:
            process.terminate()


def run(*options: str) -> subprocess.CompletedProcess:
    return subprocess.run([*COMMAND, *options], capture_output=True, text=True, timeout=20)


def add(found: dict, count: int) -> str:
    url, headers = f"{found['graph_url']}/v26.0", {"Authorization": f"Bearer {found['access_token']}"}
    body = {"name": "Tenuto", "customer_file_source": "USER_PROVIDED_ONLY"}
    created = requests.post(f"{url}/act_5/customaudiences", json=body, headers=headers, timeout=5)
    rows = [[hashlib.sha256(b"%d" % number).hexdigest()] for number in range(count)]
    payload = {"payload": {"schema": ["EMAIL"], "data": rows}}
    requests.post(f"{url}/{created.json()['id']}/users", json=payload, headers=headers, timeout=5)
    return created.json()["id"]


def held(found: dict, audience: str) -> int:
    shown = requests.get(f"{found['graph_url']}/_sim/received", params={"audience": audience}, timeout=5)
    return len(shown.json()["audiences"][audience]["EMAIL"])


def test_one_json_line_says_all_a_caller_needs():
    with started() as (found, _):
        assert set(found) == {
            "graph_url",
            "dialog_url",
            "access_token",
            "account_id",
            "app_id",
            "app_secret",
        }
        assert found["dialog_url"] == f"{found['graph_url']}/v26.0/dialog/oauth"
        assert found["account_id"].isdigit()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_even_with_a_call_that_hangs(number):
    with started() as (found, process):
        order = {"fault": "never_answer", "on": "GET /me"}
        requests.post(f"{found['graph_url']}/_sim/faults", json=order, timeout=5)
        url = urlsplit(found["graph_url"])
        with socket.create_connection((url.hostname, url.port)) as line:
            line.sendall(b"GET /me HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            process.send_signal(number)
            assert process.wait(timeout=LONGEST_S) == 0


def test_data_kept_in_a_file_are_there_at_the_next_start(tmp_path):
    path = tmp_path / "meta.json"
    with started("--dati", str(path)) as (first, process):
        audience = add(first, 500)
        process.terminate()
        assert process.wait(timeout=5) == 0
    assert path.stat().st_mode & 0o077 == 0
    with started("--dati", str(path)) as (again, _):
        assert again["access_token"] == first["access_token"]
        assert again["app_secret"] == first["app_secret"]
        assert held(again, audience) == 500


def test_data_survive_a_kill_once_saved(tmp_path):
    path = tmp_path / "meta.json"
    with started("--dati", str(path)) as (first, process):
        audience = add(first, 20)
        deadline = time.monotonic() + 10
        while not (path.exists() and b"Tenuto" in path.read_bytes()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.kill()
    with started("--dati", str(path)) as (again, _):
        assert held(again, audience) == 20


def test_a_file_that_is_not_ours_is_left_alone(tmp_path):
    path = tmp_path / "meta.json"
    path.write_text('{"format": 99}')
    outcome = run("--dati", str(path))
    assert outcome.returncode == 1
    assert "altra versione" in outcome.stderr
    assert path.read_text() == '{"format": 99}'


def test_a_port_in_use_is_a_sentence_not_a_traceback():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        outcome = run("--port", str(taken.getsockname()[1]))
    assert outcome.returncode == 1
    assert outcome.stderr.startswith("Non posso partire sulla porta") and "Traceback" not in outcome.stderr


def test_the_help_is_italian():
    text = run("--help").stdout
    assert text.startswith("uso: platea simulatore") and "--conti-aperti" in text
    assert not [word for word in ("usage", "options:", "show this help") if word in text]


@pytest.mark.parametrize("options", [["--port", "ciao"], ["--latenza", "-1"], ["--boh"], ["--dati"]])
def test_a_wrong_option_is_explained_in_italian(options):
    outcome = run(*options)
    assert outcome.returncode == 2
    assert not [word for word in ("argument", "expected", "invalid") if word in outcome.stderr]


def test_without_json_one_italian_line_says_where_it_is():
    command = [*COMMAND, "--no-conti-aperti"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.terminate()
    assert line.startswith("Meta simulata in ascolto su http://127.0.0.1:")


def test_it_dies_with_its_parent():
    script = (
        "import subprocess, sys\n"
        f"process = subprocess.Popen([sys.executable, '-m', '{MODULE}', '--json', '--muori-col-padre'],"
        " stdout=subprocess.PIPE)\n"
        "print(process.stdout.readline().decode().strip(), process.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline().rsplit(" ", 1)[1])
        parent.kill()
    deadline = time.monotonic() + 5
    while is_running(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
        return status.rsplit(")", 1)[1].split()[0] not in ("Z", "X")
    except FileNotFoundError:
        return False


def test_it_listens_on_loopback_only(running_meta):
    port = urlsplit(running_meta.graph_url).port
    listening = [
        line.split()[1]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A"
    ]
    assert listening == [f"0100007F:{port:04X}"]


@pytest.mark.parametrize("host", ["example.com", "127.0.0.1.example.com", "192.168.1.4:80", ""])
def test_a_call_for_another_host_is_refused(running_meta, host):
    url = urlsplit(running_meta.graph_url)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=5)
    connection.request("GET", "/_sim/calls", headers={"Host": host})
    assert connection.getresponse().status == 421
    connection.close()


def test_it_imports_nothing_of_the_application_but_itself():
    """So it shares no bug with the client it judges: its own folder is the farthest it reaches."""
    folder = Path(__file__).parents[4] / MODULE.replace(".", "/")
    files = list(folder.rglob("*.py"))
    imports = [node for file in files for node in ast.walk(ast.parse(file.read_text()))]
    absolute = [alias.name for node in imports if isinstance(node, ast.Import) for alias in node.names]
    absolute += [node.module for node in imports if isinstance(node, ast.ImportFrom) and node.level == 0]
    assert len(files) > 20
    assert not [name for name in absolute if name and name.split(".")[0] in ("webapp", "worker", "tests")]
    outside = [
        (file.name, node.module)
        for file in files
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ImportFrom) and node.level > len(file.relative_to(folder).parts)
    ]
    assert outside == []


def test_connections_are_kept_alive(running_meta):
    url = urlsplit(running_meta.graph_url)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=5)
    connection.request("GET", "/_sim/settings")
    connection.getresponse().read()
    line = connection.sock
    connection.request("GET", "/_sim/settings")
    connection.getresponse().read()
    assert connection.sock is line and os.fstat(line.fileno())
    connection.close()
