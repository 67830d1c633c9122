"""What new apps may not use since 4 November 2026, refused in each of the ways that are plausible.

Source: Meta sheet §8, developers.facebook.com/blog/post/2026/11/04.
"""

import pytest

from webapp.destinations.meta.graph_api.client import GraphClient
from webapp.destinations.meta.graph_api.graph import new_session

FEATURES = {
    "HTTP method override": ("POST", "/debug_token", {"method": "get", "input_token": "x"}),
    "the same in the address": ("GET", "/me", {"method": "delete"}),
    "multi-ID requests": ("GET", "/", {"ids": "1,2"}),
    "date formats": ("GET", "/me", {"date_format": "U"}),
    "field aliases": ("GET", "/me", {"fields": "id,name.as(nome)"}),
    "JSONP": ("GET", "/me", {"callback": "f"}),
    "asynchronous batch": ("POST", "/", {"asyncbatch": "[]"}),
}
REFUSALS = {
    "100": (400, 100, None),
    "12": (400, 12, None),
    "2500": (400, 2500, None),
    "405": (405, 100, None),
    "100/33": (400, 100, 33),
}


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("feature", FEATURES)
def test_a_feature_closed_to_new_apps_is_refused(feature, refusal, meta):
    meta.control("/settings", legacy_refusal=refusal)
    method, path, params = FEATURES[feature]

    answer = meta.call(method, path, **({"params": params} if method == "GET" else {"data": params}))

    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error.get("error_subcode")) == REFUSALS[refusal]


@pytest.mark.parametrize("refusal", REFUSALS)
def test_nothing_that_platea_asks_is_closed_to_new_apps(refusal, meta):
    meta.control("/settings", legacy_refusal=refusal)
    with new_session() as session:
        client = GraphClient(session, meta.graph_url, meta.access_token, meta.app_secret, meta.account_id)

        assert client.debug_token(meta.app_id)["is_valid"]
        assert client.exchange_long_lived(meta.app_id)["access_token"]
        assert client.permissions() and client.me() and client.ad_account(meta.account_id)
        audience = client.create_custom_audience(meta.account_id, "Novembre", "marca")
        assert client.custom_audience(audience)["name"] == "Novembre"
        client.delete_custom_audience(audience)


def test_an_order_for_a_refusal_nobody_knows_is_refused_itself(meta):
    answer = meta.http.post(f"{meta.graph_url}/_sim/settings", json={"legacy_refusal": "7"}, timeout=10)

    assert answer.status_code == 400
