"""/metrics, as Prometheus reads it: for who brings the token, in numbers without names."""

import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import make_app
from webapp import clock, db, mail, periodic, workers
from webapp.config import ROOT
from webapp.destinations.meta.accounts import accounts
from webapp.periodic import Task

TOKEN = "un-valore-per-le-prove"  # noqa: S105 (of these tests)


@pytest.fixture
def prometheus(database, simulator):
    """A client that asks as Prometheus does."""
    return make_app(simulator.settings(database), metrics_token=TOKEN).test_client()


def scraped(client, token: str = TOKEN) -> dict[str, float]:
    """Name with labels → value, of everything the page holds."""
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain; version=")
    families = text_string_to_metric_families(answer.text)
    return {
        f"{one.name}{''.join(f'[{value}]' for value in one.labels.values())}": one.value
        for family in families
        for one in family.samples
    }


def test_without_the_setting_the_address_does_not_exist(client):
    assert client.get("/metrics").status_code == 404


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer sbagliato"}, {"Authorization": TOKEN[:-1]}]
)
def test_without_the_token_nothing_is_told(prometheus, headers):
    answer = prometheus.get("/metrics", headers=headers)

    assert answer.status_code == 401
    assert "platea_" not in answer.text


def test_an_installation_at_rest_is_all_zeros_and_says_who_is_missing(prometheus):
    found = scraped(prometheus)

    assert found["platea_uploads[queued]"] == found["platea_batches[pending]"] == 0
    assert found["platea_oldest_waiting_seconds"] == 0
    assert found["platea_workers"] == 0
    assert found["platea_redis_up"] == 0 and "platea_queue_jobs" not in found
    assert found["platea_build_info[0.1.0]"] == 1


def test_workers_tasks_accounts_and_mails_are_counted(prometheus, aurora, simulator):
    def fail() -> None:
        raise ValueError

    with db.writing() as session:
        workers.sign(session, "uno", "0.1.0", clock.now())
        session.add(mail.OutgoingMail(
            recipient="anna@posta.example", subject="x", text=b"x", posted_at=0, next_try_at=0
        ))  # fmt: skip
    periodic.run_due([Task("backup", "Copie del database", 5, 60, fail)], "uno")
    account = accounts.save_with_token(aurora.id, "Aurora", simulator.account_id, simulator.access_token)

    found = scraped(prometheus)
    assert found["platea_workers"] == 1
    assert found["platea_mails_waiting"] == 1
    assert found["platea_task_failures[backup]"] == 1
    assert found[f"platea_account_problem[{account.public_id}]"] == 0
    assert found[f"platea_account_rest_seconds[{account.public_id}]"] == 0


def test_requests_are_counted_by_how_they_end_and_probes_are_not(prometheus):
    prometheus.get("/accesso")
    prometheus.get("/non-c-e")
    prometheus.get("/healthz")

    found = scraped(prometheus)
    assert found["platea_http_request_seconds_count[GET][2xx]"] == 1
    assert (
        found["platea_http_request_seconds_count[GET][4xx]"]
        + found.get("platea_http_request_seconds_count[GET][3xx]", 0)
        == 1
    )


def test_every_alert_rule_asks_for_a_number_that_is_there(prometheus, aurora, simulator):
    asked = set(re.findall(r"\bplatea_\w+", (ROOT / "deploy" / "prometheus-rules.yml").read_text("utf-8")))
    code = "".join(
        (ROOT / path).read_text("utf-8")
        for path in ("webapp/home/metrics.py", "webapp/web/request_metrics.py")
    )

    assert len(asked) > 8
    for name in asked:
        assert f'"{name.removeprefix("platea_").removesuffix("_count")}"' in code.replace('"platea_', '"'), (
            name
        )
