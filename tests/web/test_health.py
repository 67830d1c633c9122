"""/healthz and /readyz, for hosts that restart what does not answer and for support."""

from dataclasses import replace

from tests.conftest import make_app
from webapp import clock, db, workers


def test_a_process_that_runs_says_so_without_asking_anybody(client):
    answer = client.get("/healthz")

    assert answer.get_json()["status"] == "ok"


def test_without_redis_and_workers_platea_works_and_says_what_is_missing(client):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.get_json() == {
        "status": "degraded",
        "checks": {"database": True, "redis": False, "worker": False},
    }


def test_a_worker_that_signed_lately_counts(client):
    with db.writing() as session:
        workers.sign(session, "uno", "0.1.0", clock.now())

    assert client.get("/readyz").get_json()["checks"]["worker"] is True


def test_a_database_without_the_newest_schema_is_not_ready(database, tmp_path):
    empty = make_app(replace(database, database_url=f"sqlite:///{tmp_path / 'vuoto.db'}")).test_client()

    answer = empty.get("/readyz")

    assert (answer.status_code, answer.get_json()["status"]) == (503, "down")
