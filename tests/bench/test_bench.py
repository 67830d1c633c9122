"""That `make bench` measures the right work. How long it takes is said by the bench alone."""

from dataclasses import replace

import pytest

from tests.bench import live, parts, sending
from tests.bench.__main__ import line
from tests.bench.measure import Cost, interleaved, measured, paired_ratio, percentile
from tests.bench.parts import Figure
from tests.bench.people import customers
from tests.bench.world import file_of, opened, sink

ROWS = 2_000
# Processes start slowly where much else runs.
pytestmark = [pytest.mark.processes, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def world():
    with opened() as made:
        yield made


def test_the_same_seed_makes_the_same_customers():
    assert list(customers(50)) == list(customers(50))
    assert list(customers(50)) != list(customers(50, seed=2))


def test_ours_and_the_floor_import_the_same_rows(world):
    file = str(file_of(world.settings.data_dir, ROWS))
    ours = measured("tests.bench.imports:ours", world.env, file=file, client_id=world.client_id).value
    floor = measured("tests.bench.imports:floor", world.env, file=file, client_id=world.client_id).value
    assert (ours["new"], floor["read"], ours["rejected"]) == (ROWS, ROWS, 0)


@pytest.mark.parametrize("keys", [1, 10])
def test_ours_and_the_sdk_send_the_same_contacts(world, keys):
    database_id = world.database_of(ROWS)
    with sink() as url:
        there = replace(world, settings=replace(world.settings, graph_url=url))
        works = parts.upload_works(there, database_id, keys, url)
        costs = interleaved(works, 1)
    ours = costs["ours"][0].value
    assert ours["status"] in ("completed", "completed_with_warnings")
    assert ours["selected"] == ROWS
    assert ours["received"] == ours["to_send"] > ROWS * 0.8
    # The SDK leaves nobody out for a wrong address, and sends who is there twice twice.
    assert costs["peer"][0].value > ours["to_send"]


def test_workers_and_the_sdk_send_the_same_batches(world):
    database_id = world.database_of(ROWS)
    workers = sending.with_workers(world, 2, database_id, batch_rows=500)
    sdk = sending.with_sdk(world, database_id, batch_rows=500)
    assert workers["batches"] == sdk["batches"] == 4


def test_a_filter_and_bare_sql_count_the_same_contacts(world):
    database_id = world.database_of(ROWS)
    found = measured("tests.bench.lists:counts", world.env, database_id=database_id, repeats=1).value
    assert found["own"]["found"] == found["floor"]["found"] > 0
    assert found["columns"]["found"] > 0


def test_tabs_get_whole_fragments_first_and_then_only_what_changed(world):
    database_id = world.database_of(ROWS)
    seen = live.watched(world, database_id, seconds=5, tabs=3)
    assert seen["whole"] >= 3
    assert seen["unchanged"] >= 1


def test_pairs_are_compared_with_each_other():
    ours = [Cost(1, 1, 1), Cost(2, 1, 1), Cost(10, 1, 1)]
    theirs = [Cost(10, 1, 1), Cost(20, 1, 1), Cost(50, 1, 1)]
    assert paired_ratio(ours, theirs) == 10
    assert percentile([5.0, 1.0, 3.0], 0.95) == 5.0


def test_a_line_says_what_was_promised_and_whether_it_was_kept():
    assert line(Figure("304, p95", "12.0 ms", "≤ 10 ms", False)).split() == [
        "304,", "p95", "12.0", "ms", "≤", "10", "ms", "NO",
    ]  # fmt: skip
