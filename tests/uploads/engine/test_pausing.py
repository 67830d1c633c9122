"""Pauses: whose they are, what they say, and that nobody calls Meta while one lasts."""

from dataclasses import replace

import pytest
import requests
from sqlmodel import select

from tests.uploads.conftest import read
from webapp import clock, db
from webapp import services as platea
from webapp.destinations.meta.accounts import accounts
from webapp.destinations.meta.models import MetaAccount
from webapp.uploads import jobs
from webapp.uploads.commands import stop_upload
from webapp.uploads.engine.reconcile import reconcile
from webapp.uploads.models import Batch, Upload
from webapp.uploads.status import UploadStatus

CALLS = "/users"


@pytest.fixture(autouse=True)
def small_batches(connected):
    platea.start(replace(connected, batch_rows=3))


def people(count: int) -> tuple[str, ...]:
    return tuple(f"persona{n}@posta.example" for n in range(count))


def let_the_pause_end(world) -> None:
    """What time does: the hour of every pause comes."""
    with db.writing() as session:
        session.get_one(MetaAccount, world.account.id).paused_until = 1
        for batch in session.exec(select(Batch)):
            batch.next_attempt_at = 0
        for upload in session.exec(select(Upload)):
            upload.resume_at = 1 if upload.resume_at else None


def test_a_limit_met_by_one_upload_lets_every_upload_of_the_account_rest(world, work):
    world.add_contacts(*people(3))
    world.simulator.order(fault="80003", on="POST /users", times=1, minutes=7)
    first = work(world.start())
    calls = len(world.simulator.calls())

    second = work(world.start(audience_name="Un’altra"))

    assert (first.status, second.status) == (UploadStatus.PAUSED, UploadStatus.PAUSED)
    assert "rallentare" in second.reason
    assert second.resume_at == pytest.approx(first.resume_at, abs=30)
    assert len(world.simulator.calls()) == calls  # not even a look at the audience


def test_when_the_pause_is_over_all_go_on_by_themselves(world, work):
    world.add_contacts(*people(3))
    world.simulator.order(fault="80003", on="POST /users", times=1, minutes=7)
    first, second = work(world.start()), work(world.start(audience_name="Un’altra"))

    let_the_pause_end(world)
    reconcile()

    assert (read(first).status, read(second).status) == (UploadStatus.SENDING, UploadStatus.QUEUED)
    assert [work(upload).status for upload in (first, second)] == [UploadStatus.COMPLETED] * 2


def test_terms_not_accepted_say_who_accepts_them_and_where(world, work):
    world.add_contacts(*people(3))
    world.simulator.order(fault="terms_missing", on="POST /users", times=1)

    paused = work(world.start())

    assert paused.status == UploadStatus.PAUSED
    assert paused.reason_who == "chi amministra l’account inserzionista su Facebook"
    assert paused.reason_link.startswith("https://business.facebook.com/")
    assert world.simulator.account_id in paused.reason_link


@pytest.mark.parametrize("fault", ["190/463", "190/460", "190/458", "190/464", "200", "terms_missing"])
def test_what_a_person_must_put_right_pauses_and_goes_on_from_the_first_unsent_batch(world, work, fault):
    world.add_contacts(*people(9))
    world.simulator.order(fault=fault, on="POST /users", times=1, after=1)

    paused = work(world.start())
    assert paused.status == UploadStatus.PAUSED
    assert paused.reason and paused.todo and paused.reason_who
    while_paused = len(world.simulator.calls(CALLS))
    jobs.send_upload(paused.id)
    reconcile()
    assert len(world.simulator.calls(CALLS)) == while_paused

    accounts.clear_problem(world.account.id)
    reconcile()
    jobs.send_upload(paused.id)

    done = read(paused)
    assert done.status == UploadStatus.COMPLETED
    assert len(world.simulator.received(done.audience_id)) == 9
    assert len([call for call in world.simulator.calls(CALLS) if call["status"] == 200]) == 3


def test_a_paused_upload_can_be_stopped_and_says_what_was_sent(world, work):
    world.add_contacts(*people(9))
    world.simulator.order(fault="190/463", on="POST /users", times=1, after=1)
    paused = work(world.start())

    assert stop_upload(paused.id)

    stopped = read(paused)
    assert stopped.status == UploadStatus.STOPPED
    assert len(world.simulator.received(stopped.audience_id)) == 3


def test_a_long_outage_loses_nothing_and_gives_up_on_nothing(world, work):
    """More errors than one batch alone would be allowed."""
    world.add_contacts(*people(6))
    world.simulator.order(fault="unavailable", on="POST /users", times=None)
    upload = work(world.start())
    for _ in range(20):
        let_the_pause_end(world)
        reconcile()
        jobs.send_upload(upload.id)
    assert read(upload).status == UploadStatus.PAUSED
    assert read(upload).reason.startswith("Facebook ha un problema: riproviamo alle ")

    world.simulator.order(clear=True)
    let_the_pause_end(world)
    reconcile()
    jobs.send_upload(upload.id)

    done = read(upload)
    assert done.status == UploadStatus.COMPLETED
    assert len(world.simulator.received(done.audience_id)) == 6


def test_usage_near_its_limit_slows_down_before_meta_refuses(world, work):
    world.add_contacts(*people(9))
    assert requests.post(
        f"{world.simulator.graph_url}/_sim/settings", json={"hourly_calls": 4}, timeout=10
    ).ok

    upload = work(world.start())

    assert (upload.status, upload.reason) == (UploadStatus.PAUSED, "Facebook chiede di rallentare.")
    assert upload.resume_at > clock.epoch()
    assert [call["status"] for call in world.simulator.calls(CALLS)] == [200]
