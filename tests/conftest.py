"""What every test may ask for: a migrated database, the application, a signed-in browser, checked pages.

The database is SQLite in the test's own folder, or PostgreSQL when TEST_DATABASE_URL names an empty one.

A test of plain values starts in a second, because nothing here, in `tests.support.running` or in
`tests.support.postgres` imports Flask, SQLAlchemy, Playwright or lxml before a fixture needs it.
"""

from __future__ import annotations

import gc
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString, cast

import pytest

from tests.support import browser_counts

if TYPE_CHECKING:
    from flask import Flask
    from lxml import html
    from playwright.sync_api import Browser as BrowserProcess
    from playwright.sync_api import Page
    from werkzeug.test import TestResponse

    from tests.support.web_client import Browser
    from webapp.access.models import Client, Operator, Role
    from webapp.config import Settings

# Of TEST_PASSWORD, with figures far below ours.
TEST_HASH = "$argon2id$v=19$m=8,t=1,p=1$c2FsZSBkaSBwcm92YSAxNg$Al1n+kOrfxf+1vUmkRW/Bvu2UdduDfrKFBvpMq+cQbg"

# A run starts hundreds of Python processes, and each would compile three hundred modules for itself.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A quarter of the processor's time went into looking for garbage among what is imported and stays: once every
# 700 objects is for programs that have little memory. What pytest warns of is found all the same, later.
gc.set_threshold(20_000, 10, 10)

pytest_plugins = [
    *(f"tests.support.{name}" for name in ("running", "postgres", "pgbouncer")),
    "tests.web.firefox",
]

# The shell is the same engine without the window around it, for which the others work four times as long.
CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")

EXPECT_MS = 20_000  # as long as a loaded machine may need for a page; what is there is seen at once

TEST_PASSWORD = "una password di prova"


def __getattr__(name: str) -> Any:
    """`Browser`, a kind of Flask's own client, and its pages: Flask is imported when a test asks for them."""
    if name in ("Browser", "TEST_PAGES"):
        from tests.support import web_client

        return getattr(web_client, name)
    raise AttributeError(name)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with what it starts, so that `make veloce` leaves out whoever waits for it."""
    for item in items:
        needs = set(getattr(item, "fixturenames", ()))
        if needs & {"chromium", "firefox"}:
            item.add_marker("browser")
        chosen = item.name.partition("[")[2]
        if needs & {"postgres_server", "with_trigrams", "on_postgres"} or "postgresql" in chosen:
            item.add_marker("postgres")
        if needs & {"workers", "crew"}:
            item.add_marker("processes")


def pytest_terminal_summary(terminalreporter) -> None:
    lines = browser_counts.summary()
    if "tests.test_architecture" in sys.modules:  # they were among the tests of this run
        lines = [*lines, *sys.modules["tests.test_architecture"].counts()]
    for line in lines:
        terminalreporter.write_line(line)


@pytest.fixture(autouse=True)
def nothing_slow_while_writing() -> Iterator[None]:
    """Whatever a test does, nobody may parse a file or call the network inside `db.writing()`."""
    if "webapp.db" not in sys.modules:  # a test of plain values: there is nothing to write to
        yield
        return
    from tests.support import slow_work

    slow_work.watch()
    yield
    assert slow_work.seen == []


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


def settings_in(folder: Path) -> Settings:
    """An installation that keeps its data in *folder*, and its database too unless TEST_DATABASE_URL says."""
    from webapp.config import Settings, database_url
    from webapp.crypto import new_key

    return Settings(
        data_dir=folder,
        database_url=database_url(os.environ.get("TEST_DATABASE_URL", f"sqlite:///{folder / 'platea.db'}")),
        redis_url="redis://127.0.0.1:1/0",  # nobody listens: what needs Redis brings its own
        secret_key="chiave di prova, lunga abbastanza per firmare",
        token_keys=(new_key(),),
        password_kib=8,  # as TEST_HASH; a sign-in at the true price takes longer than most tests
        password_passes=1,
    )


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema and nothing else, to be copied: migrating takes longer than a test."""
    from webapp import db, migrations

    path = tmp_path_factory.mktemp("schema") / "platea.db"
    engine = db.make_engine(f"sqlite:///{path}", pooled=False)
    migrations.upgrade(engine)
    engine.dispose()  # the last connection to close brings the WAL into the file
    return path


@pytest.fixture(scope="session")
def migrated_urls() -> set[str]:
    """Databases on PostgreSQL that this session has brought to the newest schema already."""
    return set()


@pytest.fixture
def database(settings: Settings, migrated_file: Path, migrated_urls: set[str]) -> Iterator[Settings]:
    """The database of this test, empty and migrated; `db.reading()` and `db.writing()` work."""
    with installed(settings, migrated_file, migrated_urls):
        yield settings


@contextmanager
def installed(settings: Settings, migrated_file: Path, migrated_urls: set[str]) -> Iterator[None]:
    """What `database` does for one test, for a module whose tests share what they only read.

    Rooms know each other as in every process of ours: who deletes something asks whether an upload needs it.
    """
    import tests.support.compiled_once  # noqa: F401
    from webapp import db, migrations, services, wiring

    is_sqlite = settings.database_url.startswith("sqlite")
    if is_sqlite:
        shutil.copy(migrated_file, settings.data_dir / "platea.db")
    services.start(settings)
    wiring.register_hooks()
    if not is_sqlite and settings.database_url not in migrated_urls:
        migrations.upgrade(db.engine())
        migrated_urls.add(settings.database_url)
    yield
    if not is_sqlite:
        _empty(settings.database_url)  # the test may have connected elsewhere
    db.engine().dispose()


def _empty(url: str) -> None:
    """Take every row out of a database on PostgreSQL. Most tables have none: the server looks which."""
    import psycopg
    from sqlalchemy import make_url

    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(_emptying())


@cache
def _emptying() -> LiteralString:
    """Whichever test runs alone, the models of every room are imported here. Children before parents."""
    from sqlmodel import SQLModel

    import webapp.budgets
    import webapp.contacts.models_imports
    import webapp.data_keys
    import webapp.destinations.meta.models
    import webapp.mail
    import webapp.periodic
    import webapp.uploads.models
    import webapp.workers  # noqa: F401

    tables = [table.name for table in reversed(SQLModel.metadata.sorted_tables)]
    steps = {name: f"DELETE FROM {name};" for name in tables}
    # It can only be added to.
    steps["audit_entry"] = (
        f"ALTER TABLE audit_entry DISABLE TRIGGER USER; {steps['audit_entry']}"
        "ALTER TABLE audit_entry ENABLE TRIGGER USER;"
    )
    each = "".join(f"IF EXISTS (SELECT FROM {name}) THEN {step} END IF;" for name, step in steps.items())
    return cast("LiteralString", f"DO $$ BEGIN {each} END $$")


@pytest.fixture
def app(database: Settings) -> Flask:
    return make_app(database)


def make_app(settings: Settings, **changes: object) -> Flask:
    """The application under test, with some settings of its own if needed: make_app(database, demo=True)."""
    from tests.support import web_client

    return web_client.make_app(settings, **changes)


@pytest.fixture
def client(app: Flask) -> Browser:
    """A browser nobody has signed in with."""
    return app.test_client()


@pytest.fixture
def aurora(database: Settings) -> Client:
    """The client "Studio Aurora", with nobody in it."""
    from webapp import db
    from webapp.access.models import Client

    with db.writing() as session:
        space = Client(name="Studio Aurora")
        session.add(space)
    return space


@pytest.fixture
def giulia(aurora: Client) -> Operator:
    """Giulia Ferri, administrator of Studio Aurora; her password is TEST_PASSWORD."""
    from webapp.access.models import Role

    return add_operator(aurora, Role.ADMINISTRATOR)


@pytest.fixture
def signed_in(app: Flask, giulia: Operator) -> Browser:
    """A browser where Giulia Ferri, administrator of Studio Aurora, is signed in."""
    browser = app.test_client()
    browser.sign_in(giulia)
    return browser


def add_operator(
    client: Client | None,
    role: Role,
    email: str = "giulia@aurora.example",
    name: str = "Giulia Ferri",
    **more: object,
) -> Operator:
    from webapp import db
    from webapp.access.models import Membership, Operator

    with db.writing() as session:
        operator = Operator(email=email, name=name, password_hash=TEST_HASH, **more)
        session.add(operator)
        session.flush()
        if client is not None:
            session.add(Membership(operator_id=operator.id, client_id=client.id, role=role))
    return operator


@pytest.fixture
def page():
    """`page(response)` → the page as a tree, once it has been found fit for people (`html_checks`)."""
    from tests.support.html_checks import check_page

    def check(response: TestResponse, status: int = 200) -> html.HtmlElement:
        assert response.status_code == status, f"{response.status_code}\n{response.text[:2000]}"
        return check_page(response.text)

    return check


@pytest.fixture
def fragment():
    """`fragment(response)` → the one root element of an answer to htmx, checked."""
    from tests.support.html_checks import check_fragment

    def check(response: TestResponse, status: int = 200) -> html.HtmlElement:
        assert response.status_code == status, f"{response.status_code}\n{response.text[:2000]}"
        return check_fragment(response.text)

    return check


@pytest.fixture(scope="session")
def chromium() -> Iterator[BrowserProcess]:
    """Chromium as the system has it; nothing is downloaded."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=EXPECT_MS)
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None and os.environ.get("PLATEA_BROWSER") == "obbligatorio":
        pytest.fail("Chromium manca, e qui i test del browser sono obbligatori")
    if path is None:
        pytest.skip("Chromium manca: i suoi test restano fuori (apt-get install chromium-headless-shell)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def served(app: Flask) -> Iterator[str]:
    """The address the application under test is served at, for browsers and other processes."""
    with served_at(app) as address:
        yield address


@contextmanager
def served_at(app: Flask) -> Iterator[str]:
    from werkzeug.serving import make_server

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def window(chromium: BrowserProcess, served: str, signed_in: Browser) -> Iterator[Page]:
    """A browser window where Giulia Ferri is signed in. Fails for anything the policy or a script refused."""
    with opened(chromium, served, signed_in) as page:
        yield page


@contextmanager
def opened(
    chromium: BrowserProcess, address: str, signed_in: Browser | None, **options: object
) -> Iterator[Page]:
    context = chromium.new_context(base_url=address, locale="it-IT", **options)
    if signed_in is not None:
        cookie = signed_in.get_cookie("platea")
        context.add_cookies([{"name": "platea", "value": cookie.value, "url": address}])
    problems: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: _judge_console(line.text, problems))
    if not options.get("bypass_csp"):
        page.on("load", lambda opened: browser_counts.note_page(opened.url))
    try:
        yield page
    finally:
        context.close()
    assert problems == []


def _judge_console(line: str, problems: list[str]) -> None:
    if "Content Security Policy" in line:
        problems.append(line)
        browser_counts.refused.append(line)
