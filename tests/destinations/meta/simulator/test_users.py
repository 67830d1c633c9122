"""Adding and removing people: which rows are taken in, what is said of the others, sessions."""

import hashlib
import json

import pytest


def digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


ANNA, BRUNO, CARLA = digest("anna@example.com"), digest("bruno@example.com"), digest("carla@example.com")
FIRST_NAME = digest("anna")


@pytest.fixture
def audience(meta):
    return meta.new_audience()


def error_of(answer) -> tuple[int, int | None]:
    error = answer.json()["error"]
    return error["code"], error.get("error_subcode")


def test_the_same_person_twice_is_one_member(meta, audience):
    meta.add(audience, [[ANNA], [ANNA]])
    answer = meta.add(audience, [[ANNA]]).json()
    assert answer["num_received"] == 1
    assert meta.members(audience) == {(ANNA,)}


def test_a_value_that_is_no_hash_is_invalid_and_the_others_are_taken(meta, audience):
    answer = meta.add(audience, [[ANNA], ["anna@example.com"], [BRUNO[:-1]]]).json()
    assert (answer["num_received"], answer["num_invalid_entries"]) == (3, 2)
    assert list(answer["invalid_entry_samples"]) == ['["anna@example.com"]', json.dumps([BRUNO[:-1]])]
    assert meta.members(audience) == {(ANNA,)}


def test_an_unknown_value_is_the_empty_string(meta, audience):
    answer = meta.add(audience, [[ANNA, ""], [BRUNO, FIRST_NAME]], schema=["EMAIL", "FN"]).json()
    assert answer["num_invalid_entries"] == 0
    assert meta.members(audience, "EMAIL,FN") == {(ANNA, ""), (BRUNO, FIRST_NAME)}


def test_an_empty_external_id_makes_its_row_invalid(meta, audience):
    answer = meta.add(audience, [[ANNA, "67"], [BRUNO, ""]], schema=["EMAIL", "EXTERN_ID"]).json()
    assert answer["num_invalid_entries"] == 1
    assert answer["invalid_entry_samples"] == {f'["{BRUNO}",""]': "empty external ID"}


def test_the_hash_of_nothing_counts_as_valid(meta, audience):
    nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert meta.add(audience, [[nothing]]).json()["num_invalid_entries"] == 0


def test_at_most_a_hundred_samples_are_given(meta, audience):
    answer = meta.add(audience, [[f"persona{number}"] for number in range(150)]).json()
    assert answer["num_invalid_entries"] == 150
    assert len(answer["invalid_entry_samples"]) == 100


def test_no_samples_can_be_a_list_as_some_servers_write_it(meta, audience):
    meta.control("/settings", samples_as_list=True)
    assert meta.add(audience, [[ANNA]]).json()["invalid_entry_samples"] == []


@pytest.mark.parametrize("rows", [[], [[ANNA], [BRUNO, FIRST_NAME]], [[]], [ANNA], None, "testo"])
def test_rows_that_do_not_fit_the_schema_refuse_the_whole_call(meta, audience, rows):
    answer = meta.add(audience, rows)
    assert (answer.status_code, *error_of(answer)) == (400, 100, None)
    assert answer.json()["error"]["message"] == "(#100) Data is missing or does not match schema"


def test_more_than_ten_thousand_rows_are_an_unknown_error(meta, audience):
    answer = meta.add(audience, [[ANNA]] * 10_001)
    assert (answer.status_code, *error_of(answer)) == (500, 1, 99)
    assert meta.add(audience, [[ANNA]] * 10_000).status_code == 200


def test_a_key_meta_does_not_have_is_refused(meta, audience):
    assert error_of(meta.add(audience, [[ANNA]], schema=["SOPRANNOME"])) == (100, None)


def test_app_user_ids_need_their_app(meta, audience):
    assert error_of(meta.add(audience, [["123"]], schema=["APPUID"])) == (100, None)
    payload = {"schema": ["APPUID"], "data": [["123"]], "app_ids": ["1"]}
    assert meta.post(f"/{audience}/users", payload=payload).status_code == 200


def test_raw_values_are_hashed_by_meta_when_told_so(meta, audience):
    payload = {"schema": ["EMAIL"], "data": [[" Anna@Example.com "]], "is_raw": True}
    assert meta.post(f"/{audience}/users", payload=payload).json()["num_invalid_entries"] == 0
    assert meta.members(audience) == {(ANNA,)}


@pytest.mark.parametrize(("value", "invalid"), [("0", 0), (12.5, 0), ("-1", 1), ("tanto", 1)])
def test_a_value_based_audience_wants_a_value_of_zero_or_more(meta, value, invalid):
    audience = meta.new_audience(is_value_based=True)
    answer = meta.add(audience, [[ANNA, value]], schema=["EMAIL", "LOOKALIKE_VALUE"])
    assert answer.json()["num_invalid_entries"] == invalid


def test_single_and_multi_key_uploads_do_not_mix_either_way(meta):
    for first, second in (("EMAIL_SHA256", ["EMAIL"]), (["EMAIL"], "EMAIL_SHA256")):
        audience = meta.new_audience()
        assert meta.add(audience, [[ANNA]], schema=first).status_code == 200
        assert error_of(meta.add(audience, [[BRUNO]], schema=second)) == (2650, None)


def test_a_form_with_json_strings_is_as_good_as_a_json_body(meta, audience):
    form = {
        "payload": json.dumps({"schema": ["EMAIL"], "data": [[ANNA]]}),
        "session": json.dumps({"session_id": 5, "batch_seq": 1, "last_batch_flag": True}),
    }
    answer = meta.call("POST", f"/{audience}/users", data=form).json()
    assert (answer["session_id"], answer["num_received"]) == ("5", 1)


def test_ten_thousand_rows_pass_as_a_form(meta, audience):
    rows = [[digest(str(number))] for number in range(10_000)]
    form = {"payload": json.dumps({"schema": ["EMAIL"], "data": rows})}
    assert meta.call("POST", f"/{audience}/users", data=form).json()["num_received"] == 10_000


def test_a_body_that_is_no_json_is_a_bad_parameter(meta, audience):
    answer = meta.call("POST", f"/{audience}/users", data=b"{", headers={"Content-Type": "application/json"})
    assert error_of(answer) == (100, None)


def test_post_with_method_delete_is_refused_and_removes_nobody(meta, audience):
    meta.add(audience, [[ANNA], [BRUNO]])
    answer = meta.post(f"/{audience}/users", method="DELETE", payload={"schema": ["EMAIL"], "data": [[ANNA]]})
    assert error_of(answer) == (100, None)
    assert meta.members(audience) == {(ANNA,), (BRUNO,)}


def test_removing_by_email_finds_people_uploaded_with_more_keys(meta, audience):
    schema = ["EMAIL", "FN"]
    meta.add(audience, [[ANNA, FIRST_NAME], [BRUNO, ""]], schema=schema)
    meta.remove(audience, [[ANNA]])
    assert meta.members(audience, "EMAIL,FN") == {(BRUNO, "")}


def test_removing_with_other_names_still_finds_the_person_by_email(meta, audience):
    meta.add(audience, [[ANNA, FIRST_NAME], [BRUNO, FIRST_NAME]], schema=["EMAIL", "FN"])
    meta.remove(audience, [[ANNA, ""]], schema=["EMAIL", "FN"])
    assert meta.members(audience, "EMAIL,FN") == {(BRUNO, FIRST_NAME)}


def test_what_was_asked_to_be_removed_can_be_looked_at(meta, audience):
    meta.add(audience, [[ANNA], [BRUNO]])
    meta.remove(audience, [[ANNA], [CARLA]])
    removed = meta.look("/received", audience=audience, insieme="rimossi")["audiences"][audience]
    assert {row[0] for row in removed["EMAIL"]} == {ANNA, CARLA}


def test_removing_from_an_audience_under_the_floor_is_refused_as_recorded(meta, audience):
    meta.control("/settings", removal_floor=100)
    meta.add(audience, [[ANNA]])
    answer = meta.remove(audience, [[ANNA]])
    assert (answer.status_code, *error_of(answer)) == (400, 200, 1870047)
    assert answer.json()["error"]["error_user_title"] == "Audience Size too Low"
    assert meta.members(audience) == {(ANNA,)}


def test_people_are_removed_from_every_audience_of_the_account(meta, audience):
    other = meta.new_audience()
    for one in (audience, other):
        meta.add(one, [[ANNA], [BRUNO]])
    payload = {"schema": ["EMAIL"], "data": [[ANNA]]}
    answer = meta.call("DELETE", f"/act_{meta.account_id}/usersofanyaudience", json={"payload": payload})
    assert answer.status_code == 200
    assert meta.members(audience) == meta.members(other) == {(BRUNO,)}


def test_a_session_counts_all_its_batches(meta, audience):
    first = {"session_id": 11, "batch_seq": 1, "last_batch_flag": False}
    last = {"session_id": 11, "batch_seq": 2, "last_batch_flag": True}
    meta.add(audience, [[ANNA]], session=first)
    answer = meta.add(audience, [[BRUNO], ["no"]], session=last).json()
    assert (answer["num_received"], answer["num_invalid_entries"]) == (3, 1)
    (shown,) = meta.get(f"/{audience}/sessions", session_id=11).json()["data"]
    assert (shown["num_received"], shown["progress"], shown["stage"]) == ("3", "100", "finished")
    assert all(isinstance(value, str) for value in shown.values())


def test_a_batch_after_the_last_one_is_thrown_away_in_silence(meta, audience):
    meta.add(audience, [[ANNA]], session={"session_id": 12, "batch_seq": 1, "last_batch_flag": True})
    late = meta.add(audience, [[BRUNO]], session={"session_id": 12, "batch_seq": 2, "last_batch_flag": True})
    assert late.status_code == 200
    assert meta.members(audience) == {(ANNA,)}


def test_ninety_minutes_count_from_the_first_batch(meta, audience):
    session = {"session_id": 13, "batch_seq": 1, "last_batch_flag": False}
    meta.add(audience, [[ANNA]], session=session)
    meta.control("/clock", advance_s=60 * 60)
    meta.add(audience, [[BRUNO]], session={**session, "batch_seq": 2})
    meta.control("/clock", advance_s=31 * 60)
    assert meta.add(audience, [[CARLA]], session={**session, "batch_seq": 3}).status_code == 200
    assert meta.members(audience) == {(ANNA,), (BRUNO,)}


def test_the_schema_stays_the_same_inside_a_session(meta, audience):
    session = {"session_id": 14, "batch_seq": 1, "last_batch_flag": False}
    meta.add(audience, [[ANNA]], session=session)
    answer = meta.add(audience, [[BRUNO, ""]], schema=["EMAIL", "FN"], session={**session, "batch_seq": 2})
    assert error_of(answer) == (100, None)


def test_a_session_id_is_unique_in_its_account(meta, audience):
    session = {"session_id": 15, "batch_seq": 1, "last_batch_flag": False}
    meta.add(audience, [[ANNA]], session=session)
    assert error_of(meta.add(meta.new_audience(), [[ANNA]], session=session)) == (100, None)


@pytest.mark.parametrize("session", [{"session_id": 0}, {"session_id": 2**63}, {"session_id": "x"}, [], {}])
def test_a_session_id_is_a_positive_64_bit_number(meta, audience, session):
    assert error_of(meta.add(audience, [[ANNA]], session=session)) == (100, None)


def test_a_flagged_audience_takes_no_upload(meta):
    answer = meta.add("23861540031100582", [[ANNA]])
    assert (answer.status_code, *error_of(answer)) == (400, 100, 1713230)


def test_a_lookalike_takes_no_upload(meta):
    assert error_of(meta.add("23861540020700582", [[ANNA]])) == (2650, None)


def test_without_terms_nothing_is_created_or_uploaded_until_somebody_accepts(meta, audience):
    meta.control("/account", account=meta.account_id, tos_accepted=False)
    assert error_of(meta.add(audience, [[ANNA]])) == (200, 1870034)
    created = meta.post(f"/act_{meta.account_id}/customaudiences", name="x")
    assert error_of(created) == (200, 1870034)
    assert meta.account_id in created.json()["error"]["error_user_msg"]
    assert meta.get(f"/act_{meta.account_id}", fields="tos_accepted").json()["tos_accepted"] == {}
    meta.control("/account", account=meta.account_id, tos_accepted=True)
    assert meta.add(audience, [[ANNA]]).status_code == 200


def test_users_carry_app_and_account_usage_and_everything_else_the_business_one(meta, audience):
    added = meta.add(audience, [[ANNA]]).headers
    removed = meta.remove(audience, [[ANNA]]).headers
    assert "X-App-Usage" in added and "X-Ad-Account-Usage" in added
    assert "X-Business-Use-Case-Usage" not in added
    assert list(json.loads(removed["X-Business-Use-Case-Usage"])) == [meta.account_id]


def test_an_account_that_used_up_its_hour_is_throttled_and_comes_back(meta, audience):
    meta.control("/settings", hourly_calls=3)
    statuses = [meta.add(audience, [[ANNA]]).status_code for _ in range(4)]
    assert statuses == [200, 200, 400, 400]  # the creation was the first call
    refused = meta.add(audience, [[ANNA]])
    usage = json.loads(refused.headers["X-Business-Use-Case-Usage"])[meta.account_id][0]
    assert refused.json()["error"]["code"] == 80003
    assert 55 <= usage["estimated_time_to_regain_access"] <= 60
    meta.control("/clock", advance_s=3_600)
    assert meta.add(audience, [[ANNA]]).status_code == 200
