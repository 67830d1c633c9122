"""What the sender is told about Meta's errors: wait, call somebody, or give up; and nothing personal."""

import json
from pathlib import Path

import pytest

from webapp.destinations.base import NeedsPersonError, PermanentError, TemporaryError
from webapp.destinations.meta.graph_api import error_table
from webapp.destinations.meta.graph_api.errors import read_error

HERE = Path(__file__).parent


def graph_error(code, subcode=None, **more) -> bytes:
    error = {"message": "…", "type": "OAuthException", "code": code, "fbtrace_id": "AYRSIzPUhaJ0"}
    return json.dumps({"error": error | ({"error_subcode": subcode} if subcode else {}) | more}).encode()


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize("subcode", [458, 459, 460, 463, 464, 467, 492, 493, None])
def test_a_token_that_stopped_working_waits_for_a_new_login(status, subcode):
    error = read_error(status, {}, graph_error(190, subcode))

    assert isinstance(error, NeedsPersonError)
    assert "utorizza" in error.problem.todo
    assert error.problem.code == (f"190/{subcode}" if subcode else "190")


@pytest.mark.parametrize(
    ("code", "subcode"), [(200, 1870034), (200, 1870090), (100, 1870092), (2655, None), (2663, None)]
)
def test_missing_terms_wait_for_somebody_to_accept_them_behind_a_link(code, subcode):
    error = read_error(400, {}, graph_error(code, subcode), act_id="1029384756102")

    assert isinstance(error, NeedsPersonError)
    assert error.problem.link == (
        "https://business.facebook.com/ads/manage/customaudiences/tos/?act=1029384756102"
    )


@pytest.mark.parametrize(("code", "subcode"), [(10, None), (100, 33), (200, None), (275, 999), (294, None)])
def test_a_lost_permission_waits_for_another_login(code, subcode):
    for status in (400, 403):
        assert isinstance(read_error(status, {}, graph_error(code, subcode)), NeedsPersonError)


def test_throttling_is_http_400_and_waits_the_minutes_meta_names():
    usage = {"type": "custom_audience", "call_count": 100, "estimated_time_to_regain_access": 23}
    headers = {"x-business-use-case-usage": json.dumps({"1029384756102": [usage]})}
    error = read_error(400, headers, graph_error(80003, 2446079))

    assert isinstance(error, TemporaryError)
    assert error.account_wide
    assert error.retry_after_s == 23 * 60


@pytest.mark.parametrize("code", [4, 17, 32, 341, 613, 80000, 80004, 80014])
def test_throttling_without_figures_still_waits_minutes_for_the_whole_account(code):
    error = read_error(400, {}, graph_error(code))

    assert isinstance(error, TemporaryError)
    assert error.account_wide
    assert error.retry_after_s >= 300


@pytest.mark.parametrize(("code", "subcode"), [(1, None), (1, 99), (105, None)])
def test_a_request_too_large_for_graph_may_pass_in_halves(code, subcode):
    error = read_error(500, {}, graph_error(code, subcode))

    assert isinstance(error, TemporaryError)
    assert error.too_large


@pytest.mark.parametrize("status", [200, 400, 413, 500, 502])
def test_a_page_instead_of_data_is_no_success_and_may_pass_in_halves(status):
    page = b'<!DOCTYPE html><html lang="en" id="facebook"><title>Facebook | Error</title>'
    error = read_error(status, {"Content-Type": "text/html"}, page)

    assert isinstance(error, TemporaryError)
    assert error.too_large


@pytest.mark.parametrize("status", [200, 500, 503])
def test_an_empty_answer_is_no_success(status):
    assert isinstance(read_error(status, {}, b""), TemporaryError)


def test_an_error_inside_http_200_is_an_error():
    assert isinstance(read_error(200, {}, graph_error(190, 463)), NeedsPersonError)


def test_a_good_answer_is_no_error():
    assert read_error(200, {}, b'{"data":[]}') is None
    assert read_error(200, {}, b'{"success":true}') is None


@pytest.mark.parametrize(
    ("code", "subcode"),
    [(100, None), (100, 1713230), (2654, None), (200, 1870047), (1487366, None), (3, None)],
)
def test_what_can_only_fail_again_is_final(code, subcode):
    assert isinstance(read_error(400, {}, graph_error(code, subcode)), PermanentError)


def test_an_audience_being_replaced_is_tried_again_in_five_minutes():
    error = read_error(400, {}, graph_error(2650, 1870145))

    assert isinstance(error, TemporaryError)
    assert error.retry_after_s == 300


def test_what_nobody_knows_is_tried_again_only_when_meta_or_http_says_so():
    assert isinstance(read_error(400, {}, graph_error(98765)), PermanentError)
    assert isinstance(read_error(400, {}, graph_error(98765, is_transient=True)), TemporaryError)
    assert isinstance(read_error(500, {}, graph_error(98765)), TemporaryError)
    assert isinstance(read_error(429, {}, graph_error(98765)), TemporaryError)
    # An error that says nothing is no word of Meta's: it is read like an answer that came broken.
    assert isinstance(read_error(400, {}, b'{"error":{}}'), TemporaryError)


@pytest.mark.parametrize("asked", [None, "120", "0", "presto", "-5", "9999999"])
def test_a_page_with_429_waits_as_long_as_it_asks_for(asked):
    error = read_error(429, {"Retry-After": asked} if asked else {}, b"<html>Too Many Requests</html>")

    assert isinstance(error, TemporaryError)
    assert error.retry_after_s == (120 if asked == "120" else None)
    assert not error.too_large


def test_the_trace_for_metas_support_is_kept():
    assert read_error(400, {}, graph_error(100)).problem.trace == "AYRSIzPUhaJ0"
    assert read_error(502, {"X-Fb-Request-Id": "AqkmbF8mVPVI3"}, b"").problem.trace == "AqkmbF8mVPVI3"


@pytest.mark.parametrize("as_text", [False, True])
def test_the_field_meta_blames_is_named(as_text):
    blame = {"blame_field_specs": [["customer_file_source"]]}
    body = graph_error(100, error_data=json.dumps(blame) if as_text else blame)

    assert "customer_file_source" in read_error(400, {}, body).problem.what


def test_nothing_meta_writes_in_its_messages_is_passed_on():
    body = graph_error(
        100,
        message="Invalid token EAABsbCS1iHgBO for mario.rossi@gmail.com",
        error_user_msg="393331234567",
        error_data={"blame_field_specs": [["mario.rossi@gmail.com"]]},
        fbtrace_id="mario.rossi@gmail.com",
    )
    error = read_error(400, {}, body)

    told = f"{error} {error.problem}"
    assert "EAAB" not in told
    assert "@gmail" not in told
    assert "39333" not in told


def test_every_case_speaks_to_three_readers():
    for case in error_table.CASES.values():
        assert case.what.endswith(".")
        assert case.todo.endswith(".")
        assert case.who


RECORDED = json.loads((HERE / "recorded.json").read_text())
ERRORS = [
    exchange
    for part in (RECORDED["others"], RECORDED["distinct_v9_to_v12"]["exchanges"])
    for exchange in part
    if isinstance(exchange["response"], dict) and "error" in exchange["response"]
]
WAITING = {2, 1, 80003, 80004, 80000, 105}
PEOPLE = {190, 294, 2655, 2663}


@pytest.mark.parametrize("exchange", ERRORS, ids=lambda e: e.get("name", e["path"]))
def test_errors_met_in_the_wild_are_sorted_as_they_should_be(exchange):
    body = exchange["response"]
    error = read_error(exchange["status"] or 400, {}, json.dumps(body).encode())

    code, subcode = body["error"]["code"], body["error"].get("error_subcode")
    lost_access = (code, subcode) in {(100, 33), (100, 36009), (200, None)}
    if code in WAITING or (code == 2650 and "data source" not in body["error"]["message"]):
        assert isinstance(error, TemporaryError)
    elif code in PEOPLE or lost_access:
        assert isinstance(error, NeedsPersonError)
    elif "app secret proof" in body["error"]["message"]:
        assert isinstance(error, PermanentError | NeedsPersonError)
    else:
        assert isinstance(error, PermanentError)
