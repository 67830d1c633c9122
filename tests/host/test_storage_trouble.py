"""A full disk and a database that can only be read: told in words, by pages and by /readyz."""

import json
import os
import pwd
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from flask import abort
from sqlalchemy.exc import IntegrityError

from tests.conftest import make_app
from webapp import db
from webapp.access.models import Client
from webapp.config import ROOT
from webapp.host import storage_trouble
from webapp.host.processes import python

# An installation on a disk that takes no byte more: every file may be as long as the database is now.
FULL = """
import json, resource, sys, tempfile
from dataclasses import replace
from pathlib import Path
from tests.conftest import make_app
from webapp import db
from webapp.config import Settings
from webapp.crypto import new_key

folder = Path(sys.argv[1])
url = f"sqlite:///{folder / 'platea.db'}"
app = make_app(Settings(folder, url, "redis://127.0.0.1:1/0", "x" * 40, (new_key(),)))
app.testing = False
browser = app.test_client()
browser.get("/non-c-e")
fields = {"email": "anna@posta.example", "password": "una password lunga"}
before = browser.post_form("/accesso", fields).status_code
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
page = browser.post_form("/accesso", fields)
toast = browser.post_form("/accesso", fields, htmx=True)
ready = browser.get("/readyz")
print(json.dumps([before, page.status_code, page.text, toast.status_code, toast.headers.get("HX-Trigger"),
                  ready.status_code, ready.get_json()["reasons"].get("disk")]))
"""


def test_a_full_disk_is_told_by_the_page_the_toast_and_readyz(tmp_path, migrated_file):
    shutil.copy(migrated_file, tmp_path / "platea.db")

    ran = subprocess.run(
        python("-c", FULL, str(tmp_path)), cwd=ROOT, capture_output=True, text=True, check=True
    )

    before, status, page, toast_status, toast, ready, disk = json.loads(ran.stdout.splitlines()[-1])
    assert (before, status, toast_status, ready) == (422, 507, 507, 503)
    assert "Il disco del server" in page and "Chi gestisce Platea" in page
    assert "tra pochi secondi" not in page and 'http-equiv="refresh"' not in page
    assert "Chi gestisce Platea" in json.loads(toast)["avviso"]["testo"]
    assert disk == "Il disco del server è pieno"


def test_a_file_sent_in_while_the_disk_is_full_is_told_the_same(app):
    def fail() -> str:
        raise OSError(28, "No space left on device")

    app.add_url_rule("/guasto", "guasto", fail)
    app.testing = False

    answer = app.test_client().get("/guasto")

    assert answer.status_code == 507
    assert "Il disco del server è pieno" in answer.text


def test_another_trouble_of_the_system_is_ours(app):
    def fail() -> str:
        raise FileNotFoundError(2, "No such file or directory")

    app.add_url_rule("/guasto", "guasto", fail)
    app.testing = False

    assert app.test_client().get("/guasto").status_code == 500


@contextmanager
def as_nobody():
    """What a container does that runs as another user than the one the files belong to."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def closed(settings, migrated_file):
    """An installation whose SQLite file may only be read."""
    folder = Path(tempfile.mkdtemp(prefix="platea-"))
    shutil.copy(migrated_file, folder / "platea.db")
    app = make_app(replace(settings, data_dir=folder, database_url=f"sqlite:///{folder / 'platea.db'}"))
    app.testing = False
    app.test_client().get("/non-c-e")  # what the pages are made of is read as ourselves
    form(app.test_client())
    db.engine().dispose()
    (folder / "platea.db").chmod(0o444)
    folder.chmod(0o777)
    yield app.test_client()
    db.engine().dispose()
    shutil.rmtree(folder)


def form(browser):
    return browser.post_form("/accesso", {"email": "anna@posta.example", "password": "una password lunga"})


def test_a_database_that_may_only_be_read_says_so_and_what_to_do(closed):
    with as_nobody():
        answer, ready = form(closed), closed.get("/readyz")

    assert answer.status_code == 503
    assert "Il database si può soltanto leggere" in answer.text
    assert "permessi del file del database" in answer.text
    assert 'http-equiv="refresh"' not in answer.text
    assert (ready.status_code, ready.get_json()["reasons"]["database"]) == (
        503,
        "Il database si può soltanto leggere",
    )


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (psycopg.errors.DiskFull(), storage_trouble.DISK_FULL),
        (psycopg.errors.ReadOnlySqlTransaction(), storage_trouble.READ_ONLY),
        (psycopg.errors.AdminShutdown(), None),
        (sqlite3.OperationalError("database is locked"), None),
        (None, None),
    ],
)
def test_each_trouble_has_its_words(error, words):
    assert storage_trouble.of_database(error) == words


def test_what_two_save_at_once_is_a_refusal_in_words_and_no_failure_of_ours(app):
    def twice() -> str:
        with db.writing() as session:
            session.add_all([Client(name="Uno", public_id="stesso"), Client(name="Due", public_id="stesso")])
        abort(500)

    app.add_url_rule("/guasto", "guasto", twice)
    app.testing = False

    answer = app.test_client().get("/guasto")

    assert answer.status_code == 409
    assert "Qualcun altro è stato più veloce" in answer.text


def test_a_row_that_we_wrote_wrong_is_our_failure(app):
    def wrong() -> str:
        with db.writing() as session:
            session.add(Client(name=None))
        abort(404)

    app.add_url_rule("/guasto", "guasto", wrong)
    app.testing = False

    assert app.test_client().get("/guasto").status_code == 500
    assert not storage_trouble.is_lost_race(IntegrityError("", None, Exception()).orig)
