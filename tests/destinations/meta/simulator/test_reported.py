"""The 36 bodies reported by users, printed by Meta or mocked by peers: the simulator gives them too.

Each is brought about for real where that is possible, ordered as a fault where Meta would have to be in
trouble. What cannot be replayed stands in NOT_REPLAYED with its reason.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
import requests

OTHERS = {
    other["name"]: other
    for other in json.loads((Path(__file__).parent.parent / "recorded.json").read_text())["others"]
}
NOT_REPLAYED = {
    "appsecret_proof needed": "of a Pages edge, which the simulator does not have",
    "connector mock 80003": "a peer’s invention (429): Meta throttles with 400, as 80004 was seen",
}
# Where the reported body differs from every recorded one by its author's choice.
ONLY_THE_CODE = {"connector mock 294", "connector mock 2655", "connector mock 105"}
MOMENT = r"\w+, \d\d-\w{3}-\d\d \d\d:\d\d:\d\d (PST|PDT)"


def digests(count: int) -> list[list[str]]:
    return [[hashlib.sha256(b"%d" % number).hexdigest()] for number in range(count)]


def without_header(meta, method: str, path: str, **kwargs: Any) -> requests.Response:
    """With the token in the query, as callers did in the days of the reports."""
    params = {"access_token": meta.access_token, **kwargs.pop("params", {})}
    return meta.http.request(method, f"{meta.graph_url}/v26.0{path}", params=params, timeout=60, **kwargs)


def ordered(fault: str, on: str):
    """The answer of a call that Meta was told to fail."""

    def bring_about(meta) -> requests.Response:
        audience = meta.new_audience()
        meta.control("/faults", fault=fault, on=on)
        method, edge = on.split(" ")
        path = {"/users": f"/{audience}/users", "/audience": f"/{audience}"}.get(
            edge, f"/act_{meta.account_id}{edge if edge != '/account' else ''}"
        )
        body = {"payload": {"schema": ["EMAIL"], "data": digests(1)}} if edge == "/users" else None
        return without_header(meta, method, path, json=body)

    return bring_about


def with_token_state(invalid: int, method: str, path: str):
    def bring_about(meta) -> requests.Response:
        meta.control("/token", invalid=invalid)
        return without_header(meta, method, path)

    return bring_about


def next_page(meta) -> requests.Response:
    for number in range(26):
        meta.new_audience(name=f"Prova {number}")
    return without_header(meta, "GET", f"/act_{meta.account_id}/customaudiences")


def uploading_session(meta) -> requests.Response:
    audience = meta.new_audience()
    session = {"session_id": 653573199724136401, "batch_seq": 1, "last_batch_flag": False}
    meta.add(audience, digests(10_000), session=session)
    return meta.get(f"/{audience}/sessions", session_id="653573199724136401")


def mixed_sources(meta) -> requests.Response:
    audience = meta.new_audience()
    meta.add(audience, digests(1))
    return meta.add(audience, [digests(1)[0][0]], schema="EMAIL_SHA256")


def expired(meta) -> requests.Response:
    audience = meta.new_audience()
    meta.control("/clock", advance_s=61 * 86_400)
    return without_header(meta, "DELETE", f"/{audience}/users")


def without_value(meta) -> requests.Response:
    return meta.add(meta.new_audience(is_value_based=True), digests(1))


def wrong_width(meta) -> requests.Response:
    audience = meta.new_audience()
    session = {"session_id": 7, "batch_seq": 1, "last_batch_flag": True}
    payload = {"schema": ["EMAIL", "FN"], "data": digests(1)}
    return meta.post(f"/{audience}/usersreplace", payload=payload, session=session)


def without_source(meta) -> requests.Response:
    return meta.post(f"/act_{meta.account_id}/customaudiences", name="Prova", subtype="CUSTOM")


def oversize(rows: int):
    return lambda meta: meta.add(meta.new_audience(), digests(rows))


def used_code(meta) -> requests.Response:
    redirect_uri = "http://127.0.0.1:9/ritorno"
    form = {"client_id": meta.app_id, "redirect_uri": redirect_uri, "state": "s", "answer": "continue"}
    back = meta.http.post(meta.dialog_url, data=form, allow_redirects=False, timeout=30)
    code = re.search(r"code=([^&#]+)", back.headers["Location"])[1]
    params = {
        "client_id": meta.app_id,
        "client_secret": meta.app_secret,
        "redirect_uri": redirect_uri,
        "code": code,
    }
    meta.http.get(f"{meta.graph_url}/v26.0/oauth/access_token", params=params, timeout=30)
    return meta.http.get(f"{meta.graph_url}/v26.0/oauth/access_token", params=params, timeout=30)


def short_token(meta) -> str:
    form = {
        "client_id": meta.app_id,
        "redirect_uri": "http://127.0.0.1:9/ritorno",
        "state": "s",
        "answer": "continue",
        "scope": "ads_management",
        "granted": "ads_management",
    }
    back = meta.http.post(meta.dialog_url, data=form, allow_redirects=False, timeout=30)
    params = {
        "client_id": meta.app_id,
        "client_secret": meta.app_secret,
        "redirect_uri": form["redirect_uri"],
        "code": re.search(r"code=([^&#]+)", back.headers["Location"])[1],
    }
    answer = meta.http.get(f"{meta.graph_url}/v26.0/oauth/access_token", params=params, timeout=30)
    return answer.json()["access_token"]


def debugged(meta) -> requests.Response:
    app_token = f"{meta.app_id}|{meta.app_secret}"
    params = {"input_token": short_token(meta), "access_token": app_token}
    return meta.http.get(f"{meta.graph_url}/v26.0/debug_token", params=params, timeout=30)


def exchanged(meta) -> requests.Response:
    params = {
        "grant_type": "fb_exchange_token",
        "client_id": meta.app_id,
        "client_secret": meta.app_secret,
        "fb_exchange_token": short_token(meta),
    }
    return meta.http.get(f"{meta.graph_url}/v26.0/oauth/access_token", params=params, timeout=30)


def flagged(meta) -> str:
    audience = meta.new_audience()
    meta.add(audience, digests(3))
    meta.control("/audience", audience=audience, flagged_fields=["name"])
    return audience


def flagged_node(meta) -> requests.Response:
    """All fields of Meta's example but two that v26 no longer knows."""
    fields = [
        name
        for name in OTHERS["flagged audience node"]["response"]
        if name not in ("approximate_count", "owner_account_info")
    ]
    return meta.get(f"/{flagged(meta)}", fields=",".join(fields))


def meta_uploader(meta) -> requests.Response:
    """2 000 rows of 14 columns without batch_seq, in two batches, then the dummy row that closes."""
    audience = meta.new_audience()
    request = OTHERS["request made by Meta's own uploader"]["request"]
    width = len(request["payload"]["schema"])
    rows = [[row[0], *[""] * (width - 1)] for row in digests(2_000)]
    for part in (rows[:1_000], rows[1_000:]):
        meta.post(
            f"/{audience}/users", payload={**request["payload"], "data": part}, session=request["session"]
        )
    closing = {**request["session"], "batch_seq": 1, "last_batch_flag": True}
    dummy = [["1"] * width]
    return meta.post(f"/{audience}/users", payload={**request["payload"], "data": dummy}, session=closing)


REPLAYED = {
    "paging with next URL (other edge, same envelope)": next_page,
    "upload session stuck in uploading": uploading_session,
    "ad account throttled (ads_management)": ordered("80004", "GET /account"),
    "insights throttled": ordered("80000", "GET /account"),
    "mixed data sources": mixed_sources,
    "no right on this audience": ordered("permission_lost", "POST /users"),
    "token expired": expired,
    "token expired, no subcode (long expired)": ordered("190", "POST /users"),
    "session invalidated": with_token_state(460, "GET", "/me"),
    "data access expired (user inactive over 90 days)": with_token_state(493, "GET", "/me"),
    "value based audience without value": without_value,
    "schema and data lengths differ or empty data": wrong_width,
    "creator must name the file source": without_source,
    "terms of service, old form": ordered("2663", "POST /customaudiences"),
    "too much data asked for": ordered("1/reduce", "GET /customaudiences"),
    "unknown error on oversize upload": oversize(30_000),
    "HTML instead of JSON": oversize(200_000),
    "temporary failure": ordered("unavailable", "GET /account"),
    "no access to the object": lambda meta: without_header(meta, "GET", "/23999999999999999"),
    "code used twice": used_code,
    "debug_token": debugged,
    "long-lived exchange": exchanged,
    "users response": lambda meta: meta.add(meta.new_audience(), digests(3)),
    "edit of flagged audience": lambda meta: meta.post(f"/{flagged(meta)}", description="altro"),
    "upload to flagged audience": lambda meta: meta.add(flagged(meta), digests(1)),
    "flagged audience node": flagged_node,
    "terms state": lambda meta: meta.get(f"/act_{meta.account_id}", fields="tos_accepted"),
    "connector mock 294": ordered("294", "POST /users"),
    "connector mock 1487301": ordered("1487301", "POST /users"),
    "connector mock 1487366": ordered("audience_deleted", "POST /users"),
    "connector mock 2650": ordered("2650", "POST /users"),
    "connector mock 105": ordered("105", "POST /users"),
    "connector mock 2655": ordered("2655", "POST /users"),
    "request made by Meta's own uploader": meta_uploader,
}


def test_every_body_is_replayed_or_has_a_reason():
    assert set(REPLAYED) | set(NOT_REPLAYED) == set(OTHERS)
    assert (len(OTHERS), len(REPLAYED), len(NOT_REPLAYED)) == (36, 34, 2)


@pytest.mark.parametrize("name", REPLAYED)
def test_the_simulator_answers_as_reported(meta, name):
    theirs = OTHERS[name]
    ours = REPLAYED[name](meta)
    if theirs["status"] is not None:
        assert ours.status_code == theirs["status"]
    if isinstance(theirs["response"], dict) and "error" in theirs["response"]:
        assert_same_error(ours.json()["error"], theirs["response"]["error"], name)
    elif isinstance(theirs["response"], dict):
        assert_has(ours.json(), theirs["response"])


def assert_same_error(ours: dict[str, Any], theirs: dict[str, Any], name: str) -> None:
    if name not in ONLY_THE_CODE:
        assert set(theirs) <= set(ours)
        assert re.fullmatch(pattern(theirs["message"]), ours["message"]), ours["message"]
    for key in ("code", "error_subcode", "is_transient", "error_user_title", "error_user_msg"):
        if key in theirs:
            assert ours[key] == theirs[key]


def pattern(message: str) -> str:
    """The message with the moments, ids and methods of that day left open."""
    text = re.escape(message)
    text = re.sub(r"\w+,\\ \d\d\\-\w{3}\\-\d\d\\ [\d:]+\\ P[SD]T", lambda _: MOMENT, text)
    return re.sub(r"<id>|'x'|23861283180290489", r"[^ ]+", text)


def assert_has(ours: Any, theirs: Any) -> None:
    """All of their keys, with values of the same type."""
    assert type(ours) is type(theirs)
    if isinstance(theirs, dict):
        assert set(theirs) - {"approximate_count", "owner_account_info"} <= set(ours)
        for key in set(theirs) & set(ours):
            assert_has(ours[key], theirs[key])
    elif isinstance(theirs, list) and theirs and isinstance(theirs[0], dict):
        assert_has(ours[0], theirs[0])


def test_the_stuck_session_is_word_for_word_what_was_reported(meta):
    theirs = OTHERS["upload session stuck in uploading"]["response"]["data"][0]
    ours = uploading_session(meta).json()["data"][0]
    assert {**ours, "start_time": theirs["start_time"]} == theirs


def test_the_next_page_carries_token_limit_and_cursor(meta):
    paging = next_page(meta).json()["paging"]
    assert set(paging) == {"cursors", "next"}
    assert f"access_token={meta.access_token}&limit=25&after={paging['cursors']['after']}" in paging["next"]


def test_the_dummy_row_of_metas_uploader_closes_the_session_and_is_no_member(meta):
    answer = meta_uploader(meta).json()
    assert (answer["num_received"], answer["num_invalid_entries"]) == (2_001, 1)
    held = meta.look("/audiences")["audiences"][-1]
    assert list(held["rows"].values()) == [2_000]
    assert held["sessions"][0]["ended_at"] is not None
