"""Tokens: where they may stand, how they end, what they may do, and the app's own proof."""

import hashlib
import hmac
import time

import pytest
import requests


def bare(meta, path: str = "/me", **kwargs) -> requests.Response:
    return meta.http.get(f"{meta.graph_url}/v26.0{path}", timeout=5, **kwargs)


def sign(secret: str, message: str) -> str:
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()


def test_a_token_may_stand_in_the_query_the_form_the_body_or_the_header(meta):
    token, url = meta.access_token, f"{meta.graph_url}/v26.0/23861540010200582"
    for kwargs in (
        {"params": {"access_token": token}},
        {"data": {"access_token": token}},
        {"json": {"access_token": token}},
        {"headers": {"Authorization": f"Bearer {token}"}},
    ):
        assert meta.http.post(url, timeout=5, **kwargs).json() == {"success": True}


def test_without_a_token_nothing_is_said(meta):
    answer = bare(meta)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 104)


def test_a_bad_token_is_401_in_the_header_and_400_in_the_query(meta):
    in_header = bare(meta, headers={"Authorization": "Bearer inventato"})
    in_query = bare(meta, params={"access_token": "inventato"})
    assert (in_header.status_code, in_query.status_code) == (401, 400)
    assert in_header.json()["error"]["code"] == in_query.json()["error"]["code"] == 190
    assert '"invalid_token"' in in_header.headers["WWW-Authenticate"]


def test_a_token_expires_when_its_time_comes(meta):
    meta.control("/clock", advance_s=61 * 86_400)
    error = bare(meta, params={"access_token": meta.access_token}).json()["error"]
    assert (error["code"], error["error_subcode"]) == (190, 463)
    assert error["message"].startswith("Error validating access token: Session has expired on ")


@pytest.mark.parametrize("subcode", [458, 459, 460, 464, 467, 492, 493])
def test_a_token_can_be_made_to_stop_working_for_every_reason_meta_has(meta, subcode):
    meta.control("/token", invalid=subcode)
    error = bare(meta, params={"access_token": meta.access_token}).json()["error"]
    assert (error["code"], error["error_subcode"]) == (190, subcode)
    meta.control("/token", invalid=None)
    assert meta.get("/me").status_code == 200


def test_a_person_unused_for_ninety_days_shuts_the_door_although_the_token_lives(meta):
    meta.control("/clock", advance_s=31 * 86_400)
    renewed = exchange(meta, meta.access_token)
    assert renewed["expires_in"] < 30 * 86_400  # a long-lived token is not prolonged


def test_removing_the_app_ends_every_token_of_the_person(meta):
    assert meta.call("DELETE", "/me/permissions").json() == {"success": True}
    assert meta.get("/me").json()["error"]["error_subcode"] == 458


def test_taking_one_permission_back_leaves_the_rest(meta):
    assert meta.call("DELETE", "/me/permissions/ads_management").json() == {"success": True}
    assert meta.get("/me").status_code == 200
    created = meta.post(f"/act_{meta.account_id}/customaudiences", name="x")
    assert created.json()["error"]["code"] == 294


def test_without_any_ads_permission_reading_is_forbidden(meta):
    meta.control("/token", scopes=["public_profile"])
    answer = meta.get(f"/act_{meta.account_id}/customaudiences")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, 200)


def exchange(meta, token: str) -> dict:
    params = {
        "grant_type": "fb_exchange_token",
        "client_id": meta.app_id,
        "client_secret": meta.app_secret,
        "fb_exchange_token": token,
    }
    return bare(meta, "/oauth/access_token", params=params).json()


def test_an_expired_token_cannot_be_exchanged(meta):
    meta.control("/token", invalid=463)
    assert exchange(meta, meta.access_token)["error"]["code"] == 190


def test_the_app_has_a_token_of_its_own(meta):
    params = {
        "grant_type": "client_credentials",
        "client_id": meta.app_id,
        "client_secret": meta.app_secret,
    }
    answer = bare(meta, "/oauth/access_token", params=params).json()
    assert answer == {"access_token": f"{meta.app_id}|{meta.app_secret}", "token_type": "bearer"}


def debugged(meta, token: str) -> dict:
    params = {"input_token": token, "access_token": f"{meta.app_id}|{meta.app_secret}"}
    answer = bare(meta, "/debug_token", params=params)
    assert answer.status_code == 200
    return answer.json()["data"]


def test_debug_token_tells_when_a_token_ends_and_what_it_may_do(meta):
    data = debugged(meta, meta.access_token)
    assert data["is_valid"] is True and data["type"] == "USER"
    assert "ads_management" in data["scopes"]
    assert data["expires_at"] - time.time() > 50 * 86_400
    assert data["data_access_expires_at"] - time.time() > 80 * 86_400
    assert data["issued_at"] <= time.time()


def test_debug_token_speaks_of_an_invalid_token_with_a_200(meta):
    meta.control("/token", invalid=460)
    data = debugged(meta, meta.access_token)
    assert data["is_valid"] is False and data["error"]["subcode"] == 460
    assert debugged(meta, "inventato")["is_valid"] is False


def test_both_forms_of_the_proof_are_taken(meta):
    plain = sign(meta.app_secret, meta.access_token)
    assert meta.get("/me", appsecret_proof=plain).status_code == 200
    moment = str(int(time.time()))
    timed = sign(meta.app_secret, f"{meta.access_token}|{moment}")
    assert meta.get("/me", appsecret_proof=timed, appsecret_time=moment).status_code == 200


def test_a_timed_proof_is_good_for_five_minutes(meta):
    moment = str(int(time.time()) - 400)
    timed = sign(meta.app_secret, f"{meta.access_token}|{moment}")
    error = meta.get("/me", appsecret_proof=timed, appsecret_time=moment).json()["error"]
    assert (error["code"], error["type"]) == (100, "GraphMethodException")


def test_a_missing_proof_matters_only_when_the_app_requires_it(meta):
    meta.control("/settings", needs_appsecret_proof=True)
    error = meta.get("/me").json()["error"]
    assert error["message"] == "API calls from the server require an appsecret_proof argument"


def test_me_is_the_person_of_the_token(meta):
    assert meta.get("/me").json() == {"name": "Giulia Ferri", "id": "102418837755201"}
