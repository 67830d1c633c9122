"""The web server as `platea web` starts it: no slow client closes it, and its code changes under way."""

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.conftest import settings_in
from tests.support.running import environment, wait_until
from webapp import places
from webapp.host.installation import free_port
from webapp.host.processes import python

THREADS = 4
# A package of its own in the place of ours, which a test may write to: what it answers is its version.
PROGRAM = """
import os, time
from pathlib import Path
from flask import Flask, request
if {version!r} != "prima":  # as long in loading as the test wants it
    Path(__file__).with_name("loading").touch()
    while not Path(__file__).with_name("go").exists():
        time.sleep(0.01)
app = Flask(__name__)
VERSION = {version!r}

@app.get("/healthz")
def health():
    time.sleep(0.01)
    return f"{{VERSION}} {{os.getpid()}}"

@app.post("/file")
def file():
    return str(len(request.get_data()))
"""


@dataclass
class Server:
    process: subprocess.Popen
    port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self, said: bytes) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self.port))
        made.sendall(said)
        return made

    def version(self) -> str:
        try:
            return requests.get(f"{self.url}/healthz", timeout=20).text.split()[0]
        except requests.RequestException:
            return ""


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    """gunicorn with our options, two processes and our way of serving; what it serves is small."""
    folder, port = tmp_path_factory.mktemp("server"), free_port(0)
    (folder / "program.py").write_text(PROGRAM.format(version="prima"), encoding="utf-8")
    options = ["--worker-class", places.WORKER_CLASS, "--workers", "2", "--threads", str(THREADS)]
    options += ["--no-control-socket", "--keep-alive", "10", "--pythonpath", str(folder)]
    argv = python(*places.SERVER, "--bind", f"127.0.0.1:{port}", *options, "program:app")
    env = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **places.TO_FIND_US}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(argv, env=env, stderr=log, stdout=log)
    made = Server(process, port, folder)
    wait_until(lambda: made.version() == "prima", within_s=120)
    yield made
    process.terminate()
    process.wait(30)


def answer(line: socket.socket) -> bytes:
    """What comes back, to the end of a body of one byte."""
    came = b""
    while b"\r\n\r\n" not in came[:-1]:
        came += line.recv(9_000)
    return came


def test_more_slow_clients_than_threads_keep_nobody_from_an_answer(server):
    """Heads that never end, forms of which a byte comes, files that do not go on: five times all threads."""
    head = b"POST /file HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    kinds = [
        b"",
        b"GET / HTTP/1.1\r\nHost: 127.",
        head + b"Content-Length: 5000\r\n\r\na=",
        head + b"Content-Length: 90000000\r\n\r\nx",
        head + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
    ]
    with ExitStack() as open_ones:
        for kind in kinds * (2 * THREADS):
            open_ones.enter_context(server.connect(kind))
        answers = [requests.get(f"{server.url}/healthz", timeout=60).status_code for _ in range(20)]
        sent = requests.post(f"{server.url}/file", data=b"y" * 100_000, timeout=60)
    assert answers == [200] * 20
    assert sent.text == "100000"


def test_a_request_that_comes_in_pieces_a_kept_connection_and_a_large_file_are_answered(server):
    with server.connect(b"POST /file HTTP/1.1\r\nHost: x\r\nContent-Le") as slow:
        for piece in (b"ngth: 6\r\n\r", b"\nab", b"cdef"):
            time.sleep(0.02)
            slow.sendall(piece)
        assert answer(slow).endswith(b"\r\n\r\n6")
        slow.sendall(b"POST /file HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab")
        assert answer(slow).endswith(b"\r\n\r\n2")
    with server.connect(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 2) as at_once:
        wait_until(lambda: at_once.recv(9_000, socket.MSG_PEEK).count(b"HTTP/1.1 200") == 2)
    large = os.urandom(3_000_000)
    assert requests.post(f"{server.url}/file", data=large, timeout=60).text == "3000000"
    in_chunks = requests.post(f"{server.url}/file", data=iter([large, large]), timeout=60)
    assert in_chunks.text == "6000000"
    waiting = {"Expect": "100-continue"}
    assert requests.post(f"{server.url}/file", data=large, headers=waiting, timeout=60).text == "3000000"


def test_code_changes_without_one_failed_request(server):
    """`kill -HUP` while four browsers ask without a pause: all get an answer, at the end of the new code."""
    seen: list[tuple[int, str]] = []
    ends = threading.Event()

    def ask() -> None:
        with requests.Session() as session:
            while not ends.is_set():
                try:
                    answer = session.get(f"{server.url}/healthz", timeout=60)
                    seen.append((answer.status_code, answer.text.split()[0]))
                except requests.RequestException as error:
                    seen.append((0, repr(error)))
                ends.wait(0.02)

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    wait_until(lambda: len(seen) > 20)
    program = server.folder / "program.py"
    program.with_suffix(".new").write_text(PROGRAM.format(version="dopo"), encoding="utf-8")
    program.with_suffix(".new").replace(program)
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: (server.folder / "loading").exists(), within_s=120)
    before = len(seen)
    wait_until(lambda: len(seen) > before + 40)
    assert {version for _, version in seen[before:]} == {"prima"}, "who answers goes on until the others do"
    (server.folder / "go").touch()
    wait_until(lambda: [version for _, version in seen[-40:]] == ["dopo"] * 40, within_s=120)
    ends.set()
    for asker in askers:
        asker.join()

    assert [one for one in seen if one[0] != 200] == []
    assert {version for _, version in seen} == {"prima", "dopo"}


def test_new_code_that_cannot_start_leaves_the_former_at_work(server):
    now = server.version()
    program = server.folder / "program.py"
    good = program.read_text(encoding="utf-8")
    program.write_text("import nothing_of_this_name", encoding="utf-8")
    server.process.send_signal(signal.SIGHUP)
    log = server.folder / "log"
    wait_until(lambda: "il codice nuovo non parte" in log.read_text(encoding="utf-8"), within_s=120)
    assert [server.version() for _ in range(10)] == [now] * 10

    program.write_text(good.replace(repr(now), "'riparato'"), encoding="utf-8")
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: [server.version() for _ in range(10)] == ["riparato"] * 10, within_s=120)


def test_platea_itself_is_served_so_and_takes_its_own_code_anew(tmp_path, migrated_file):
    """HUP on the application: the parent holds old modules of ours, the new processes must not."""
    settings = settings_in(tmp_path)
    shutil.copy(migrated_file, tmp_path / "platea.db")
    package = tmp_path / "codice"
    shutil.copytree(places.ROOT / "webapp", package / "webapp")  # with what is compiled already
    for name in ("templates", "static"):
        (package / name).symlink_to(places.ROOT / name)
    port = free_port(0)
    options = ["--worker-class", places.WORKER_CLASS, "--threads", "2", "--no-control-socket"]
    options += ["--logger-class", "webapp.host.gunicorn_logs.GunicornLogs"]
    argv = python(*places.SERVER, "--bind", f"127.0.0.1:{port}", *options, "webapp.wsgi:app")
    env = {**environment(settings), "PYTHONPATH": str(package)}
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(argv, env=env, stderr=log, stdout=log)
    url = f"http://127.0.0.1:{port}"

    def policy() -> str:
        try:
            return requests.get(f"{url}/healthz", timeout=20).headers.get("Permissions-Policy", "")
        except requests.RequestException:
            return ""

    try:
        wait_until(lambda: "camera=()" in policy(), within_s=120)
        rules = package / "webapp" / "web" / "security.py"
        text = rules.read_text(encoding="utf-8")
        rules.write_text(text.replace("camera=(), ", "camera=(), gyroscope=(), "), encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: "gyroscope=()" in policy(), within_s=120)
    finally:
        process.terminate()
        process.wait(60)
    assert (tmp_path / "log").read_text().count("Traceback") == 0
