"""A database that is gone, whichever way: pages say so within ten seconds, and work again when it is back."""

import socket
import subprocess
import time
from dataclasses import replace

import psycopg
import pytest
from sqlalchemy import make_url, text

from tests.conftest import make_app
from tests.support.running import wait_until
from tests.support.silent_proxy import silent_proxy
from webapp import clock, db, migrations, postgresql, workers
from webapp.config import ROOT
from webapp.host.processes import python

PAGE_WITHIN_S = 10.0
LONG_ENOUGH_S = PAGE_WITHIN_S + 5  # this machine may be slow; without limits it would be minutes


@pytest.fixture
def server(create_database):
    """The URL of a migrated database, and where its server listens."""
    url = make_url(create_database("sparisce"))
    engine = db.make_engine(url.render_as_string(hide_password=False))
    migrations.upgrade(engine)
    engine.dispose()
    return url


@pytest.fixture
def proxy(server):
    """What stands between us and PostgreSQL."""
    folder, port = server.query.get("host"), server.port or 5432
    in_folder = (socket.AF_UNIX, f"{folder}/.s.PGSQL.{port}")
    where = in_folder if folder else (socket.AF_INET, (server.host, port))
    with silent_proxy(*where) as made:
        yield made
    db.engine().dispose()


@pytest.fixture
def browser(settings, server, proxy):
    """A browser on an installation whose database is behind the proxy."""
    url = server.set(host="127.0.0.1", port=proxy.port, query={}).render_as_string(hide_password=False)
    app = make_app(replace(settings, database_url=url))
    app.testing = False
    return app.test_client()


def ready(browser):
    started = time.monotonic()
    answer = browser.get("/readyz")
    return answer.status_code, time.monotonic() - started


def form(browser):
    """A form of somebody who is not signed in: it is answered from the database."""
    started = time.monotonic()
    answer = browser.post_form("/accesso", {"email": "anna@posta.example", "password": "una password lunga"})
    return answer, time.monotonic() - started


def test_one_that_answers_and_then_says_nothing_holds_no_page_for_more_than_ten_seconds(browser, proxy):
    assert ready(browser)[0] == 200
    proxy.speaks = False

    answer, took_s = form(browser)
    status, also_took_s = ready(browser)

    assert (answer.status_code, status) == (503, 503)
    assert "Platea non è disponibile" in answer.text
    assert took_s < LONG_ENOUGH_S and also_took_s < LONG_ENOUGH_S

    proxy.speaks = True
    assert ready(browser)[0] == 200


def test_the_limits_of_a_page_add_up_to_less_than_ten_seconds():
    """The pool's connection, a new one, and its first answer; or the answer to one statement."""
    assert postgresql.ANSWER_S + postgresql.CONNECT_S + postgresql.ANSWER_S < PAGE_WITHIN_S
    assert postgresql.PAGE_S < PAGE_WITHIN_S


def test_a_statement_that_gets_no_answer_ends(server, proxy):
    url = server.set(host="127.0.0.1", port=proxy.port, query={}).render_as_string(hide_password=False)
    engine = db.make_engine(url, limit_s=2)
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        proxy.speaks = False
        started = time.monotonic()
        with pytest.raises(Exception, match="no answer from the database in 2 s"):
            connection.execute(text("SELECT 2"))
        assert time.monotonic() - started < 7
    proxy.speaks = True
    engine.dispose()


def test_one_that_takes_too_long_is_told_to_stop(server):
    engine = db.make_engine(server.render_as_string(hide_password=False), limit_s=2)
    with engine.connect() as connection, pytest.raises(Exception, match="statement timeout"):
        connection.execute(text("SELECT pg_sleep(20)"))
    engine.dispose()


def test_the_first_request_after_a_restart_is_not_lost(browser, proxy):
    before = form(browser)[0].status_code
    proxy.hang_up()

    assert form(browser)[0].status_code == before


def test_a_standby_can_be_read_and_says_that_it_cannot_be_written(settings, server):
    plain = server.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{server.database}" SET default_transaction_read_only = on')
    app = make_app(replace(settings, database_url=server.render_as_string(hide_password=False)))
    app.testing = False
    browser = app.test_client()

    answer, _ = form(browser)
    told = browser.get("/readyz")

    assert answer.status_code == 503
    assert "Il database si può soltanto leggere" in answer.text
    assert "tra pochi secondi" not in answer.text and 'http-equiv="refresh"' not in answer.text
    assert (told.status_code, told.get_json()["reasons"]["database"]) == (
        503,
        "Il database si può soltanto leggere",
    )
    db.engine().dispose()


# A worker whose host's clock is wrong: what the system says is moved, before any of our code runs.
WITH_CLOCK = """
import runpy, sys, time
real = time.time
time.time = lambda: real() + {ahead_s}
sys.argv = ["worker.py", "riconcilia"]
runpy.run_path("worker.py", run_name="__main__")
"""


@pytest.mark.parametrize("ahead_s", [7200, -7200], ids=["ahead", "behind"])
def test_a_worker_whose_clock_is_two_hours_off_says_so_and_does_nothing(settings, server, ahead_s, tmp_path):
    url = server.render_as_string(hide_password=False)
    env = {
        "DATABASE_URL": url, "REDIS_URL": "redis://127.0.0.1:1/0", "PLATEA_DATA": str(tmp_path),
        "PLATEA_SECRET_KEY": settings.secret_key, "PLATEA_TOKEN_KEYS": ",".join(settings.token_keys),
        "PLATEA_RECONCILE_S": "0.2", "PATH": "/usr/bin:/bin",
    }  # fmt: skip
    db.connect(url)
    command = python("-c", WITH_CLOCK.format(ahead_s=ahead_s))
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)

    def signals() -> list[workers.WorkerSignal]:
        with db.reading() as session:
            return workers.alive(session)

    try:
        wait_until(signals, 90)
        (signal,) = signals()
        assert abs(signal.clock_off_s - ahead_s) < 5
        assert signal.has_wrong_clock
        assert abs((clock.now() - signal.seen_at).total_seconds()) < 60  # the database's time, not its own
        wait_until(lambda: "non lavoro" in (tmp_path / "log").read_text(), 30)
    finally:
        process.terminate()
        process.wait(30)
    with db.reading() as session:
        assert session.execute(text("SELECT count(*) FROM periodic_run")).scalar_one() == 0
    db.engine().dispose()
