"""usersreplace: batch 1 starts it exactly once, then any order; every refusal is 2650 with a subcode."""

import hashlib

import pytest


def people(name: str, count: int = 3) -> list[list[str]]:
    return [[hashlib.sha256(f"{name}{number}".encode()).hexdigest()] for number in range(count)]


def as_set(*parts: list[list[str]]) -> set[tuple[str, ...]]:
    return {tuple(row) for part in parts for row in part}


@pytest.fixture
def audience(meta):
    """An audience with people in it, ready to be replaced."""
    audience = meta.new_audience()
    meta.add(audience, people("old"))
    meta.control("/clock", advance_s=60)
    return audience


def subcode(answer) -> int:
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, 2650)
    return error["error_subcode"]


def test_the_new_people_take_the_place_of_the_old_with_the_last_batch(meta, audience):
    meta.replace(audience, people("a"), 1, 1, False)
    assert meta.members(audience) == as_set(people("old"))
    answer = meta.replace(audience, people("b"), 1, 2, True).json()
    assert (answer["account_id"], answer["num_received"]) == (meta.account_id, 6)
    assert meta.members(audience) == as_set(people("a"), people("b"))


def test_one_batch_is_enough(meta, audience):
    meta.replace(audience, people("a"), 1, 1, True)
    assert meta.members(audience) == as_set(people("a"))


def test_a_new_audience_can_be_filled_by_a_replace(meta):
    audience = meta.new_audience()
    assert meta.replace(audience, people("a"), 1, 1, True).status_code == 200


def test_batches_after_the_first_come_in_any_order_and_may_be_repeated(meta, audience):
    meta.replace(audience, people("a"), 1, 1, False)
    for batch_seq, name in ((4, "d"), (2, "b"), (4, "d"), (3, "c")):
        assert meta.replace(audience, people(name), 1, batch_seq, False).status_code == 200
    meta.replace(audience, people("e"), 1, 5, True)
    assert meta.members(audience) == as_set(*map(people, "abcde"))


def test_no_batch_before_the_first(meta, audience):
    assert subcode(meta.replace(audience, people("b"), 1, 2, False)) == 1870147


def test_batch_one_exactly_once(meta, audience):
    meta.replace(audience, people("a"), 1, 1, False)
    assert subcode(meta.replace(audience, people("a"), 1, 1, False)) == 1870145


def test_no_second_replace_and_no_edit_meanwhile(meta, audience):
    meta.replace(audience, people("a"), 1, 1, False)
    assert meta.get(f"/{audience}", fields="operation_status").json()["operation_status"]["code"] == 414
    assert subcode(meta.replace(audience, people("x"), 2, 1, False)) == 1870145
    assert subcode(meta.add(audience, people("x"))) == 1870145
    assert subcode(meta.remove(audience, people("x"))) == 1870145


def test_a_session_that_had_its_last_batch_is_finished(meta, audience):
    meta.replace(audience, people("a"), 1, 1, True)
    assert subcode(meta.replace(audience, people("b"), 1, 2, True)) == 1870159
    meta.control("/clock", advance_s=60)
    assert subcode(meta.replace(audience, people("b"), 1, 1, True)) == 1870159


def test_after_ninety_minutes_the_session_is_lost_and_a_new_one_starts_from_one(meta, audience):
    meta.replace(audience, people("a"), 1, 1, False)
    meta.control("/clock", advance_s=91 * 60)
    assert subcode(meta.replace(audience, people("b"), 1, 2, True)) == 1870158
    assert subcode(meta.replace(audience, people("b"), 2, 2, True)) == 1870147
    assert meta.members(audience) == as_set(people("old"))
    meta.replace(audience, people("c"), 2, 1, True)
    assert meta.members(audience) == as_set(people("c"))


def test_a_replace_that_never_ended_shows_as_failed_and_lets_edits_through_again(meta, audience):
    meta.replace(audience, people("a"), 1, 1, False)
    meta.control("/clock", advance_s=91 * 60)
    assert meta.get(f"/{audience}", fields="operation_status").json()["operation_status"]["code"] == 415
    assert meta.add(audience, people("x")).status_code == 200


def test_a_stuck_replace_is_closed_with_one_row_and_the_last_flag(meta, audience):
    meta.replace(audience, people("a"), 1, 1, False)
    meta.replace(audience, people("z", 1), 1, 9, True)
    meta.control("/clock", advance_s=60)
    assert meta.get(f"/{audience}", fields="operation_status").json()["operation_status"]["code"] == 200


def test_a_replace_waits_until_an_upload_is_worked_off(meta, audience):
    meta.add(audience, people("x"))
    assert subcode(meta.replace(audience, people("a"), 1, 1, True)) == 1870145
    meta.control("/clock", advance_s=60)
    assert meta.replace(audience, people("a"), 1, 1, True).status_code == 200


@pytest.mark.parametrize("status", [300, 414])
def test_an_audience_meta_is_updating_takes_nothing(meta, audience, status):
    meta.control("/audience", audience=audience, status=status)
    assert subcode(meta.replace(audience, people("a"), 1, 1, True)) == 1870145
    assert subcode(meta.add(audience, people("a"))) == 1870145


def test_a_hundred_million_users_are_too_many(meta, audience):
    meta.control("/audience", audience=audience, size=100_000_000)
    assert subcode(meta.replace(audience, people("a"), 1, 1, True)) == 1870144


def test_an_empty_replace_and_one_without_session_are_refused(meta, audience):
    for answer in (
        meta.replace(audience, [], 1, 1, True),
        meta.post(f"/{audience}/usersreplace", payload={"schema": ["EMAIL"], "data": people("a")}),
    ):
        assert answer.json()["error"]["code"] == 100
    assert meta.members(audience) == as_set(people("old"))


def test_values_cannot_come_into_an_audience_that_was_made_without(meta, audience):
    payload = {"schema": ["EMAIL", "LOOKALIKE_VALUE"], "data": [[people("a")[0][0], "3"]]}
    session = {"session_id": 1, "batch_seq": 1, "last_batch_flag": True}
    answer = meta.post(f"/{audience}/usersreplace", payload=payload, session=session)
    assert answer.json()["error"]["code"] == 2650
