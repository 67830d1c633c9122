"""Meta calls back: a person removed the app, or wants what is held of them erased."""

import base64
import hashlib
import hmac
import json

import pytest
import requests

from tests.conftest import make_app, served_at
from tests.destinations.meta.accounts.journey import FACEBOOK, saved
from webapp import clock
from webapp.destinations.meta.accounts.signed_request import Forged, read

SECRET = "segreto-di-prova"
NOW = 1_900_000_000
PAYLOAD = {"algorithm": "HMAC-SHA256", "expires": NOW + 3600, "issued_at": NOW, "user_id": "218471"}
PERSON = "102418837755201"  # the simulator's Giulia Ferri


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def signed(payload: object, secret: str = SECRET) -> str:
    body = encoded(json.dumps(payload).encode())
    return encoded(hmac.new(secret.encode(), body.encode(), hashlib.sha256).digest()) + "." + body


def test_a_request_of_meta_names_the_person():
    assert read(signed(PAYLOAD), SECRET, NOW) == ("218471", NOW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "a.b",
        "è.è",
        signed(PAYLOAD).replace(".", ""),
        signed(PAYLOAD, "un altro segreto"),
        signed(PAYLOAD)[1:],
        signed(PAYLOAD) + "A",
        "." + signed(PAYLOAD).partition(".")[2],
        signed(PAYLOAD | {"algorithm": "none"}),
        signed(PAYLOAD | {"algorithm": "HMAC-SHA1"}),
        signed({key: value for key, value in PAYLOAD.items() if key != "algorithm"}),
        signed(PAYLOAD | {"issued_at": NOW + 3600}),
        signed(PAYLOAD | {"issued_at": NOW - 90_000}),
        signed(PAYLOAD | {"issued_at": "oggi"}),
        signed(PAYLOAD | {"expires": NOW - 3600}),
        signed(PAYLOAD | {"user_id": ""}),
        signed(PAYLOAD | {"user_id": "1 OR 1=1"}),
        signed([1]),
        signed(None),
        signed(PAYLOAD) * 50,
    ],
)
def test_anything_else_is_forged(text):
    with pytest.raises(Forged):
        read(text, SECRET, NOW)


def test_without_a_secret_of_ours_nothing_is_believed():
    with pytest.raises(Forged):
        read(signed(PAYLOAD, ""), "", NOW)


def send(simulator, to: str) -> dict:
    body = {"to": to, "user_id": PERSON}
    return requests.post(f"{simulator.graph_url}/_sim/signed_request", json=body, timeout=30).json()


def test_who_removes_the_app_leaves_accounts_to_authorise_again(
    app, signed_in, save_account, simulator, page
):
    account = save_account()
    with served_at(app) as address:
        assert send(simulator, f"{address}{FACEBOOK}/revoca")["status"] == 200

    assert saved()[0].token is None
    row = page(signed_in.get(FACEBOOK)).get_element_by_id(f"account-{account.public_id}")
    assert "Da autorizzare" in row.text_content()


def test_who_asks_for_erasure_is_told_where_to_see_it_done(app, client, save_account, simulator):
    save_account()
    with served_at(app) as address:
        answer = send(simulator, f"{address}{FACEBOOK}/cancellazione")

    told = json.loads(answer["body"])
    assert told["url"] == f"http://127.0.0.1:8000{FACEBOOK}/cancellazione/{told['confirmation_code']}"
    (account,) = saved()
    assert (account.token, account.facebook_user_id, account.facebook_user_name) == (None, None, None)
    page = client.get(f"{FACEBOOK}/cancellazione/{told['confirmation_code']}")
    assert page.status_code == 200 and told["confirmation_code"] in page.text


@pytest.mark.parametrize("path", ["revoca", "cancellazione"])
def test_a_forged_request_changes_nothing(client, save_account, path):
    account = save_account()
    answer = client.post(f"{FACEBOOK}/{path}", data={"signed_request": signed(PAYLOAD)})

    assert answer.status_code == 400 and saved()[0].token == account.token


@pytest.mark.parametrize("path", ["revoca", "cancellazione"])
def test_an_old_request_sent_again_takes_nothing_away_that_was_given_since(
    app, save_account, simulator, path, database
):
    """The signature is Meta's, and good for a day: whoever has seen one could keep an account shut."""
    save_account()
    client = make_app(simulator.settings(database)).test_client()
    secret, now = simulator.settings(database).meta_app_secret, int(clock.epoch())

    def send_one(issued_at: int) -> int:
        told = PAYLOAD | {"issued_at": issued_at, "expires": 0, "user_id": PERSON}
        return client.post(f"{FACEBOOK}/{path}", data={"signed_request": signed(told, secret)}).status_code

    assert send_one(now - 3_600) == 200 and saved()[0].token is not None
    assert send_one(now) == 200 and saved()[0].token is None


def test_a_code_of_somebody_else_is_not_there(client):
    assert client.get(f"{FACEBOOK}/cancellazione/inventato").status_code == 404
