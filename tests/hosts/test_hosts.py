"""Two web hosts behind nginx and two hosts of workers, with nothing in common but PostgreSQL and Redis.

Each has a host name and a data folder of its own, and all of it is under a path of the site that people open.
Whoever looks at the pages cannot tell which one answers.
"""

import os
import re
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import requests
from sqlalchemy import text
from sqlmodel import select

from tests.conftest import TEST_PASSWORD
from tests.hosts import nginx
from tests.support.running import environment, wait_until
from tests.uploads.conftest import is_final
from webapp import db, places, workers
from webapp.config import ROOT, Settings
from webapp.contacts.consent import ConsentPolicy
from webapp.contacts.models import UserDatabase
from webapp.contacts.models_imports import ContactImport, ImportStatus
from webapp.destinations.base import Medium
from webapp.destinations.meta.accounts import accounts
from webapp.host.database_words import NEWER_SCHEMA
from webapp.host.installation import free_port
from webapp.host.processes import Supervisor, python
from webapp.sealed_files import StoredFile
from webapp.uploads.commands import start_upload
from webapp.uploads.models import Upload
from webapp.uploads.status import UploadStatus

pytestmark = [pytest.mark.timeout(600), pytest.mark.processes, pytest.mark.postgres]
ROOT_PATH = "/platea"  # the site shares its host with others
ROWS = 6_000
MAY_NAME_ITSELF = ["unshare", "--uts", *(() if os.geteuid() == 0 else ("--user", "--map-root-user"))]


@pytest.fixture
def settings(settings, create_database):
    return replace(settings, database_url=create_database("di_piu_host", migrated=True))


@dataclass
class Hosts:
    """*folders*: the data folder of each host, by its name."""

    settings: Settings
    supervisor: Supervisor
    front: nginx.Nginx
    ports: dict[str, int]
    folders: dict[str, Path]
    http: requests.Session = field(default_factory=requests.Session)
    answered: list[str] = field(default_factory=list)  # the names of the hosts, in order

    @property
    def url(self) -> str:
        return self.settings.public_url

    def get(self, path: str) -> requests.Response:
        return self._kept(self.http.get(f"{self.url}{path}", timeout=60))

    def send(self, page: str, to: str, data: dict | None = None, **more: object) -> requests.Response:
        """Send a form that stands on *page*; whoever answers leads on to the next page."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get(page).text)
        assert token, page
        body = {"csrf_token": token[1], **(data or {})}
        return self._kept(self.http.post(f"{self.url}{to}", data=body, timeout=60, **more))

    def _kept(self, answer: requests.Response) -> requests.Response:
        names = {f"127.0.0.1:{port}": name for name, port in self.ports.items()}
        for one in (*answer.history, answer):
            self.answered.append(names[one.headers["X-Answered-By"].split(", ")[-1]])
        return answer

    def lose(self, name: str) -> None:
        """The host is gone from one moment to the next, with all that ran on it."""
        process = self.supervisor.release(name).process
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def hosts(connected, tmp_path) -> Iterator[Hosts]:
    """web-a, web-b, work-a and work-b, and nginx in front of the first two."""
    front_port = free_port(0)
    common = replace(
        connected, public_url=f"https://localhost:{front_port}{ROOT_PATH}", proxies=1, reconcile_s=1
    )
    ports = {"web-a": free_port(0), "web-b": free_port(0)}
    folders = {name: tmp_path / name for name in (*ports, "work-a", "work-b")}
    (tmp_path / "log").mkdir()
    (tmp_path / "nginx").mkdir()
    supervisor = Supervisor(tmp_path / "log")
    with ExitStack() as ends:
        ends.callback(supervisor.stop)
        for name, folder in folders.items():
            env = environment(replace(common, data_dir=folder))
            env |= {"PYTHONPATH": str(ROOT), "PLATEA_PROXIES": "1"}
            argv = python(*places.worker_command())
            if port := ports.get(name):
                options = ["--worker-class", places.WORKER_CLASS, "--threads", "4", "--no-control-socket"]
                argv = python(*places.SERVER, "--bind", f"127.0.0.1:{port}", *options, "webapp.wsgi:app")
            named = [*MAY_NAME_ITSELF, "sh", "-c", 'hostname "$0" && exec "$@"', name]
            supervisor.add(name, [*named, *argv], env, grace_s=5)
        front = nginx.Nginx(tmp_path / "nginx", front_port, [*ports.values()], ROOT_PATH)
        ends.callback(front.stop)
        made = Hosts(common, supervisor, front, ports, folders)
        made.http.verify, made.http.trust_env = front.certificate, False
        for port in ports.values():
            wait_until(lambda port=port: answers(f"http://127.0.0.1:{port}/healthz"), within_s=180)
        wait_until(lambda: {"work-a", "work-b"} <= names_of_workers(), within_s=180)
        yield made


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False


def names_of_workers() -> set[str]:
    with db.reading() as session:
        return {worker.host for worker in workers.alive(session)}


def imports() -> list[ContactImport]:
    with db.reading() as session:
        return list(session.exec(select(ContactImport)))


@pytest.mark.skipif(shutil.which("unshare") is None, reason="unshare manca: un nome a testa non si può dare")
def test_what_was_begun_on_one_host_goes_on_on_the_others(hosts, aurora, giulia, simulator):
    with db.writing() as session:
        database = UserDatabase(client_id=aurora.id, name="Clienti")
        session.add(database)
    here = f"/database/{database.public_id}"
    rows = "".join(f"Persona {n};persona{n}@posta.example\n" for n in range(ROWS))

    # Who signs in is known to both, and a file that one took in is looked at by the other.
    hosts.send("/accesso", "/accesso", {"email": giulia.email, "password": TEST_PASSWORD})
    file = {"file": ("clienti.csv", f"Nome;Email\n{rows}".encode(), "text/csv")}
    columns = hosts.send(f"{here}/importazioni/nuova", f"{here}/importazioni/nuova", files=file)
    assert columns.url.endswith("/colonne") and "clienti.csv" in columns.text
    page = columns.url.removeprefix(hosts.url)
    for _ in range(4):
        assert "Persona 0" in hosts.get(page).text
    assert {"web-a", "web-b"} == set(hosts.answered[-4:])

    # The host that took the file in may go: it had nothing that the others lack.
    hosts.lose("web-a")
    checked = hosts.send(page, page, {"azione": "continua"})
    assert checked.status_code == 200
    hosts.send(page.replace("colonne", "controlla"), page.replace("colonne", "importa"))
    assert set(hosts.answered[-3:]) == {"web-b"}
    wait_until(lambda: imports()[0].status not in (ImportStatus.QUEUED, ImportStatus.RUNNING), within_s=180)
    (done,) = imports()
    assert (done.status, done.rows_new) == (ImportStatus.COMPLETED, ROWS)

    # An upload begun elsewhere is followed on the host that is left, while one of the workers' hosts goes.
    account = accounts.save_with_token(aurora.id, "Aurora", simulator.account_id, simulator.access_token)
    upload = start_upload(
        client_id=aurora.id, database_id=database.id, destination="meta", account_id=account.id,
        audience_id=None, audience_name="Clienti", medium=Medium.EMAIL, consent=ConsentPolicy.NOT_REFUSED,
        started_by="Giulia Ferri",
    )  # fmt: skip
    wait_until(lambda: "Clienti" in hosts.get(f"/caricamenti/{upload.public_id}").text)
    hosts.lose("work-a")
    wait_until(lambda: is_final(upload), within_s=240)
    with db.reading() as session:
        sent = session.get_one(Upload, upload.id)
        left = session.exec(select(StoredFile).where(StoredFile.sealed_key.is_not(None))).all()
        audience = sent.audience_id
    assert (sent.status, len(simulator.received(audience))) == (UploadStatus.COMPLETED, ROWS)
    assert "Completato" in hosts.get(f"/caricamenti/{upload.public_id}").text

    # A later version that took something away has come to the database: who is left says so, and stops.
    with db.engine().begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("UPDATE schema_reach SET usable_from = '9998'"))
    assert hosts.get("/readyz").status_code == 503
    last = hosts.supervisor.release("work-b")
    wait_until(lambda: not last.is_alive, within_s=120)
    assert f"mi fermo: {NEWER_SCHEMA}" in last.log.read_text(encoding="utf-8")

    assert left == [], "the file is gone with its import"
    assert [file for folder in hosts.folders.values() for file in folder.rglob("*")] == []
