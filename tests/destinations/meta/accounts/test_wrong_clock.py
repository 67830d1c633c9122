"""A moment that lies further ahead than it can was written by a wrong clock, and counts as over."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.destinations.meta.accounts.test_health import enqueued
from webapp import clock, db
from webapp.destinations.base import Problem
from webapp.destinations.meta.accounts import audience_lists, pace, showing
from webapp.destinations.meta.health import checking
from webapp.destinations.meta.models import MetaAccount, MetaAudienceList, MetaHealth

DAY_S = 24 * 3600
SLOW = Problem("limite", "Facebook chiede di rallentare.", "Aspetta.", "nessuno")


@pytest.fixture
def account(save_account) -> MetaAccount:
    return save_account()


def write(row: type, account: MetaAccount, **values: object) -> None:
    with db.writing() as session:
        found = session.get(row, account.id)
        if found is None:
            found = row(account_id=account.id)
        for name, value in values.items():
            setattr(found, name, value)
        session.add(found)


def now(account: MetaAccount) -> MetaAccount:
    with db.reading() as session:
        return session.get_one(MetaAccount, account.id)


@pytest.mark.parametrize(
    ("ahead_s", "rests"), [(-1, False), (60, True), (DAY_S - 60, True), (DAY_S + 60, False), (1e9, False)]
)
def test_no_account_rests_for_longer_than_a_day(account, ahead_s, rests):
    write(MetaAccount, account, paused_until=clock.epoch() + ahead_s)

    assert (pace.resting(account.id).until > 0) is rests
    assert (showing.account_row(now(account)).rests is not None) is rests


def test_a_rest_is_never_written_longer_than_a_day_and_takes_the_place_of_one_that_is(account):
    write(MetaAccount, account, paused_until=clock.epoch() + 1e9)

    pace.rest(account.id, 60, SLOW)
    assert pace.resting(account.id).until - clock.epoch() <= 60
    pace.rest(account.id, 1e9, SLOW)
    assert DAY_S - 60 <= pace.resting(account.id).until - clock.epoch() <= DAY_S


@pytest.mark.parametrize(
    ("asked_s", "due"), [(-3700, True), (-3500, False), (4, False), (60, True), (7200, True)]
)
def test_an_account_that_was_asked_for_in_the_future_is_looked_at_now(account, connected, asked_s, due):
    write(MetaHealth, account, asked_at=clock.now() + timedelta(seconds=asked_s))

    checking.enqueue_due()

    assert enqueued(connected) == ([account.id] if due else [])


def test_an_account_whose_rest_a_wrong_clock_wrote_is_looked_at(account, connected):
    write(MetaHealth, account, asked_at=clock.now() - timedelta(hours=2))
    write(MetaAccount, account, paused_until=clock.epoch() + 1e9)

    checking.enqueue_due()

    assert enqueued(connected) == [account.id]


def test_a_list_that_was_read_in_the_future_is_read_again(account, connected):
    ahead = clock.now() + timedelta(hours=2)
    write(MetaAudienceList, account, asked_at=ahead, read_at=ahead, nodes=[], took_s=20)

    audience_lists.from_a_worker(account.id)

    with db.reading() as session:
        asked_at = session.get_one(MetaAudienceList, account.id).asked_at
    assert asked_at <= clock.now()


@given(within_s=st.integers(0, 10_000), ago_s=st.integers(-10_000, 10_000))
def test_what_is_recent_lies_in_the_past_but_for_the_slack_of_two_clocks(within_s, ago_s):
    at = clock.now()
    recent = clock.is_recent(at - timedelta(seconds=ago_s), timedelta(seconds=within_s), at)

    assert recent is (-5 <= ago_s <= within_s)
