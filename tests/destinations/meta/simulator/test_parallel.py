"""Many callers at once, as several workers are: nothing is lost, nothing is counted twice."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import requests


def rows(batch: int, count: int = 1_000) -> list[list[str]]:
    start = batch * count
    return [[hashlib.sha256(b"%d" % number).hexdigest()] for number in range(start, start + count)]


def post(meta, path: str, **body) -> requests.Response:
    """On a connection of its own, as another process would."""
    return requests.post(
        f"{meta.graph_url}/v26.0{path}",
        headers={"Authorization": f"Bearer {meta.access_token}"},
        json=body,
        timeout=30,
    )


def everyone(batches: range) -> set[tuple[str, ...]]:
    return {tuple(row) for batch in batches for row in rows(batch)}


def test_forty_batches_from_eight_callers_are_all_there(meta):
    audience = meta.new_audience()

    def send(batch: int) -> dict:
        session = {"session_id": batch + 1, "batch_seq": 1, "last_batch_flag": True}
        payload = {"schema": ["EMAIL"], "data": rows(batch)}
        return post(meta, f"/{audience}/users", payload=payload, session=session).json()

    with ThreadPoolExecutor(8) as callers:
        answers = list(callers.map(send, range(40)))
    assert {answer["num_received"] for answer in answers} == {1_000}
    assert meta.members(audience) == everyone(range(40))


def test_batches_of_a_replace_may_come_in_parallel_after_the_first(meta):
    audience = meta.new_audience()

    def send(batch: int, is_last: bool = False) -> int:
        session = {"session_id": 7, "batch_seq": batch + 1, "last_batch_flag": is_last}
        payload = {"schema": ["EMAIL"], "data": rows(batch)}
        return post(meta, f"/{audience}/usersreplace", payload=payload, session=session).status_code

    assert send(0) == 200
    with ThreadPoolExecutor(8) as callers:
        assert set(callers.map(send, range(1, 20))) == {200}
    assert send(20, is_last=True) == 200
    assert meta.members(audience) == everyone(range(21))


def test_of_many_callers_exactly_as_many_fail_as_were_ordered(meta):
    audience = meta.new_audience()
    meta.control("/faults", fault="2", on="POST /users", times=7)

    def send(batch: int) -> int:
        payload = {"schema": ["EMAIL"], "data": rows(batch, 10)}
        return post(meta, f"/{audience}/users", payload=payload).status_code

    with ThreadPoolExecutor(8) as callers:
        statuses = list(callers.map(send, range(40)))
    assert (statuses.count(400), statuses.count(200)) == (7, 33)
