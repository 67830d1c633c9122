"""The verdict on a whole batch at once is the verdict on each of its rows."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.destinations.meta.simulator.graph_errors import GraphError
from webapp.destinations.meta.simulator.rows import check, read_payload

GOOD = [hashlib.sha256(b"%d" % number).hexdigest() for number in range(3)]
CELLS = st.sampled_from(
    [*GOOD, GOOD[0].upper(), "", "mario@example.com", GOOD[0][:-1], GOOD[0] + "0", "z" * 64]
)
EXTERNAL = st.sampled_from(["67", "a\tb", "", "èé", GOOD[0]])


def is_good(cell: str) -> bool:
    return cell == "" or (
        len(cell) == 64 and all(character in "0123456789abcdefABCDEF" for character in cell)
    )


@given(rows=st.lists(st.tuples(CELLS, EXTERNAL, CELLS), min_size=1, max_size=30))
def test_a_batch_is_judged_as_its_rows_one_by_one(rows):
    payload = {"schema": ["EMAIL", "EXTERN_ID", "FN"], "data": [list(row) for row in rows]}
    checked = check(read_payload(payload))
    kept = {row for row in rows if is_good(row[0]) and row[1] != "" and is_good(row[2])}
    assert checked.kept == {"\t".join(cell.replace("\t", " ") for cell in row) for row in kept}
    assert checked.invalid_count == len([row for row in rows if row not in kept])
    assert len(checked.samples) == len({row for row in rows if row not in kept})


@given(cells=st.lists(CELLS, min_size=1, max_size=30), is_list=st.booleans())
def test_a_single_column_is_judged_the_same_as_string_or_list_schema(cells, is_list):
    data = [[cell] for cell in cells] if is_list else cells
    checked = check(read_payload({"schema": ["EMAIL"] if is_list else "EMAIL_SHA256", "data": data}))
    assert checked.kept == {cell for cell in cells if is_good(cell)}


@pytest.mark.parametrize("cell", [None, 12, True, ["a"], {"a": 1}])
def test_a_cell_that_is_no_text_makes_its_row_invalid(cell):
    checked = check(read_payload({"schema": ["EMAIL", "FN"], "data": [[GOOD[0], cell], [GOOD[1], ""]]}))
    assert (checked.invalid_count, checked.kept) == (1, {f"{GOOD[1]}\t"})


@pytest.mark.parametrize("payload", [None, [], "x", {}, {"schema": [], "data": [[]]}, {"schema": ["EMAIL"]}])
def test_what_is_no_payload_is_a_bad_parameter(payload):
    with pytest.raises(GraphError) as raised:
        read_payload(payload)
    assert raised.value.code == 100
