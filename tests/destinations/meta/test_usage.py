"""How long an ad account rests: three headers, three units."""

import json
from pathlib import Path

import pytest

from webapp.destinations.meta.graph_api.usage import SLOW_S, STOP_S, pause_s, told_wait_s

RECORDED = json.loads((Path(__file__).parent / "recorded.json").read_text())


def audience_usage(percent=1, minutes=0, kind="custom_audience", act_id="1029384756102") -> str:
    entry = {"type": kind, "call_count": percent, "total_cputime": 1, "total_time": 1}
    return json.dumps({act_id: [entry | {"estimated_time_to_regain_access": minutes}]})


def test_the_business_use_case_header_speaks_in_minutes():
    assert pause_s({"X-Business-Use-Case-Usage": audience_usage(100, minutes=12)}) == 12 * 60


def test_the_ad_account_header_speaks_in_seconds():
    header = '{"acc_id_util_pct":99.5,"reset_time_duration":100,"ads_api_access_tier":"standard_access"}'
    assert pause_s({"x-ad-account-usage": header}) == 100


def test_the_reset_time_of_an_idle_account_means_nothing():
    assert pause_s({"X-Ad-Account-Usage": '{"acc_id_util_pct":9.67,"reset_time_duration":100}'}) == 0


@pytest.mark.parametrize(
    ("percent", "pause"), [(74, 0), (75, SLOW_S), (94.9, SLOW_S), (95, STOP_S), (100, STOP_S)]
)
def test_an_account_slows_down_before_it_is_blocked(percent, pause):
    assert pause_s({"X-Ad-Account-Usage": json.dumps({"acc_id_util_pct": percent})}) == pause
    assert pause_s({"X-App-Usage": json.dumps({"call_count": 1, "total_time": percent})}) == pause
    assert pause_s({"X-Business-Use-Case-Usage": audience_usage(percent)}) == pause


def test_limits_of_other_kinds_of_calls_and_other_accounts_do_not_stop_us():
    insights = {"X-Business-Use-Case-Usage": audience_usage(100, 30, kind="ads_insights")}
    both = json.loads(audience_usage(100, 30, act_id="1")) | json.loads(audience_usage(2, 0, act_id="2"))

    assert pause_s(insights) == 0
    assert pause_s({"X-Business-Use-Case-Usage": json.dumps(both)}, act_id="2") == 0
    assert pause_s({"X-Business-Use-Case-Usage": json.dumps(both)}, act_id="1") == 1800


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "{", '{"1":null}', '{"1":[1]}', '{"acc_id_util_pct":"molto"}']
)
def test_figures_nobody_can_read_stop_nobody(text):
    headers = dict.fromkeys(("X-Business-Use-Case-Usage", "X-Ad-Account-Usage", "X-App-Usage"), text)

    assert pause_s(headers) == told_wait_s(headers) == 0


def test_recorded_answers_slow_down_only_the_uploads_that_had_used_everything():
    pauses = {}
    for exchange in RECORDED["scenario_v12"]["exchanges"]:
        headers = exchange["response_headers"]
        pauses.setdefault(headers.get("x-ad-account-usage"), set()).add(pause_s(headers))

    assert pauses.pop(None) == {0}  # the other header: at most 32 %
    assert pauses.pop('{"acc_id_util_pct":100}') == {STOP_S}
    assert all(pause <= STOP_S for group in pauses.values() for pause in group)
