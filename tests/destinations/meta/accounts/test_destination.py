"""Facebook as uploads see it: accounts, connections, and what they remember of trouble."""

import hashlib

import pytest
import requests
import time_machine

from tests.destinations.meta.accounts.journey import saved
from webapp import clock, db
from webapp.destinations.base import ContactRow, Medium, NeedsPersonError, PermanentError, TemporaryError
from webapp.destinations.meta.accounts import accounts, pace
from webapp.destinations.registry import destination

META = destination("meta")
MARY = bytes.fromhex(
    "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79"
)  # mary@example.com, Meta
PHONE = bytes.fromhex("1ef970831d7963307784fa8688e8fce101a15685d62aa765fed23f3a2c576a4e")  # 15559876543, Meta


def people(count: int) -> list[ContactRow]:
    return [(n, hashlib.sha256(b"%d" % n).digest(), None) for n in range(count)]


@pytest.fixture
def account(save_account):
    return save_account()


@pytest.fixture
def connection(account):
    opened = META.connect(account.client_id, account.id)
    yield opened
    opened.close()


def test_rows_hold_the_digest_of_the_medium_in_the_order_of_the_people():
    both = [(1, MARY, PHONE), (2, PHONE, MARY)]

    email, sms = META.encoder(Medium.EMAIL).encode(both), META.encoder(Medium.SMS).encode(both)

    assert (email.schema, email.digests) == (("EMAIL",), MARY + PHONE)
    assert (sms.schema, sms.digests) == (("PHONE",), PHONE + MARY)


def test_nobody_makes_no_rows():
    assert len(META.encoder(Medium.EMAIL).encode([])) == 0


def test_accounts_are_those_of_the_client_by_name(save_account, aurora):
    save_account("beta", "22"), save_account("Alfa", "11")

    assert [(one.name, one.reference, one.problem) for one in META.accounts(aurora.id)] == [
        ("Alfa", "11", None),
        ("beta", "22", None),
    ]
    assert META.accounts(aurora.id + 1) == []


def test_an_account_that_was_deleted_is_a_lookup_error(account):
    assert accounts.delete(account)

    for ask in (META.account, META.connect):
        with pytest.raises(LookupError):
            ask(account.client_id, account.id)


def test_users_reach_the_audience_as_they_were_encoded(connection, simulator):
    audience_id = connection.create_audience("Novembre", "segno")

    result = connection.add_users(audience_id, META.encoder(Medium.EMAIL).encode([(1, MARY, None)]))

    assert (result.received, result.rejected_count) == (1, 0)
    assert simulator.received(audience_id) == {MARY.hex()}


def test_an_audience_is_made_once_however_often_it_is_asked_for(connection):
    first = connection.create_audience("Novembre", "segno")

    assert connection.create_audience("Novembre", "segno") == first
    assert [one.name for one in connection.audiences()].count("Novembre") == 1


def test_an_error_that_needs_a_person_marks_the_account(account, connection, simulator):
    simulator.order(fault="190/463", on="GET /customaudiences", times=1)

    with pytest.raises(NeedsPersonError):
        connection.audiences()

    assert META.account(account.client_id, account.id).problem.startswith(
        "L’autorizzazione di questo account Facebook è scaduta."
    )
    connection.audiences()
    assert META.account(account.client_id, account.id).problem is None


def test_missing_terms_stay_marked_until_something_was_written(account, connection, simulator):
    audience_id = connection.create_audience("Novembre", "segno")
    simulator.order(fault="200/1870034", on="POST /users", times=1)
    with pytest.raises(NeedsPersonError):
        connection.add_users(audience_id, META.encoder(Medium.EMAIL).encode(people(2)))

    connection.audiences()
    assert "condizioni di Facebook" in META.account(account.client_id, account.id).problem

    connection.add_users(audience_id, META.encoder(Medium.EMAIL).encode(people(2)))
    assert META.account(account.client_id, account.id).problem is None


def test_a_deleted_audience_does_not_disable_the_account(account, connection, simulator):
    audience_id = connection.create_audience("Novembre", "segno")
    simulator.order(fault="100/33", on="POST /users", times=1)
    body = {"audience": audience_id, "deleted": True}
    assert requests.post(f"{simulator.graph_url}/_sim/audience", json=body, timeout=30).ok

    with pytest.raises(PermanentError):
        connection.add_users(audience_id, META.encoder(Medium.EMAIL).encode(people(2)))

    assert META.account(account.client_id, account.id).problem is None


def test_a_lost_ad_account_is_not_taken_for_a_deleted_audience(account, connection, simulator):
    audience_id = connection.create_audience("Novembre", "segno")
    body = {"account": account.act_id, "assigned": False}
    assert requests.post(f"{simulator.graph_url}/_sim/account", json=body, timeout=30).ok

    with pytest.raises(NeedsPersonError):
        connection.add_users(audience_id, META.encoder(Medium.EMAIL).encode(people(2)))

    assert saved()[0].problem == "100/33"


def test_a_throttled_account_rests_and_nobody_insists(account, connection, simulator):
    simulator.order(fault="80003", on="GET /customaudiences", times=1)
    with time_machine.travel("2026-11-24 10:00:00 +00:00", tick=False) as travel:
        with pytest.raises(TemporaryError) as first:
            connection.audiences()
        assert first.value.account_wide and saved()[0].paused_until > clock.epoch()
        calls = len(simulator.calls())
        with pytest.raises(TemporaryError) as second:
            connection.audiences()
        assert second.value.retry_after_s == pytest.approx(first.value.retry_after_s)
        assert "Facebook chiede di rallentare: riprende da solo alle 1" in second.value.problem.what
        assert len(simulator.calls()) == calls

        travel.shift(first.value.retry_after_s + 1)
        assert connection.audiences()


def test_a_longer_rest_is_not_cut_short(account):
    pace.rest(account.id, 600)
    pace.rest(account.id, 60)

    assert saved()[0].paused_until - clock.epoch() > 500


def test_an_expired_token_is_a_problem_before_facebook_is_asked(account, simulator):
    with time_machine.travel("2027-06-01 10:00:00 +00:00", tick=False):
        assert (
            META.account(account.client_id, account.id).problem
            == "L’autorizzazione è scaduta: autorizza di nuovo l’account."
        )
        with pytest.raises(NeedsPersonError) as error:
            META.connect(account.client_id, account.id)

    assert error.value.problem.what == (
        "L’autorizzazione di “Aurora Italia” è scaduta, quindi nessun utente è stato inviato."
    )


def test_a_token_nobody_can_open_any_more_marks_the_account(account):
    """As after a restore without the keys: an upload must wait for a person, not try for ever."""
    with db.writing() as session:
        row = session.get(type(account), account.id)
        row.token = b"gAAAA" + bytes(80)
        session.add(row)

    with pytest.raises(NeedsPersonError):
        META.connect(account.client_id, account.id)

    assert META.account(account.client_id, account.id).problem is not None


def test_looking_again_clears_what_was_put_right(account, simulator):
    accounts.set_problem(account.id, "200/1870034", "Le condizioni non sono state accettate.")

    accounts.look_again(saved()[0])

    assert META.account(account.client_id, account.id).problem is None
