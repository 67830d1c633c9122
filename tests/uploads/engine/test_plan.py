"""What an upload does next, as tables of values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.uploads.plan import Next, Tally, Trouble, after_error, closing_status, senders_to_enqueue, wait_s
from webapp.uploads.status import UploadStatus


@pytest.mark.parametrize(
    ("errors", "shortest", "longest"),
    [(1, 2.5, 5), (2, 5, 10), (3, 10, 20), (8, 320, 640), (9, 450, 900), (50, 450, 900)],
)
def test_waits_double_and_never_pass_a_quarter_of_an_hour(errors, shortest, longest):
    assert wait_s(errors, 0) == shortest
    assert wait_s(errors, 1) == longest


@given(errors=st.integers(1, 10_000), chance=st.floats(0, 1, exclude_max=True))
def test_a_wait_is_never_shorter_than_half_the_first_nor_longer_than_the_last(errors, chance):
    assert 2.5 <= wait_s(errors, chance) <= 900


@pytest.mark.parametrize(
    ("batches", "rejected", "selected", "discarded", "status"),
    [
        ({"sent": 3}, 0, 100, 0, UploadStatus.COMPLETED),
        ({"sent": 3}, 0, 100, 30, UploadStatus.COMPLETED),
        ({"sent": 3}, 0, 100, 31, UploadStatus.COMPLETED_WITH_WARNINGS),
        ({"sent": 3}, 1, 100, 0, UploadStatus.COMPLETED),
        ({"sent": 3}, 2, 100, 29, UploadStatus.COMPLETED_WITH_WARNINGS),
        ({"sent": 2, "failed": 1}, 0, 100, 0, UploadStatus.COMPLETED_WITH_WARNINGS),
        ({"failed": 3}, 0, 100, 0, UploadStatus.FAILED),
    ],
)
def test_how_an_upload_ends(batches, rejected, selected, discarded, status):
    assert closing_status(Tally(batches, rejected), selected, discarded, limit=30) == status


@pytest.mark.parametrize(
    ("batches", "settled"),
    [({"sent": 2}, True), ({"sent": 2, "pending": 1}, False), ({"sending": 1}, False), ({}, True)],
)
def test_an_upload_is_settled_when_no_batch_waits_or_is_on_its_way(batches, settled):
    assert Tally(batches, 0).is_settled is settled


@pytest.mark.parametrize(
    ("due", "in_flight", "enqueued"), [(10, 0, 4), (10, 3, 1), (2, 0, 2), (10, 4, 0), (0, 0, 0)]
)
def test_no_more_senders_are_enqueued_than_there_is_work_and_room_for(due, in_flight, enqueued):
    assert senders_to_enqueue(due, in_flight) == enqueued


def trouble(**known: object) -> Trouble:
    usual = {"rows": 5000, "errors": 2, "too_large": True, "in_a_row": 1, "others_passed": True}
    return Trouble(**{**usual, "halved": 0, "is_smallest": False, "lasted_s": 60.0, **known})


@pytest.mark.parametrize(
    ("known", "step"),
    [
        ({}, Next.HALVE),
        ({"others_passed": False}, Next.WAIT),  # nothing is proven
        ({"errors": 1}, Next.WAIT),
        ({"too_large": False}, Next.WAIT),
        ({"rows": 999}, Next.WAIT),
        ({"rows": 1000}, Next.HALVE),
        ({"others_passed": False, "in_a_row": 9, "is_smallest": True}, Next.WAIT),
        ({"others_passed": False, "in_a_row": 10, "is_smallest": True}, Next.HALVE),
        ({"others_passed": False, "in_a_row": 10, "is_smallest": False}, Next.WAIT),
        ({"others_passed": False, "in_a_row": 19, "is_smallest": True, "halved": 1}, Next.WAIT),
        ({"too_large": False, "errors": 7}, Next.WAIT),
        ({"too_large": False, "errors": 8}, Next.SET_ASIDE),
        ({"too_large": False, "errors": 8, "others_passed": False}, Next.WAIT),
        ({"too_large": False, "errors": 8, "in_a_row": 3}, Next.WAIT),  # an outage, maybe
        ({"too_large": False, "errors": 40, "in_a_row": 30}, Next.SET_ASIDE),
        # The longest outage of Facebook took some seven hours (October 2021): nobody waits for longer.
        ({"too_large": False, "errors": 40, "others_passed": False, "lasted_s": 43_200}, Next.SET_ASIDE),
        ({"too_large": False, "errors": 40, "others_passed": False, "lasted_s": 43_199}, Next.WAIT),
        ({"too_large": False, "errors": 39, "others_passed": False, "lasted_s": 90_000}, Next.WAIT),
    ],
)
def test_a_batch_waits_whole_until_something_proves_that_it_is_its_own_fault(known, step):
    assert after_error(trouble(**known)) == step


@given(
    rows=st.integers(1, 10_000),
    errors=st.integers(1, 1_000),
    in_a_row=st.integers(1, 10_000),
    halved=st.integers(0, 50),
    too_large=st.booleans(),
    is_smallest=st.booleans(),
    lasted_s=st.floats(0, 12 * 3600, exclude_max=True),
)
def test_in_an_outage_of_less_than_half_a_day_nothing_is_set_aside_and_little_is_halved(
    rows, errors, in_a_row, halved, too_large, is_smallest, lasted_s
):
    step = after_error(trouble(**locals(), others_passed=False))

    assert step != Next.SET_ASIDE
    if step == Next.HALVE:
        assert rows // 2 >= 500 and halved < in_a_row // 10
