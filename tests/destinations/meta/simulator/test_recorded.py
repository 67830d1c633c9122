"""What Meta really answered, in recordings nobody here made, is what the simulator answers.

The ordered run is replayed as it happened. The single exchanges of other runs are replayed on an
account brought into the state their answer shows. Ids, cursors, trace ids and usage figures are
Meta's of that day: they are compared by shape, everything else by value.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
import requests

RECORDED = json.loads((Path(__file__).parent.parent / "recorded.json").read_text())
RUN = RECORDED["scenario_v12"]["exchanges"]
SINGLE = RECORDED["distinct_v9_to_v12"]["exchanges"]

ACCOUNT = "100000000000001"
# Not Graph's but of the connection: how long the body is, whether the line stays open.
OF_THE_CONNECTION = {"Content-Length", "Transfer-Encoding", "Connection"}
OPAQUE = {"before", "after", "session_id", "fbtrace_id"}
ROWS_IN_ALL = re.compile(r"… (\d+) rows in all")


@pytest.fixture
def old_meta(meta):
    """Speaks the versions of the recordings too."""
    meta.control("/settings", oldest_version="v9.0")
    return meta


def whole_body(body: Any) -> Any:
    """The request body with the rows the recording left out ("… 151 rows in all") made up again."""
    if body is None or "payload" not in body:
        return body
    rows = body["payload"]["data"]
    if isinstance(rows[-1], str):
        total = int(ROWS_IN_ALL.fullmatch(rows[-1])[1])
        rows = rows[:-1]
        rows += [[hashlib.sha256(b"%d" % number).hexdigest()] for number in range(total - len(rows))]
    return {**body, "payload": {**body["payload"], "data": rows}}


def translated(value: Any, ids: dict[str, str]) -> Any:
    """*value* with the recording's audience ids replaced by ours."""
    text = json.dumps(value)
    for theirs, ours in ids.items():
        text = text.replace(theirs, ours)
    return json.loads(text)


def send(meta, exchange: dict[str, Any], ids: dict[str, str]) -> requests.Response:
    query = {}
    for name, value in (exchange["query"] or {}).items():
        is_json = isinstance(value, dict) and value.get("_json_in_query_string")
        query[name] = json.dumps(value["value"]) if is_json else value
    query = translated(query, ids) | {"access_token": meta.access_token}
    body = translated(whole_body(exchange["request_body_json"]), ids)
    url = meta.graph_url + translated(exchange["path"], ids)
    return meta.http.request(exchange["method"], url, params=query, json=body, timeout=30)


def assert_same_shape(ours: Any, theirs: Any, where: str = "") -> None:
    """The same keys in the same order, the same types; the same values where they are not opaque."""
    assert type(ours) is type(theirs), where
    if isinstance(theirs, dict):
        assert list(ours) == list(theirs), where
        for key in theirs:
            if key in OPAQUE:
                assert isinstance(ours[key], str) and ours[key], f"{where}.{key}"
            else:
                assert_same_shape(ours[key], theirs[key], f"{where}.{key}")
    elif isinstance(theirs, list):
        assert len(ours) == len(theirs), where
        for position, (our, their) in enumerate(zip(ours, theirs, strict=True)):
            assert_same_shape(our, their, f"{where}[{position}]")
    else:
        assert ours == theirs, where


def assert_same_answer(ours: requests.Response, theirs: dict[str, Any], ids: dict[str, str]) -> None:
    assert ours.status_code == theirs["status"], ours.text
    assert_same_shape(ours.json(), translated(theirs["response"], ids))
    assert_same_headers(ours, theirs["response_headers"])


def assert_same_headers(ours: requests.Response, theirs: dict[str, str]) -> None:
    for name in set(theirs) - OF_THE_CONNECTION:
        assert name in ours.headers, name
    for name in (
        "Content-Type",
        "Cache-Control",
        "Vary",
        "x-fb-rlafr",
        "Pragma",
        "Expires",
        "WWW-Authenticate",
    ):
        if name in theirs:
            assert ours.headers[name] == theirs[name]
    assert ours.headers["facebook-api-version"] == theirs["facebook-api-version"]
    usage = {name.lower() for name in ours.headers if name.lower().endswith("usage")}
    assert usage == {name.lower() for name in theirs if name.lower().endswith("usage")}
    for name in usage:
        theirs_usage = next(value for key, value in theirs.items() if key.lower() == name)
        assert_usage_has_the_recorded_keys(json.loads(ours.headers[name]), json.loads(theirs_usage))


def assert_usage_has_the_recorded_keys(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Ours may say more: newer pages name more keys than the recordings of 2020–21 have."""
    assert set(theirs) <= set(ours)
    for account in theirs:
        if isinstance(theirs[account], list):
            assert list(ours[account][0]) == list(theirs[account][0])
            assert ours[account][0]["type"] == theirs[account][0]["type"]


def learn_id(exchange: dict[str, Any], ours: requests.Response, ids: dict[str, str]) -> None:
    if set(exchange["response"]) == {"id"}:
        ids[exchange["response"]["id"]] = ours.json()["id"]


def test_the_ordered_run_of_64_exchanges_gets_the_recorded_answers(old_meta):
    ids: dict[str, str] = {}
    for exchange in RUN:
        ours = send(old_meta, exchange, ids)
        if exchange["method"] == "POST" and exchange["path"].endswith("/customaudiences"):
            learn_id(exchange, ours, ids)
        assert_same_answer(ours, exchange, ids)
    assert len(RUN) == 64 and len(ids) == 3


def test_session_ids_repeat_in_the_run_exactly_where_the_recorded_ones_do(old_meta):
    ids: dict[str, str] = {}
    pairs = set()
    for exchange in RUN:
        ours = send(old_meta, exchange, ids)
        if exchange["path"].endswith("/customaudiences") and exchange["method"] == "POST":
            learn_id(exchange, ours, ids)
        if "session_id" in exchange["response"]:
            pairs.add((exchange["response"]["session_id"], ours.json()["session_id"]))
    assert len({theirs for theirs, _ in pairs}) == len({ours for _, ours in pairs}) == len(pairs) == 5


def test_cursors_stay_with_their_item_as_the_recorded_ones_do(old_meta):
    ids: dict[str, str] = {}
    pairs = set()
    for exchange in RUN:
        ours = send(old_meta, exchange, ids)
        if exchange["path"].endswith("/customaudiences") and exchange["method"] == "POST":
            learn_id(exchange, ours, ids)
        if cursors := exchange["response"].get("paging", {}).get("cursors"):
            our_cursors = ours.json()["paging"]["cursors"]
            pairs |= {(cursors[side], our_cursors[side]) for side in ("before", "after")}
    assert len({theirs for theirs, _ in pairs}) == len({ours for _, ours in pairs}) == len(pairs) == 3


def bring_about(meta, exchange: dict[str, Any]) -> dict[str, str]:
    """Bring the recording's account into the state that its answer shows; returns their id → our id."""
    ids: dict[str, str] = {}
    version = exchange["path"].split("/")[1]
    for shown in reversed(audiences_shown(exchange)):
        created = meta.http.post(
            f"{meta.graph_url}/{version}/act_{ACCOUNT}/customaudiences",
            params={"access_token": meta.access_token},
            json={
                "name": shown.get("name", "(test)"),
                "subtype": shown.get("subtype", "CUSTOM"),
                "customer_file_source": "USER_PROVIDED_ONLY",
            },
            timeout=30,
        )
        ids[shown["id"]] = created.json()["id"]
        if shown.get("approximate_count") == 1000:
            fill(meta, version, ids[shown["id"]], rows=151)
    return ids


def fill(meta, version: str, audience: str, rows: int) -> None:
    data = [[hashlib.sha256(b"%d" % number).hexdigest()] for number in range(rows)]
    added = meta.http.post(
        f"{meta.graph_url}/{version}/{audience}/users",
        params={"access_token": meta.access_token},
        json={"payload": {"schema": ["EMAIL"], "data": data}},
        timeout=30,
    )
    assert added.status_code == 200, added.text


def audiences_shown(exchange: dict[str, Any]) -> list[dict[str, Any]]:
    """The audiences that must exist before the call: those listed, or the one in the path."""
    if "data" in exchange["response"]:
        return exchange["response"]["data"]
    in_path = re.search(r"/(\d{10,})(/|$)", exchange["path"])
    return [{**exchange["response"], "id": in_path[1]}] if in_path else []


def test_every_single_exchange_gets_the_recorded_answer(old_meta):
    for place, exchange in enumerate(SINGLE):
        old_meta.control("/reset", audiences=False)
        old_meta.control("/settings", oldest_version="v9.0")
        ids = bring_about(old_meta, exchange)
        ours = send(old_meta, exchange, ids)
        if exchange["method"] == "POST" and exchange["path"].endswith("/customaudiences"):
            learn_id(exchange, ours, ids)
        try:
            assert_same_answer(ours, exchange, ids)
        except AssertionError as error:
            raise AssertionError(
                f"exchange {place}, {exchange['method']} {exchange['path']}: {error}"
            ) from None
    assert len(SINGLE) == 57
