"""/healthz and /readyz, for hosts that restart what does not answer and for support."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from redis import Redis

from tests.conftest import make_app
from webapp import clock, db, periodic, workers
from webapp.periodic import Task

TOKEN = "un token di prova lungo abbastanza"


def test_a_process_that_runs_says_so_without_asking_anybody(client):
    answer = client.get("/healthz")

    assert answer.get_json() == {"status": "ok"}


def test_without_redis_and_workers_platea_works_and_says_what_is_missing(client):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    told = answer.get_json()
    assert told["status"] == "degraded"
    assert told["checks"] == {
        "database": True, "disk": True, "redis": False, "worker": False, "clock": True, "tasks": True
    }  # fmt: skip
    assert told["reasons"] == {
        "redis": "Redis non risponde o non accetta dati: gli invii partono con qualche secondo di ritardo.",
        "worker": "Nessun worker è attivo: avviane uno con “platea worker”.",
    }


@pytest.mark.parametrize(
    ("asks_from", "headers", "hears_all"),
    [
        ("127.0.0.1", {}, True),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.7"}, False),
        ("203.0.113.7", {}, False),
        ("203.0.113.7", {"Authorization": "Bearer sbagliato"}, False),
        ("203.0.113.7", {"Authorization": f"Bearer {TOKEN}"}, True),
    ],
)
@pytest.mark.parametrize("token", ["", TOKEN])
def test_why_not_is_told_on_this_computer_and_to_who_has_the_token(
    database, asks_from, headers, hears_all, token
):
    client = make_app(database, metrics_token=token).test_client()

    answer = client.get("/readyz", headers=headers, environ_base={"REMOTE_ADDR": asks_from})

    expected = {"status", "checks"}
    if hears_all and (token or "Authorization" not in headers):
        expected |= {"reasons", "tasks"}
    assert answer.get_json().keys() == expected


def test_a_worker_that_signed_lately_counts(client):
    with db.writing() as session:
        workers.sign(session, "uno", "0.1.0", clock.now())

    assert client.get("/readyz").get_json()["checks"]["worker"] is True


def test_a_database_without_the_newest_schema_is_not_ready(database, tmp_path):
    empty = make_app(replace(database, database_url=f"sqlite:///{tmp_path / 'vuoto.db'}")).test_client()

    answer = empty.get("/readyz")

    assert (answer.status_code, answer.get_json()["status"]) == (503, "down")
    assert "platea migra" in answer.get_json()["reasons"]["database"]


def test_a_task_that_fails_is_told_with_when_it_last_went_well(client):
    def fail() -> None:
        raise ValueError("anna@posta.example")

    periodic.run_due([Task("e-mail", "Invio delle email", 5, 60, lambda: None)], "a")
    periodic.run_due([Task("backup", "Copie del database", 5, 60, fail)], "a")

    told = client.get("/readyz").get_json()
    assert told["checks"]["tasks"] is False
    assert told["reasons"]["tasks"] == (
        "Questi lavori periodici non riescono o sono in ritardo: Copie del database."
    )
    assert told["tasks"]["e-mail"]["failures"] == 0 and told["tasks"]["e-mail"]["succeeded"]
    assert told["tasks"]["backup"]["error"] == "Errore imprevisto (ValueError)."
    assert told["tasks"]["backup"]["code"].startswith("E-")


def test_a_worker_whose_clock_is_wrong_is_named(client):
    with db.writing() as session:
        workers.sign(session, "sbagliato", "0.1.0", clock.now(), 7200)

    told = client.get("/readyz").get_json()
    assert told["checks"]["clock"] is False
    assert "sbagliato" in told["reasons"]["clock"]


def test_asking_does_not_wait_for_who_writes(client):
    with db.writing() as session:
        session.connection()  # the write lock of SQLite
        with ThreadPoolExecutor(1) as somebody_else:
            assert somebody_else.submit(client.get, "/readyz").result(60).status_code == 200


def test_a_redis_that_answers_and_takes_nothing_does_not_count(database, redis_url):
    redis = Redis.from_url(redis_url)
    browser = make_app(database, redis_url=redis_url).test_client()
    assert browser.get("/readyz").get_json()["checks"]["redis"] is True

    redis.config_set("maxmemory", "1")
    assert redis.ping()
    assert browser.get("/readyz").get_json()["checks"]["redis"] is False
    redis.config_set("maxmemory", "0")
