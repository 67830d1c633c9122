"""The app is blocked, its secret is wrong, its version differs: told to who runs Platea, on no account."""

from dataclasses import replace

import pytest
import requests

from tests.destinations.meta.accounts.journey import FACEBOOK, saved
from webapp import clock, db
from webapp import services as platea
from webapp.destinations.base import EncodedRows, TemporaryError
from webapp.destinations.meta.accounts import pace
from webapp.destinations.meta.destination import MetaDestination
from webapp.destinations.meta.health import checking
from webapp.destinations.meta.models import MetaAccount

ROWS = EncodedRows(("EMAIL",), bytes(range(32)))


@pytest.fixture
def account(save_account):
    return save_account("Novembre", "101")


@pytest.fixture
def connection(account):
    opened = MetaDestination().connect(account.client_id, account.id)
    yield opened
    opened.close()


def let_the_rest_end(account: MetaAccount) -> None:
    with db.writing() as session:
        session.get_one(MetaAccount, account.id).paused_until = 0


def test_a_blocked_app_lets_the_account_rest_and_marks_nothing(account, connection, simulator):
    audience = connection.create_audience("Novembre", "marca")
    simulator.order(fault="200", message="API access blocked.", on="POST /users", times=1)

    with pytest.raises(TemporaryError) as refused:
        connection.add_users(audience, ROWS)

    assert refused.value.problem.who == "chi gestisce Platea"
    assert refused.value.account_wide
    assert saved()[0].problem is None
    assert pace.resting(account.id).problem.what == "L’app di Platea non è attiva su Facebook."
    [notice] = MetaDestination().account(account.client_id, account.id).notices
    assert notice.tone == "err" and "App Dashboard" in notice.text

    let_the_rest_end(account)
    assert connection.add_users(audience, ROWS).recovered
    assert MetaDestination().account(account.client_id, account.id).notices == ()


@pytest.mark.parametrize("fault", ["190", "101", "100", "12", "2500", "100/33", "200"])
def test_trouble_of_debug_token_never_passes_for_trouble_of_the_account(
    fault, account, simulator, signed_in, page
):
    simulator.order(
        fault=fault, message="Invalid OAuth access token signature.", on="GET /debug_token", times=1
    )

    checking.check(account.id)

    assert saved()[0].problem is None
    assert pace.resting(account.id).until == 0
    shown = page(signed_in.get(f"{FACEBOOK}/salute")).text_content()
    assert "Lo fa chi gestisce Platea." in shown
    assert "Permessi completi" in shown

    checking.check(account.id)
    assert "chi gestisce Platea" not in page(signed_in.get(f"{FACEBOOK}/salute")).text_content()


def test_a_wrong_secret_is_said_where_a_token_is_pasted(account, meta_settings, simulator, signed_in):
    platea.start(replace(meta_settings, meta_app_secret="0" * 32))

    answer = signed_in.post_form(
        f"{FACEBOOK}/nuovo",
        {"nome": "Dicembre", "account_id": "102", "token": simulator.access_token},
    )

    assert answer.status_code == 422
    assert "Facebook non riconosce il segreto dell’app di Platea." in answer.text
    assert "META_APP_SECRET" in answer.text


@pytest.mark.parametrize("told", ["v27.0", "v31.0"])
def test_another_version_than_the_one_asked_stands_on_the_board(told, account, simulator, signed_in, page):
    set_simulator(simulator, answers_as=told)

    checking.check(account.id)

    shown = page(signed_in.get(f"{FACEBOOK}/salute")).text_content()
    assert f"Facebook risponde con la versione {told} della Graph API, Platea chiede la v26.0." in shown

    set_simulator(simulator, answers_as="")
    checking.check(account.id)
    assert "risponde con la versione" not in page(signed_in.get(f"{FACEBOOK}/salute")).text_content()


def set_simulator(simulator, **values: object) -> None:
    assert requests.post(f"{simulator.graph_url}/_sim/settings", json=values, timeout=10).ok


def test_trouble_of_the_app_is_told_once_for_two_accounts(save_account, simulator, signed_in, page):
    accounts = [save_account("Novembre", "101"), save_account("Dicembre", "102")]
    simulator.order(fault="101", on="GET /debug_token", times=2)

    for one in accounts:
        checking.check(one.id)

    assert page(signed_in.get(f"{FACEBOOK}/salute")).text_content().count("META_APP_ID") == 1


def test_a_network_that_lets_nobody_out_is_told_to_who_runs_platea_after_a_while(account, meta_settings):
    platea.start(replace(meta_settings, graph_url="http://127.0.0.1:1"))
    connection = MetaDestination().connect(account.client_id, account.id)
    try:
        first = fail(connection, account)
        assert first.who == "nessuno"
        assert first.what.startswith("Facebook non è raggiungibile: riproviamo alle ")
        with db.writing() as session:
            session.get_one(MetaAccount, account.id).failing_since = clock.epoch() - 31 * 60
        later = fail(connection, account)
    finally:
        connection.close()

    assert later.who == "chi gestisce Platea"
    assert "PLATEA_PROXY" in later.todo
    assert MetaDestination().account(account.client_id, account.id).notices[0].tone == "err"


def fail(connection, account: MetaAccount):
    """The problem after three more calls in a row."""
    for _ in range(3):
        let_the_rest_end(account)
        with pytest.raises(TemporaryError) as failed:
            connection.add_users("1", ROWS)
    return failed.value.problem
