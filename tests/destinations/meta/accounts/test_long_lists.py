"""Accounts whose list of audiences takes longer than a page may: a worker reads it, pages show what it read.

1,500 audiences at two seconds a page end no page in time. Meta's own SDKs ask for fewer per page
(facebook-java-business-sdk#46), which takes longer still.
"""

from datetime import timedelta

import pytest
import requests
from rq import Queue
from rq.serializers import JSONSerializer

from tests.destinations.meta.accounts.journey import FACEBOOK
from webapp import clock, db, queueing
from webapp.destinations.base import TemporaryError
from webapp.destinations.meta import jobs
from webapp.destinations.meta.accounts import audience_lists
from webapp.destinations.meta.destination import MetaDestination
from webapp.destinations.meta.health import checking
from webapp.destinations.meta.models import MetaAudienceList


@pytest.fixture
def account(save_account, connected):
    return save_account()


def slow_down(simulator) -> None:
    settings = {"latency_s": 0.6}
    assert requests.post(f"{simulator.graph_url}/_sim/settings", json=settings, timeout=10).ok


def took(account, seconds: float) -> None:
    """As the last reading of a worker went."""
    with db.writing() as session:
        session.get_one(MetaAudienceList, account.id).took_s = seconds


def hurried(account):
    """As a page does that can wait a quarter of a second."""
    connection = MetaDestination().connect(account.client_id, account.id, deadline_s=0.25)
    try:
        return connection.listed()
    finally:
        connection.close()


def enqueued(settings) -> list[int]:
    with queueing.connection(settings.redis_url) as redis:
        queue = Queue(queueing.QUEUE, connection=redis, serializer=JSONSerializer, job_class=queueing.SafeJob)
        return [job.args[0] for job in queue.jobs if job.func_name == audience_lists.JOB]


def test_a_list_too_long_for_a_page_is_read_by_a_worker_and_then_shown(account, simulator, connected):
    slow_down(simulator)
    for _ in range(3):
        with pytest.raises(TemporaryError) as waiting:
            hurried(account)
    assert waiting.value.problem.what.startswith("Questo account ha molte custom audience")
    assert enqueued(connected) == [account.id]  # asked once, however often the page looks

    jobs.read_audiences(account.id)

    assert [node["name"] for node in hurried(account).nodes][-1] == "Clienti newsletter"


def test_the_page_waits_by_itself_and_shows_when_the_list_was_read(account, simulator, signed_in, fragment):
    address = f"{FACEBOOK}/{account.public_id}/info/audience"
    with db.writing() as session:
        session.add(MetaAudienceList(account_id=account.id, took_s=60))
    calls = len(simulator.calls())

    waiting = fragment(signed_in.get_htmx(address))
    assert waiting.get("hx-trigger") == "load delay:5s"
    assert "le stiamo leggendo" in waiting.text_content()
    assert len(simulator.calls()) == calls  # a page asks Facebook nothing

    jobs.read_audiences(account.id)
    took(account, 60)
    shown = fragment(signed_in.get_htmx(address))
    assert "Clienti newsletter" in shown.text_content()
    assert shown.get("hx-trigger") is None


def test_what_was_read_is_read_again_when_it_is_old(account, connected):
    jobs.read_audiences(account.id)
    took(account, 60)
    assert hurried(account).nodes and enqueued(connected) == []

    with db.writing() as session:
        session.get_one(MetaAudienceList, account.id).read_at = clock.now() - timedelta(minutes=5)

    assert hurried(account).nodes and enqueued(connected) == [account.id]


def test_a_list_that_became_short_is_read_in_front_of_the_page_again(account, simulator):
    jobs.read_audiences(account.id)
    took(account, 60)
    jobs.read_audiences(account.id)
    calls = len(simulator.calls("/customaudiences"))

    connection = MetaDestination().connect(account.client_id, account.id)
    connection.listed()
    connection.close()

    assert len(simulator.calls("/customaudiences")) == calls + 1


def test_the_hourly_look_keeps_its_list_too(account):
    checking.check(account.id)

    assert len(audience_lists.kept(account.id).nodes) == 3


def test_an_account_deleted_meanwhile_is_no_error(account):
    jobs.read_audiences(account.id + 1)

    assert audience_lists.kept(account.id + 1) is None
