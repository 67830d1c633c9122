"""Meta's own SDK as the caller: it must not notice that this is not Meta."""

import hashlib

import pytest
from facebook_business.adobjects.adaccount import AdAccount
from facebook_business.adobjects.customaudience import CustomAudience
from facebook_business.adobjects.user import User
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession


@pytest.fixture
def sdk(meta):
    """The SDK signs every call with appsecret_proof; only the host is another one."""
    session = FacebookSession(meta.app_id, meta.app_secret, meta.access_token)
    session.GRAPH = meta.graph_url
    yield FacebookAdsApi(session)
    session.requests.close()


@pytest.fixture
def account(meta, sdk):
    return AdAccount(f"act_{meta.account_id}", api=sdk)


def digests(count: int, start: int = 0) -> list[list[str]]:
    return [[hashlib.sha256(b"%d" % number).hexdigest()] for number in range(start, start + count)]


def created(account, **more) -> CustomAudience:
    params = {"name": "Clienti", "subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY", **more}
    return account.create_custom_audience(fields=[], params=params)


def payload(rows) -> dict:
    return {"payload": {"schema": ["EMAIL"], "data": rows}}


def test_the_sdk_lists_accounts_and_audiences_with_their_fields(meta, sdk, account):
    names = [found["name"] for found in User("me", api=sdk).get_ad_accounts(fields=["name"])]
    audiences = list(account.get_custom_audiences(fields=["name", "subtype", "operation_status"]))
    assert "Bottega Ferri – Vendite" in names
    assert [found["subtype"] for found in audiences] == ["CUSTOM", "LOOKALIKE", "CUSTOM"]
    assert audiences[0]["operation_status"]["code"] == 471


def test_the_sdk_walks_through_every_page(account):
    for number in range(30):
        created(account, name=f"Pubblico {number}")
    names = [found["name"] for found in account.get_custom_audiences(fields=["name"], params={"limit": 7})]
    assert names[:30] == [f"Pubblico {number}" for number in reversed(range(30))]
    assert len(names) == 33


def test_the_sdk_adds_ten_thousand_rows(meta, account):
    audience = created(account)
    answer = audience.create_user(params=payload(digests(10_000)))
    assert (answer["num_received"], answer["num_invalid_entries"]) == (10_000, 0)
    assert meta.members(audience["id"]) == {tuple(row) for row in digests(10_000)}


def test_the_sdk_removes_rows(meta, account):
    audience = created(account)
    audience.create_user(params=payload(digests(500)))
    audience.delete_users(params=payload(digests(200)))
    assert meta.members(audience["id"]) == {tuple(row) for row in digests(300, start=200)}


def test_a_delete_with_the_rows_in_the_address_breaks_above_1500_rows(meta, account):
    audience = created(account)
    audience.create_user(params=payload(digests(3_000)))
    with pytest.raises(OSError):  # requests' ConnectionError: a broken pipe or a reset
        audience.delete_users(params=payload(digests(3_000)))
    assert len(meta.members(audience["id"])) == 3_000


def test_the_sdk_replaces_an_audience_in_two_batches(meta, account):
    audience = created(account)
    audience.create_user(params=payload(digests(10)))
    meta.control("/clock", advance_s=60)
    for batch_seq, part in ((1, digests(50, 100)), (2, digests(50, 150))):
        session = {"session_id": 99, "batch_seq": batch_seq, "last_batch_flag": batch_seq == 2}
        audience.create_users_replace(params={**payload(part), "session": session})
    assert meta.members(audience["id"]) == {tuple(row) for row in digests(100, start=100)}


def test_the_sdk_renames_and_deletes_an_audience(account):
    audience = created(account)
    audience.api_update(params={"name": "Clienti 2026"})
    assert (
        CustomAudience(audience["id"], api=account.get_api()).api_get(fields=["name"])["name"]
        == "Clienti 2026"
    )
    audience.api_delete()
    assert audience["id"] not in [found["id"] for found in account.get_custom_audiences()]


def test_the_sdk_reads_sessions(account):
    audience = created(account)
    session = {"session_id": 12345, "batch_seq": 1, "last_batch_flag": True}
    audience.create_user(params={**payload(digests(5)), "session": session})
    (found,) = audience.get_sessions(params={"session_id": 12345})
    assert (found["num_received"], found["stage"]) == ("5", "finished")


def test_the_sdk_reports_metas_error_with_code_and_subcode(meta, account):
    audience = created(account)
    meta.control("/faults", fault="token_expired", on="POST /users")
    with pytest.raises(FacebookRequestError) as raised:
        audience.create_user(params=payload(digests(1)))
    error = raised.value
    assert (error.http_status(), error.api_error_code(), error.api_error_subcode()) == (400, 190, 463)
    assert error.body()["error"]["fbtrace_id"] == error.http_headers()["x-fb-request-id"]


def test_a_wrong_app_secret_is_refused_as_a_bad_parameter(meta):
    session = FacebookSession(meta.app_id, "non è questo", meta.access_token)
    session.GRAPH = meta.graph_url
    with pytest.raises(FacebookRequestError) as raised:
        AdAccount(f"act_{meta.account_id}", api=FacebookAdsApi(session)).get_custom_audiences()
    session.requests.close()
    assert raised.value.api_error_code() == 100
    assert raised.value.api_error_message() == "Invalid appsecret_proof provided in the API argument"
