"""What every test may ask for: a migrated database, the application, a signed-in browser, checked pages.

The database is SQLite in the test's own folder, or PostgreSQL when TEST_DATABASE_URL names an empty one.
"""

import hashlib
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import flask
import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from lxml import html
from playwright.sync_api import Browser as BrowserProcess
from playwright.sync_api import Page, sync_playwright
from sqlalchemy import Engine, text
from sqlmodel import SQLModel
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

import webapp.contacts.models_imports  # noqa: F401 (every table is known, whichever test runs alone)
import webapp.destinations.meta.models  # noqa: F401
import webapp.mail  # noqa: F401
import webapp.periodic  # noqa: F401
import webapp.uploads.models  # noqa: F401
import webapp.workers  # noqa: F401
from tests.support import browser_counts, slow_work
from tests.support.html_checks import check_fragment, check_page
from webapp import create_app, db, migrations
from webapp import services as platea
from webapp.access.models import Client, Membership, Operator, Role
from webapp.access.policy import POLICY, Who
from webapp.access.signing_in import sessions
from webapp.config import Settings, database_url
from webapp.crypto import new_key

# Of TEST_PASSWORD, with figures far below ours.
TEST_HASH = "$argon2id$v=19$m=8,t=1,p=1$c2FsZSBkaSBwcm92YSAxNg$Al1n+kOrfxf+1vUmkRW/Bvu2UdduDfrKFBvpMq+cQbg"
pytest_plugins = ["tests.support.running", "tests.support.postgres", "tests.support.pgbouncer"]

TEST_PASSWORD = "una password di prova"

# Pages that tests add to the application, and who may ask for them.
TEST_PAGES = dict.fromkeys(
    ("prova", "vivo", "ferma", "invia", "file", "fai", "rifiuto", "manca"), Who.OPERATOR
)
TEST_PAGES |= {"guasto": Who.PUBLIC, "dove": Who.SUPPORT, "posso": Who.SUPPORT}
TEST_PAGES |= {"per_marketer": Who.MARKETER, "per_chi": Who.ADMINISTRATOR, "per_proprietari": Who.OWNER}
POLICY.update(TEST_PAGES)


def pytest_terminal_summary(terminalreporter) -> None:
    for line in browser_counts.summary():
        terminalreporter.write_line(line)


@pytest.fixture(autouse=True)
def nothing_slow_while_writing() -> Iterator[None]:
    """Whatever a test does, nobody may parse a file or call the network inside `db.writing()`."""
    slow_work.watch()
    yield
    assert slow_work.seen == []


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path,
        database_url=database_url(os.environ.get("TEST_DATABASE_URL", f"sqlite:///{tmp_path / 'platea.db'}")),
        redis_url="redis://127.0.0.1:1/0",  # nobody listens: what needs Redis brings its own
        secret_key="chiave di prova, lunga abbastanza per firmare",
        token_keys=(new_key(),),
    )


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema and nothing else, to be copied: migrating takes longer than a test."""
    path = tmp_path_factory.mktemp("schema") / "platea.db"
    engine = db.make_engine(f"sqlite:///{path}", pooled=False)
    migrations.upgrade(engine)
    engine.dispose()  # the last connection to close brings the WAL into the file
    return path


@pytest.fixture
def database(settings: Settings, migrated_file: Path) -> Iterator[Settings]:
    """The database of this test, empty and migrated; `db.reading()` and `db.writing()` work."""
    is_sqlite = settings.database_url.startswith("sqlite")
    if is_sqlite:
        shutil.copy(migrated_file, settings.data_dir / "platea.db")
    platea.start(settings)
    if not is_sqlite:
        migrations.upgrade(db.engine())
    yield settings
    if not is_sqlite:
        _empty(db.connect(settings.database_url))  # the test may have connected elsewhere
    db.engine().dispose()


def _empty(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))  # it can only be added to
        for table in reversed(SQLModel.metadata.sorted_tables):
            connection.execute(table.delete())
        connection.execute(text("ALTER TABLE audit_entry ENABLE TRIGGER USER"))


@pytest.fixture
def app(database: Settings) -> Flask:
    return make_app(database)


def make_app(settings: Settings, **changes: object) -> Flask:
    """The application under test, with some settings of its own if needed: make_app(database, demo=True)."""
    app = create_app(replace(settings, **changes))
    app.testing = True
    app.test_client_class = Browser
    return app


@pytest.fixture
def client(app: Flask) -> "Browser":
    """A browser nobody has signed in with."""
    return app.test_client()


@pytest.fixture
def aurora(database: Settings) -> Client:
    """The client "Studio Aurora", with nobody in it."""
    with db.writing() as session:
        space = Client(name="Studio Aurora")
        session.add(space)
    return space


@pytest.fixture
def giulia(aurora: Client) -> Operator:
    """Giulia Ferri, administrator of Studio Aurora; her password is TEST_PASSWORD."""
    return add_operator(aurora, Role.ADMINISTRATOR)


@pytest.fixture
def signed_in(app: Flask, giulia: Operator) -> "Browser":
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
    with db.writing() as session:
        operator = Operator(email=email, name=name, password_hash=TEST_HASH, **more)
        session.add(operator)
        session.flush()
        if client is not None:
            session.add(Membership(operator_id=operator.id, client_id=client.id, role=role))
    return operator


class Browser(FlaskClient):
    """Flask's test client with what a real browser adds: the form's token, and htmx's header when asked."""

    application: Flask

    def open(self, *args: object, buffered: bool = True, **more: object) -> TestResponse:
        """Read the answer to its end, so that files it came from are closed."""
        return super().open(*args, buffered=buffered, **more)

    def sign_in(self, operator: Operator) -> None:
        """What a right password leads to, without the tenth of a second that looking at one takes."""
        with self.application.test_request_context():
            sessions.open_for(operator)
            opened = dict(flask.session)
        with self.session_transaction() as session:
            session.update(opened)

    def post_form(
        self, url: str, data: dict | None = None, htmx: bool = False, **more: object
    ) -> TestResponse:
        """POST a form as its page would: with the CSRF token, through htmx or not."""
        headers = {"HX-Request": "true"} if htmx else {}
        fields = {"csrf_token": self.csrf_token(more.get("base_url")), **(data or {})}
        return self.post(url, data=fields, headers={**headers, **more.pop("headers", {})}, **more)

    def get_htmx(self, url: str, **headers: str) -> TestResponse:
        return self.get(url, headers={"HX-Request": "true", **headers})

    def csrf_token(self, base_url: str | None = None) -> str:
        """What the hidden field of a form shown to this browser would hold."""
        with self.session_transaction(base_url=base_url) as session:
            raw = session.setdefault("csrf_token", hashlib.sha256(os.urandom(16)).hexdigest())
        return URLSafeTimedSerializer(self.application.secret_key, salt="wtf-csrf-token").dumps(raw)


@pytest.fixture
def page():
    """`page(response)` → the page as a tree, once it has been found fit for people (`html_checks`)."""

    def check(response: TestResponse, status: int = 200) -> html.HtmlElement:
        assert response.status_code == status, f"{response.status_code}\n{response.text[:2000]}"
        return check_page(response.text)

    return check


@pytest.fixture
def fragment():
    """`fragment(response)` → the one root element of an answer to htmx, checked."""

    def check(response: TestResponse, status: int = 200) -> html.HtmlElement:
        assert response.status_code == status, f"{response.status_code}\n{response.text[:2000]}"
        return check_fragment(response.text)

    return check


@pytest.fixture(scope="session")
def chromium() -> Iterator[BrowserProcess]:
    """Chromium as the system has it; nothing is downloaded."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None and os.environ.get("PLATEA_BROWSER") == "obbligatorio":
        pytest.fail("Chromium manca, e qui i test del browser sono obbligatori")
    if path is None:
        pytest.skip("Chromium manca: i test del browser restano fuori (apt-get install chromium)")
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
def window(chromium: BrowserProcess, served: str, signed_in: "Browser") -> Iterator[Page]:
    """A browser window where Giulia Ferri is signed in. Fails for anything the policy or a script refused."""
    with opened(chromium, served, signed_in) as page:
        yield page


@contextmanager
def opened(
    chromium: BrowserProcess, address: str, signed_in: "Browser | None", **options: object
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
