"""The login dialog over real HTTP: as the browser sees it, and what comes back to the app."""

from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import html

REDIRECT = "http://127.0.0.1:5000/account/ritorno"
SCOPE = "ads_management,ads_read"


@pytest.fixture
def asked(meta):
    return {
        "client_id": meta.app_id,
        "redirect_uri": REDIRECT,
        "state": "stato-123",
        "response_type": "code",
        "scope": SCOPE,
    }


def opened(meta, asked):
    return meta.http.get(meta.dialog_url, params=asked, timeout=5)


def pressed(meta, asked, answer: str, granted: tuple[str, ...] = ()):
    """Fill in the form of the page as a browser would."""
    page = html.fromstring(opened(meta, asked).text)
    fields = {field.name: field.value for field in page.forms[0].xpath(".//input[@type='hidden']")}
    action = meta.graph_url + page.forms[0].action
    form = {**fields, "answer": answer, "granted": list(granted)}
    return meta.http.post(action, data=form, allow_redirects=False, timeout=5)


def came_back(answer) -> dict[str, str]:
    assert answer.status_code == 302
    address = answer.headers["Location"]
    assert address.startswith(REDIRECT + "?")
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def exchanged(meta, code: str, **changed) -> dict:
    params = {
        "client_id": meta.app_id,
        "client_secret": meta.app_secret,
        "redirect_uri": REDIRECT,
        "code": code,
        **changed,
    }
    return meta.http.get(f"{meta.graph_url}/v26.0/oauth/access_token", params=params, timeout=5).json()


def test_the_page_says_who_is_asked_what_and_that_it_is_a_demo(meta, asked):
    answer = opened(meta, asked)
    page = html.fromstring(answer.text)
    text = page.text_content()
    assert answer.status_code == 200 and page.get("lang") == "it"
    assert "Meta simulata – Modalità demo" in text and "Giulia Ferri" in text
    assert [button.text for button in page.xpath("//button")] == ["Annulla", "Continua"]
    offered = page.xpath("//input[@type='checkbox']/@value")
    assert offered == ["public_profile", "ads_management", "ads_read"]


def test_the_page_has_no_inline_script_or_style_and_a_policy_that_forbids_them(meta, asked):
    answer = opened(meta, asked)
    page = html.fromstring(answer.text)
    assert page.xpath("//script | //style | //@style | //@onclick") == []
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "http://127.0.0.1:*" in policy
    sheet = page.xpath("//link[@rel='stylesheet']/@href")[0]
    assert meta.http.get(meta.graph_url + sheet, timeout=5).headers["Content-Type"].startswith("text/css")


def test_continue_brings_back_a_code_and_the_state(meta, asked):
    back = came_back(pressed(meta, asked, "continue", ("ads_management", "ads_read")))
    assert back["state"] == "stato-123"
    token = exchanged(meta, back["code"])
    assert token["token_type"] == "bearer" and 3_600 <= token["expires_in"] <= 7_200
    permissions = meta.call("GET", "/me/permissions", token=token["access_token"]).json()["data"]
    assert {"permission": "ads_management", "status": "granted"} in permissions


def test_a_permission_without_its_tick_is_missing_from_the_token(meta, asked):
    back = came_back(pressed(meta, asked, "continue", ("ads_read",)))
    token = exchanged(meta, back["code"])["access_token"]
    permissions = meta.call("GET", "/me/permissions", token=token).json()["data"]
    assert {"permission": "ads_management", "status": "declined"} in permissions
    account = f"/act_{meta.account_id}"
    assert meta.call("GET", f"{account}/customaudiences", token=token).status_code == 200
    refused = meta.call("POST", f"{account}/customaudiences", token=token, json={"name": "x"})
    assert refused.json()["error"]["code"] == 294


def test_a_declined_permission_is_asked_again_only_with_rerequest(meta, asked):
    pressed(meta, asked, "continue", ("ads_read",))
    again = html.fromstring(opened(meta, asked).text).xpath("//input[@type='checkbox']/@value")
    assert "ads_management" not in again
    once_more = opened(meta, {**asked, "auth_type": "rerequest"}).text
    assert "ads_management" in html.fromstring(once_more).xpath("//input[@type='checkbox']/@value")


def test_a_business_configuration_grants_all_or_nothing(meta, asked):
    business = {name: value for name, value in asked.items() if name != "scope"} | {"config_id": "77"}
    page = html.fromstring(opened(meta, business).text)
    assert page.xpath("//input[@type='checkbox'][not(@disabled)]") == []
    back = came_back(pressed(meta, business, "continue"))
    token = exchanged(meta, back["code"])["access_token"]
    permissions = meta.call("GET", "/me/permissions", token=token).json()["data"]
    assert {"permission": "ads_management", "status": "granted"} in permissions


def test_granted_scopes_can_come_back_with_the_code(meta, asked):
    both = {**asked, "response_type": "code,granted_scopes"}
    back = came_back(pressed(meta, both, "continue", ("ads_read",)))
    assert back["granted_scopes"] == "public_profile,ads_read"
    assert back["denied_scopes"] == "ads_management"


def test_cancel_brings_back_metas_refusal_and_the_state(meta, asked):
    assert came_back(pressed(meta, asked, "cancel")) == {
        "error_reason": "user_denied",
        "error": "access_denied",
        "error_description": "Permissions error.",
        "state": "stato-123",
    }


def test_the_dialog_works_without_a_version_too(meta, asked):
    assert meta.http.get(f"{meta.graph_url}/dialog/oauth", params=asked, timeout=5).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "1"},
        {"redirect_uri": ""},
        {"redirect_uri": "https://example.com/ritorno"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "//example.com"},
        {"state": ""},
        {"response_type": "token"},
    ],
)
def test_a_request_that_will_not_do_stops_at_an_italian_page(meta, asked, change):
    answer = meta.http.get(meta.dialog_url, params={**asked, **change}, allow_redirects=False, timeout=5)
    assert answer.status_code == 400
    assert "Accesso non possibile" in html.fromstring(answer.text).text_content()


def test_a_code_is_good_once_for_its_own_address_and_for_ten_minutes(meta, asked):
    code = came_back(pressed(meta, asked, "continue", ("ads_management",)))["code"]
    assert exchanged(meta, code, redirect_uri=REDIRECT + "/")["error"]["error_subcode"] == 36008
    assert "access_token" in exchanged(meta, code)
    assert exchanged(meta, code)["error"]["error_subcode"] == 36009
    late = came_back(pressed(meta, asked, "continue", ("ads_management",)))["code"]
    meta.control("/clock", advance_s=601)
    assert exchanged(meta, late)["error"]["error_subcode"] == 36007
    assert exchanged(meta, "inventato")["error"]["message"] == "Invalid verification code format."


def test_a_wrong_client_secret_gets_nothing(meta, asked):
    code = came_back(pressed(meta, asked, "continue"))["code"]
    assert exchanged(meta, code, client_secret="no")["error"]["message"] == "Error validating client secret."
    assert "access_token" in exchanged(meta, code)
