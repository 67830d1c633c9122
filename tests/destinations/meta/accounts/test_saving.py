""" "salva": the token has to reach the ad account and be able to upload; nothing is saved half."""

import pytest
import requests

from tests.destinations.meta.accounts.journey import FACEBOOK, come_back, drafts, saved
from webapp.destinations.base import NeedsPersonError
from webapp.destinations.meta.accounts import accounts
from webapp.destinations.meta.accounts.grants import GrantRefused


@pytest.fixture
def change(simulator):
    """`change(tos_accepted=False)` → the ad account, as it is on Facebook from now on."""

    def changed(**values: object) -> None:
        body = {"account": simulator.account_id, **values}
        assert requests.post(f"{simulator.graph_url}/_sim/account", json=body, timeout=30).ok

    return changed


@pytest.fixture
def save(signed_in, simulator, fragment):
    """`save()` → the text of the form that comes back instead of a saved account."""

    def refused(**values: str) -> str:
        fields = {"nome": "Aurora Outlet", "account_id": simulator.account_id}
        fields |= {"token": simulator.access_token, **values}
        form = fragment(signed_in.post_form(f"{FACEBOOK}/nuovo", fields, htmx=True), 422)
        assert saved() == []
        assert (
            fields["token"] not in form.text_content() and not form.xpath(".//input[@name='token']/@value")[0]
        )
        return " ".join(form.text_content().split())

    return refused


def test_a_pasted_token_is_looked_at_and_kept_as_a_system_users(signed_in, simulator):
    fields = {"nome": "Aurora", "account_id": simulator.account_id, "token": simulator.access_token}

    answer = signed_in.post_form(f"{FACEBOOK}/nuovo", fields, htmx=True)

    assert answer.headers["HX-Redirect"] == FACEBOOK
    (account,) = saved()
    assert (account.token_kind, account.facebook_user_name) == ("system_user", "Giulia Ferri")
    assert [call["path"] for call in simulator.calls()] == [
        "/debug_token",
        "/me",
        f"/act_{simulator.account_id}",
    ]


def test_terms_that_nobody_accepted(change, save):
    change(tos_accepted=False)

    text = save()

    assert "Nessuno ha ancora accettato le Condizioni d’uso per il pubblico personalizzato" in text
    assert "Apri le condizioni, accettale su Facebook, poi torna qui e salva." in text


def test_an_account_that_is_disabled(change, save):
    change(status=2)

    assert "Su Facebook l’account inserzionista di “Aurora Outlet” è disabilitato." in save()


def test_everything_missing_is_told_at_once(change, save):
    change(status=3, tos_accepted=False)
    text = save()

    assert "ha un pagamento da saldare" in text and "Condizioni d’uso" in text


def test_an_account_the_token_does_not_reach(change, save):
    change(assigned=False)

    assert "non vede questo account inserzionista, oppure l’Account ID non esiste" in save()


def test_a_token_without_the_permission(simulator, save):
    body = {"scopes": ["ads_read", "public_profile"]}
    requests.post(f"{simulator.graph_url}/_sim/token", json=body, timeout=30)

    assert "Il token utente di sistema non ha il permesso ads_management." in save()


def test_a_token_that_expired(simulator, save):
    requests.post(f"{simulator.graph_url}/_sim/token", json={"invalid": 463}, timeout=30)

    assert "Facebook dice che questo access token non è valido." in save()


def test_a_token_that_was_made_up(save):
    assert "Facebook dice che questo access token non è valido." in save(token="EAAB" + "0" * 40)


def test_facebook_out_of_order(simulator, save):
    simulator.order(fault="html_500", on="GET /account", times=1)

    assert "Riprova tra un minuto." in save()


def test_a_refused_save_keeps_the_authorisation_for_the_next_try(start, signed_in, change, simulator):
    come_back(signed_in, start().grant())
    fields = {"nome": "Aurora", "account_id": simulator.account_id, "bozza": drafts()[0].public_id}
    change(tos_accepted=False)
    assert signed_in.post_form(f"{FACEBOOK}/nuovo", fields).status_code == 422
    assert len(drafts()) == 1

    change(tos_accepted=True)
    assert signed_in.post_form(f"{FACEBOOK}/nuovo", fields).status_code == 303
    assert saved()[0].token_kind == "user" and drafts() == []


def test_the_account_id_may_be_corrected_after_the_authorisation(start, signed_in, simulator):
    come_back(signed_in, start(act_id="1").grant())
    fields = {"nome": "Aurora", "account_id": simulator.account_id, "bozza": drafts()[0].public_id}

    assert signed_in.post_form(f"{FACEBOOK}/nuovo", fields).status_code == 303
    assert saved()[0].act_id == simulator.account_id


def test_a_token_sealed_for_one_account_does_not_open_in_another(save_account):
    first, second = save_account("Uno"), save_account("Due", "555")
    second.token = first.token

    with pytest.raises(NeedsPersonError):
        accounts.token_of(second)


def test_the_command_line_connects_an_account_too(aurora, app, simulator):
    account = accounts.save_with_token(aurora.id, "Aurora", simulator.account_id, simulator.access_token)

    assert accounts.token_of(account) == simulator.access_token
    with pytest.raises(GrantRefused) as refused:
        accounts.save_with_token(aurora.id, "Di nuovo", simulator.account_id, simulator.access_token)
    assert refused.value.errors == {"account_id": "Questo Account ID è già configurato come “Aurora”."}
