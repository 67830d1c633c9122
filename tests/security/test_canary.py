"""Real work in real processes with a token, an e-mail and a phone that stand out; then they are looked for.

In the logs, in Redis (keys and files), in every file of the data folder, in the database column by column,
in a copy of the database, in error pages, in what commands print and in what monitoring reads.
"""

import re
import shutil
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from redis import Redis

from tests.conftest import TEST_PASSWORD, add_operator, settings_in
from tests.security import tables
from tests.support.command_line import platea
from tests.support.running import PLATEA, Workers, environment, wait_until
from webapp import db
from webapp.access.models import Role
from webapp.config import ROOT, Settings
from webapp.host.installation import free_port
from webapp.host.processes import Supervisor, python

pytestmark = pytest.mark.timeout(900)  # many requests, and the machine may be busy

EMAIL, BAD_EMAIL = "canarino.zq7x@posta-canarino.example", "canarino.zq7x(at)posta-canarino.example"
MOBILE = "3479918273"
CSV = f"Nome;Email;Cellulare;Città\nCanarino;{EMAIL};{MOBILE};Torino\nAltro;{BAD_EMAIL};3479918274;Torino\n"
# The domain of an address may be logged, as support needs it; the person in it may not.
PERSONAL = re.compile(rb"canarino\.zq7x|347 ?991 ?827[34]", re.IGNORECASE)
# Where an address or a phone of a contact may stand: in the contact itself, and in a row that was refused.
HOLDERS = {("contact", "email"), ("contact", "mobile"), ("contact", "own_fields"), ("rejected_row", "cells")}


class Browser:
    """A person at a real server, over HTTP."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = requests.Session()
        self.pages: list[requests.Response] = []

    def get(self, path: str) -> requests.Response:
        return self._kept(self.http.get(f"{self.url}{path}", timeout=30))

    def send(
        self, path: str, data: dict[str, str], page: str | None = None, **more: object
    ) -> requests.Response:
        """Send the form at *path*, with the token of the page it stands on."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get(page or path).text)
        assert token, path
        sent = {"csrf_token": token[1], **data}
        return self._kept(self.http.post(f"{self.url}{path}", data=sent, timeout=60, **more))

    def _kept(self, answer: requests.Response) -> requests.Response:
        self.pages += [*answer.history, answer]
        return answer

    def addresses(self) -> list[str]:
        """Every address that was asked for or led to, with its query."""
        return [text for one in self.pages for text in (one.url, one.headers.get("Location", ""))]


@pytest.fixture
def place(connected: Settings, tmp_path: Path) -> Iterator[Settings]:
    """A web server and two workers on this test's database; their settings, and where they log."""
    # Their rounds are for work that is lost, and none is; twice a second they cost more than the work.
    settings = _on_a_free_port(replace(connected, reconcile_s=2))
    workers = Workers(settings, tmp_path / "log")
    workers.start(2)
    with _web(workers.supervisor, settings):
        yield settings


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[Settings]:
    """A web server on a database with nothing in it, for whoever only knocks; its settings."""
    settings = _on_a_free_port(settings_in(tmp_path_factory.mktemp("web")))
    shutil.copy(migrated_file, settings.data_dir / "platea.db")
    with _web(Supervisor(settings.data_dir), settings):
        yield settings


def _on_a_free_port(settings: Settings) -> Settings:
    return replace(settings, public_url=f"http://127.0.0.1:{free_port(0)}")


@contextmanager
def _web(supervisor: Supervisor, settings: Settings) -> Iterator[None]:
    """gunicorn beside what *supervisor* runs already; all of it ends with the block."""
    where = urlsplit(settings.public_url).netloc
    argv = python("-m", "gunicorn", "--bind", where, "--no-control-socket", "--threads", "4")
    env = {**environment(settings), "PYTHONPATH": str(ROOT)}
    supervisor.add("web", [*argv, "webapp.wsgi:app"], env)
    try:
        wait_until(lambda: _answers(settings.public_url), within_s=120)
        yield
    finally:
        supervisor.stop()


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=2).ok
    except requests.RequestException:
        return False


def command(settings: Settings, *arguments: str) -> subprocess.CompletedProcess:
    """In a process of its own, with the log it configures for itself; `platea` does the rest in this one."""
    return subprocess.run(
        [*PLATEA, *arguments], env=environment(settings), capture_output=True, text=True, timeout=180
    )


def work(settings: Settings, simulator, tmp_path: Path) -> tuple[Browser, list[str]]:
    """Everything somebody does in a day, and what goes wrong in one; returns also what commands printed."""
    browser = Browser(settings.public_url)
    browser.send(
        "/accesso", {"email": EMAIL, "password": "sbagliata"}
    )  # a contact's address, mistyped as a login
    browser.send("/accesso", {"email": "giulia@aurora.example", "password": TEST_PASSWORD})
    facebook = "/configura/integrazioni/facebook/nuovo"
    browser.send(facebook, {"nome": "Rotto", "account_id": "1", "token": simulator.access_token})
    browser.send(
        facebook, {"nome": "Aurora", "account_id": simulator.account_id, "token": simulator.access_token}
    )
    browser.send("/database/nuovo", {"nome": "Clienti"})
    here = browser.pages[-1].url.removeprefix(settings.public_url).rpartition("/importazioni")[0]
    file = {"file": ("clienti.csv", CSV.encode(), "text/csv")}
    columns = browser.send(f"{here}/importazioni/nuova", {}, files=file).url.removeprefix(settings.public_url)
    browser.send(columns, {})
    made = columns.rpartition("/")[0]
    browser.send(f"{made}/importa", {}, page=f"{made}/controlla")
    wait_until(lambda: "Completata" in browser.get(made).text, within_s=120)
    browser.get(f"{made}/scarti.csv")
    browser.get(f"{here}/contatti?cerca={EMAIL}")
    csv = tmp_path / "da-riga-di-comando.csv"
    csv.write_text(CSV, encoding="utf-8")
    carica = ("carica", "--database", "Clienti", "--account", simulator.account_id, "--medium", "email")
    simulator.order(fault="html_500", on="POST /users", times=2)
    env = environment(settings)
    printed = [
        command(settings, *carica, "--audience", "Prima", "--attendi", "--json"),
        command(settings, "importa", str(csv), "--database", "Da riga di comando"),
        platea("importa", str(csv), "--database", "Clienti", "--json", env=env),
        platea(*carica, "--audience", "Seconda", "--attendi", env=env),
        platea("stato", env=env),
        platea("registro", "esporta", env=env),
        platea("registro", "verifica", env=env),
        platea("copia", env=env),
    ]
    browser.get("/caricamenti")
    for path in (
        "/configura/registro",
        "/configura/registro.csv",
        "/caricamenti/elenco.csv",
        f"{here}/filtri/nuovo",
    ):
        browser.get(path)
    browser.get(f"/{EMAIL}")  # an address that is not there, with the canary in its path
    _break_the_database(settings)
    browser.get(f"{here}/filtri")
    browser.get(f"{here}/contatti?cerca={MOBILE}")
    return browser, [done.stdout + done.stderr for done in printed]


def _break_the_database(settings: Settings) -> None:
    """What makes a page end in an exception that carries an SQL statement."""
    with db.engine().begin() as connection:
        connection.exec_driver_sql('ALTER TABLE "filter" RENAME TO filter_away')


@pytest.mark.processes
def test_canaries_are_nowhere_they_should_not_be(place, aurora, simulator, tmp_path):
    add_operator(aurora, Role.ADMINISTRATOR)
    browser, printed = work(place, simulator, tmp_path)
    monitoring = [
        requests.get(f"{place.public_url}{path}", timeout=10).text for path in ("/healthz", "/readyz")
    ]
    with Redis.from_url(place.redis_url) as redis:
        redis.save()
        kept = b"".join(key + (redis.dump(key) or b"") for key in redis.scan_iter())
        redis_files = [path for path in Path(redis.config_get("dir")["dir"]).rglob("*") if path.is_file()]
    logs = {path.name: path.read_bytes() for path in (tmp_path / "log").glob("*.log")}
    token = simulator.access_token.encode()
    # A form that is refused (422) shows again what its own reader typed.
    error_pages = "".join(
        page.text for page in browser.pages if page.status_code >= 400 and page.status_code != 422
    )
    places = {
        "log di web e worker": b"".join(logs.values()),
        "Redis, chiavi": kept,
        "Redis, file (RDB e AOF)": b"".join(path.read_bytes() for path in redis_files),
        "indirizzi e redirect": "\n".join(
            urlsplit(text)._replace(query="").geturl() for text in browser.addresses() if EMAIL not in text
        ).encode(),
        "pagine di errore": error_pages.encode(),
        "uscita dei comandi": "".join(printed).encode(),
        "healthz e readyz": "".join(monitoring).encode(),
    }
    data = {path: path.read_bytes() for path in place.data_dir.rglob("*") if path.is_file()}
    token_in = {name: content.count(token) for name, content in places.items()}
    token_in["pagine"] = sum(page.content.count(token) for page in browser.pages)
    token_in["file della cartella dei dati"] = sum(content.count(token) for content in data.values())
    people_in = {name: len(PERSONAL.findall(content)) for name, content in places.items()}
    columns = _columns_with_people(place)
    _print(token_in, people_in, columns, len(browser.pages), data)

    # The log holds an exception with its SQL statement, whatever sentence stands before it.
    assert b"no such table: filter" in places["log di web e worker"]
    assert set(token_in.values()) == {0}
    assert people_in == dict.fromkeys(people_in, 0)
    assert columns <= HOLDERS and ("contact", "email") in columns
    assert [path for path in data if path.parent.name == "importazioni"] == []


def _columns_with_people(settings: Settings) -> set[tuple[str, str]]:
    """Every column of the database, read raw, in which an address or a phone of a canary stands."""
    path = settings.database_url.removeprefix("sqlite:///")
    found = set()
    with sqlite3.connect(path) as connection:
        for (table,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        ).fetchall():
            cursor = connection.execute(f'SELECT * FROM "{table}"')  # noqa: S608 (names of our own tables)
            names = [column[0] for column in cursor.description]
            for row in cursor:
                for name, value in zip(names, row, strict=True):
                    content = value if isinstance(value, bytes) else str(value).encode()
                    if PERSONAL.search(content):
                        found.add((table.removesuffix("_away"), name))
    return found


def _print(token_in: dict, people_in: dict, columns: set, pages: int, data: dict) -> None:
    lines = [f"{'dove':<34}{'token':>8}{'email e cellulari':>20}"]
    for name in token_in:
        lines.append(f"{name:<34}{token_in[name]:>8}{people_in.get(name, '–'):>20}")
    lines.append(f"{pages} risposte, {len(data)} file nella cartella dei dati (database, WAL, copie)")
    lines.append("colonne con dati di contatti: " + ", ".join(sorted(f"{t}.{c}" for t, c in columns)))
    tables.PRINTED["Sicurezza: canarini dopo un giorno di lavoro"] = lines


def test_no_file_of_the_host_is_served(web):
    for path in (
        "/.git/config",
        "/static/",
        "/static/../webapp/config.py",
        "/static/%2e%2e/pyproject.toml",
        "/dati",
    ):
        answer = requests.get(f"{web.public_url}{path}", timeout=10, allow_redirects=False)
        assert answer.status_code in (303, 404), path
        assert "def " not in answer.text and "[project]" not in answer.text and "Index of" not in answer.text


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 1_0\r\n",
    ],
)
def test_a_message_with_two_lengths_is_refused(web, head):
    parts = urlsplit(web.public_url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as line:
        line.sendall(f"POST /accesso HTTP/1.1\r\nHost: {parts.netloc}\r\n{head}\r\nx=y&z".encode())
        status = line.recv(200).split(b" ", 2)[1]

    assert status in (b"400", b"411", b"501")
