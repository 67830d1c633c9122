"""Everything that can be ordered to go wrong, seen from the caller's side."""

import hashlib
import json
import re
import time

import pytest
import requests

DIGEST = hashlib.sha256(b"mario@example.com").hexdigest()
ROWS = [[DIGEST]]


@pytest.fixture
def audience(meta):
    return meta.new_audience()


def known_errors(meta) -> list[str]:
    return [name for name in meta.look("/faults")["conosciuti"] if re.fullmatch(r"\d+(/\w+)?", name)]


# §6.2 of the sheet, line by line: (code, subcode, HTTP status).
TABLE = [
    ("1", 1, None, 500),
    ("1/99", 1, 99, 500),
    ("1/reduce", 1, None, 500),
    ("2", 2, None, 400),
    ("2/503", 2, None, 503),
    ("3", 3, None, 400),
    ("4", 4, None, 400),
    ("4/1504022", 4, 1504022, 400),
    ("4/1504039", 4, 1504039, 400),
    ("10", 10, None, 403),
    ("17", 17, None, 400),
    ("17/2446079", 17, 2446079, 400),
    ("17/1885172", 17, 1885172, 400),
    ("32", 32, None, 400),
    ("100", 100, None, 400),
    ("100/33", 100, 33, 400),
    ("100/36007", 100, 36007, 400),
    ("100/36008", 100, 36008, 400),
    ("100/36009", 100, 36009, 400),
    ("100/proof_missing", 100, None, 400),
    ("100/proof_invalid", 100, None, 400),
    ("100/1713228", 100, 1713228, 400),
    ("100/1713230", 100, 1713230, 400),
    ("100/1713231", 100, 1713231, 400),
    ("102", 102, None, 400),
    ("104", 104, None, 400),
    ("105", 105, None, 400),
    ("190", 190, None, 400),
    *[(f"190/{subcode}", 190, subcode, 400) for subcode in (458, 459, 460, 463, 464, 467, 492, 493)],
    ("200", 200, None, 403),
    ("200/1870034", 200, 1870034, 400),
    ("200/1870047", 200, 1870047, 400),
    ("200/1870050", 200, 1870050, 400),
    ("200/1870090", 200, 1870090, 400),
    ("200/1870092", 200, 1870092, 400),
    ("270", 270, None, 400),
    ("294", 294, None, 400),
    ("341", 341, None, 400),
    ("368", 368, None, 400),
    ("368/1390008", 368, 1390008, 400),
    ("506", 506, None, 400),
    ("613", 613, None, 400),
    *[(f"613/{subcode}", 613, subcode, 400) for subcode in (1487742, 1487632, 1996, 5044001)],
    ("960", 960, None, 400),
    ("2500", 2500, None, 400),
    ("2635", 2635, None, 400),
    ("2650", 2650, None, 400),
    *[
        (f"2650/{subcode}", 2650, subcode, 400)
        for subcode in (1870144, 1870145, 1870147, 1870148, 1870158, 1870159)
    ],
    ("2654", 2654, None, 400),
    ("2654/1713092", 2654, 1713092, 400),
    ("2655", 2655, None, 400),
    ("2656", 2656, None, 400),
    ("2663", 2663, None, 400),
    ("2664", 2664, None, 400),
    ("21009", 21009, None, 400),
    *[
        (str(code), code, 2446079, 400)
        for code in (80000, 80001, 80002, 80003, 80004, 80005, 80006, 80008, 80009, 80014)
    ],
    ("1404078", 1404078, None, 400),
    ("1404163", 1404163, None, 400),
    ("1487301", 1487301, None, 400),
    ("1487366", 1487366, None, 400),
    ("1870065", 1870065, None, 400),
    ("2859015", 2859015, None, 400),
    ("3910001", 3910001, None, 400),
]


def test_the_table_is_all_that_can_be_ordered_by_code(meta):
    assert {name for name, *_ in TABLE} == set(known_errors(meta))


@pytest.mark.parametrize(("name", "code", "subcode", "status"), TABLE, ids=[row[0] for row in TABLE])
def test_an_ordered_error_comes_once_and_has_no_effect(meta, audience, name, code, subcode, status):
    meta.control("/faults", fault=name, on="POST /users")
    answer = meta.add(audience, ROWS)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error.get("error_subcode")) == (status, code, subcode)
    assert error["fbtrace_id"] == answer.headers["x-fb-request-id"]
    assert meta.members(audience) == set()
    assert meta.add(audience, ROWS).status_code == 200


def test_an_error_carries_the_challenge_header_with_its_message(meta, audience):
    meta.control("/faults", fault="190/460", on="POST /users")
    answer = meta.add(audience, ROWS)
    message = answer.json()["error"]["message"]
    assert answer.headers["WWW-Authenticate"] == f'OAuth "Facebook Platform" "invalid_token" "{message}"'
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_unknown_code_can_be_ordered_with_its_own_status_and_text(meta, audience):
    meta.control("/faults", fault="31337/42", on="POST /users", status=418, message="boh", is_transient=True)
    answer = meta.add(audience, ROWS)
    assert answer.status_code == 418
    error = answer.json()["error"]
    assert (error["code"], error["error_subcode"], error["is_transient"]) == (31337, 42, True)
    assert error["message"] == "boh"


def test_a_rate_limit_says_in_its_header_how_many_minutes_to_wait(meta, audience):
    meta.control("/faults", fault="80003", on="POST /users", minutes=7)
    answer = meta.add(audience, ROWS)
    usage = json.loads(answer.headers["X-Business-Use-Case-Usage"])[meta.account_id][0]
    assert answer.status_code == 400
    assert (usage["type"], usage["estimated_time_to_regain_access"]) == ("custom_audience", 7)
    assert "Retry-After" not in answer.headers


def test_a_fault_comes_as_often_as_ordered_and_after_as_many_calls(meta, audience):
    meta.control("/faults", fault="2", on="POST /users", after=2, times=3)
    statuses = [meta.add(audience, ROWS).status_code for _ in range(7)]
    assert statuses == [200, 200, 400, 400, 400, 200, 200]


def test_a_fault_without_end_stays_until_taken_back(meta, audience):
    meta.control("/faults", fault="2", on="POST /users", times=None)
    assert [meta.add(audience, ROWS).status_code for _ in range(3)] == [400, 400, 400]
    meta.control("/faults", clear=True)
    assert meta.add(audience, ROWS).status_code == 200


def test_a_fault_meets_only_the_calls_it_was_ordered_for(meta, audience):
    other = meta.new_audience()
    meta.control("/faults", fault="2", on="POST /users", times=None, audience=audience)
    assert meta.get(f"/{audience}").status_code == 200
    assert meta.add(other, ROWS).status_code == 200
    assert meta.add(audience, ROWS).status_code == 400


def test_a_fault_can_be_for_one_account_only(meta):
    meta.control("/faults", fault="2", on="any", times=None, account=meta.account_id)
    assert meta.get(f"/act_{meta.account_id}").status_code == 400
    assert meta.get("/act_2260417893315047").status_code == 200


def test_a_fault_can_come_by_chance(meta, audience):
    meta.control("/faults", fault="2", on="POST /users", times=None, probability=0.5)
    failures = [meta.add(audience, ROWS).status_code for _ in range(60)].count(400)
    assert 10 < failures < 50


def test_an_order_nobody_understands_is_refused_in_italian(meta):
    for body in ({"fault": "boh"}, {"fault": "2", "on": "GET /luna"}, {"fault": "2", "volte": 3}):
        answer = meta.http.post(f"{meta.graph_url}/_sim/faults", json=body, timeout=5)
        assert answer.status_code == 400
        assert re.search("sconosciut|non è chiaro", answer.json()["errore"])


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [
        ("html_500", 500, "text/html"),
        ("html_502", 502, "text/html"),
        ("html_200", 200, "text/html"),
        ("status_429", 429, "text/html"),
        ("empty_body", 500, "application/json"),
        ("invalid_json", 200, "application/json"),
    ],
)
def test_an_answer_that_is_no_json_replaces_ours(meta, audience, fault, status, kind):
    meta.control("/faults", fault=fault, on="POST /users")
    answer = meta.add(audience, ROWS)
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (status, kind)
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    assert meta.members(audience) == set()


def test_a_spoiled_answer_can_come_after_the_rows_were_taken(meta, audience):
    meta.control("/faults", fault="html_500", on="POST /users", commit=True)
    assert meta.add(audience, ROWS).status_code == 500
    assert meta.members(audience) == {(DIGEST,)}


def test_a_huge_answer_is_fifty_megabytes(meta, audience):
    meta.control("/faults", fault="huge_body", on="GET /audience")
    with meta.call("GET", f"/{audience}", stream=True) as answer:
        assert int(answer.headers["Content-Length"]) > 50_000_000


def test_a_gzip_bomb_is_small_on_the_line(meta, audience):
    meta.control("/faults", fault="gzip_bomb", on="GET /audience")
    with meta.call("GET", f"/{audience}", stream=True) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert int(answer.headers["Content-Length"]) < 1_000_000


def test_a_redirect_points_off_this_computer(meta, audience):
    meta.control("/faults", fault="redirect", on="GET /audience")
    answer = meta.call("GET", f"/{audience}", allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, "https://example.invalid/")


def test_a_line_cut_before_leaves_the_audience_as_it_was(meta, audience):
    meta.control("/faults", fault="cut_before", on="POST /users")
    with pytest.raises(requests.ConnectionError):
        meta.add(audience, ROWS)
    assert meta.members(audience) == set()


def test_a_line_cut_after_commit_has_taken_the_rows(meta, audience):
    meta.control("/faults", fault="cut_after_commit", on="POST /users")
    with pytest.raises(requests.ConnectionError):
        meta.add(audience, ROWS)
    assert meta.members(audience) == {(DIGEST,)}


def test_a_creation_whose_answer_is_lost_has_created(meta):
    meta.control("/faults", fault="cut_after_commit", on="POST /customaudiences")
    with pytest.raises(requests.ConnectionError):
        meta.new_audience(name="Persa per strada")
    listed = meta.get(f"/act_{meta.account_id}/customaudiences", fields="name").json()["data"]
    assert listed[0]["name"] == "Persa per strada"


def test_an_answer_cut_in_the_middle_is_incomplete(meta, audience):
    meta.control("/faults", fault="cut_mid_answer", on="POST /users")
    with pytest.raises(requests.RequestException):
        meta.add(audience, ROWS)
    assert meta.members(audience) == {(DIGEST,)}


def test_a_dripping_answer_comes_whole_but_slowly(meta, audience):
    meta.control("/faults", fault="drip", on="POST /users", bytes_per_s=400)
    started = time.monotonic()
    assert meta.add(audience, ROWS).json()["num_received"] == 1
    assert time.monotonic() - started > 0.25


def test_a_slow_call_takes_as_long_as_ordered(meta, audience):
    meta.control("/faults", fault="slow", on="POST /users", latency_s=0.4)
    started = time.monotonic()
    assert meta.add(audience, ROWS).status_code == 200
    assert time.monotonic() - started >= 0.4


def test_every_call_waits_when_latency_is_set(meta, audience):
    meta.control("/settings", latency_s=0.3)
    started = time.monotonic()
    meta.get("/me")
    assert time.monotonic() - started >= 0.3


def test_a_call_that_is_never_answered_ends_when_the_caller_gives_up(meta, audience):
    meta.control("/faults", fault="never_answer", on="POST /users")
    payload = {"schema": ["EMAIL"], "data": ROWS}
    with pytest.raises(requests.Timeout):
        requests.post(
            f"{meta.graph_url}/v26.0/{audience}/users",
            params={"access_token": meta.access_token},
            json={"payload": payload},
            timeout=0.3,
        )
    assert meta.members(audience) == set()


def test_rows_can_be_called_invalid_to_order(meta, audience):
    good = [[hashlib.sha256(b"%d" % number).hexdigest()] for number in range(5)]
    meta.control("/faults", fault="invalid_rows", on="POST /users", rows=2, reason="too short")
    answer = meta.add(audience, good).json()
    assert (answer["num_received"], answer["num_invalid_entries"]) == (5, 2)
    assert answer["invalid_entry_samples"] == {json.dumps(row): "too short" for row in good[:2]}
    assert meta.members(audience) == {tuple(row) for row in good[2:]}


def test_the_register_of_calls_names_the_fault_and_no_token(meta, audience):
    meta.control("/faults", fault="2", on="POST /users")
    meta.add(audience, ROWS)
    calls = meta.look("/calls")["calls"]
    assert (calls[-1]["fault"], calls[-1]["status"], calls[-1]["kind"]) == ("2", 400, "POST /users")
    assert meta.access_token not in json.dumps(calls)
