"""Answers to the code that are not what the documentation says: each is refused with a reason, none kept."""

import json
import socket
from contextlib import contextmanager
from dataclasses import replace

import pytest

from tests.destinations.meta.accounts.journey import FACEBOOK, drafts
from tests.destinations.meta.loopback import answer, request_of, serving
from webapp import services as platea

TOKEN = "EAAB" + "a" * 60
LONG = "EAAB" + "b" * 60
APP = "871204539916042"
GOOD = {
    "code": {"access_token": TOKEN, "token_type": "bearer", "expires_in": 5400},
    "exchange": {"access_token": LONG, "token_type": "bearer", "expires_in": 5183944},
    "debug_token": {
        "data": {"is_valid": True, "app_id": APP, "scopes": ["ads_management"], "expires_at": 1900000000}
    },
    "permissions": {"data": [{"permission": "ads_management", "status": "granted"}]},
    "me": {"id": "1", "name": "Giulia Ferri"},
}


def call_of(head: str, body: str) -> str:
    last = head.split(" ")[1].partition("?")[0].split("/")[-1]
    if last == "access_token":
        return "exchange" if "fb_exchange_token" in body else "code"
    return last


@contextmanager
def graph(settings, **answers: object):
    """A Graph API that answers the code, the exchange, debug_token, permissions and me as told."""
    told = GOOD | answers

    def talk(connection: socket.socket) -> None:
        while True:
            head, body = request_of(connection)
            said = told[call_of(head, body)]
            answer(connection, said if isinstance(said, bytes) else json.dumps(said).encode())

    with serving(talk) as url:
        platea.start(replace(settings, graph_url=url))
        yield


def come_back_with_a_code(start, signed_in, settings, **answers: object) -> str:
    """The text of the form after Facebook's redirect."""
    state = start().url.partition("state=")[2].partition("&")[0]
    with graph(settings, **answers):
        back = signed_in.get(f"{FACEBOOK}/ritorno?code=AQqualunque&state={state}")
        assert back.status_code == 303
        return signed_in.get(back.headers["Location"]).text


def test_the_answers_of_the_documentation_are_taken(start, signed_in, meta_settings):
    assert "Autorizzato come Giulia Ferri." in come_back_with_a_code(start, signed_in, meta_settings)


@pytest.mark.parametrize("step", ["code", "exchange"])
@pytest.mark.parametrize(
    "said",
    [
        {},
        {"token_type": "bearer", "expires_in": 5400},
        {"access_token": "", "expires_in": 5400},
        {"access_token": None},
        {"access_token": {"a": 1}},
        {"access_token": TOKEN, "expires_in": -5},
        {"access_token": TOKEN, "expires_in": 0},
        {"access_token": TOKEN, "expires_in": "presto"},
        {"access_token": TOKEN, "expires_in": [1]},
        {"access_token": "EAAB con spazi, e altro ancora dentro"},
        [],
        b"<html>Sorry, something went wrong.</html>",
        b"",
        b"null",
        b"access_token=" + TOKEN.encode(),
    ],
)
def test_an_answer_without_a_usable_token_is_refused(start, signed_in, meta_settings, step, said):
    shown = come_back_with_a_code(start, signed_in, meta_settings, **{step: said})

    assert "Autorizzazione non riuscita" in shown and "Riprova tra un minuto." in shown
    assert drafts()[0].token is None


def test_a_token_that_says_no_end_is_taken(start, signed_in, meta_settings):
    endless = {"data": {"is_valid": True, "app_id": APP, "scopes": ["ads_management"], "expires_at": 0}}
    shown = come_back_with_a_code(
        start, signed_in, meta_settings, exchange={"access_token": LONG}, debug_token=endless
    )

    assert "non scade" in shown and drafts()[0].token_expires_at is None


@pytest.mark.parametrize(
    ("debug", "told"),
    [
        ({"is_valid": True, "app_id": "1", "scopes": ["ads_management"]}, "per un’altra app di Meta"),
        ({"is_valid": False, "app_id": APP, "scopes": ["ads_management"]}, "non è valido"),
        ({"is_valid": True, "app_id": APP, "scopes": ["public_profile"]}, "Manca il permesso"),
        ({"is_valid": True, "app_id": APP, "scopes": []}, "Manca il permesso"),
        (None, "non è valido"),
    ],
)
def test_a_token_that_is_not_for_us_is_refused(start, signed_in, meta_settings, debug, told):
    shown = come_back_with_a_code(start, signed_in, meta_settings, debug_token={"data": debug})

    assert told in shown and drafts()[0].token is None


def test_the_end_of_access_to_data_counts_when_it_comes_first(start, signed_in, meta_settings):
    data = GOOD["debug_token"]["data"] | {"data_access_expires_at": 1800000000}
    come_back_with_a_code(start, signed_in, meta_settings, debug_token={"data": data})

    assert drafts()[0].token_expires_at.timestamp() == 1800000000


def test_a_permission_taken_back_after_the_token_was_made_is_noticed(start, signed_in, meta_settings):
    declined = {"data": [{"permission": "ads_management", "status": "declined"}]}
    shown = come_back_with_a_code(start, signed_in, meta_settings, permissions=declined)

    assert "Manca il permesso" in shown
