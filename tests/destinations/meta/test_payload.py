"""The JSON of a batch, and rejected rows found again: judged by a recorded refusal."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.destinations.base import PLAIN_BYTES, UNKNOWN, EncodedRows
from webapp.destinations.meta.graph_api.payload import (
    UploadSession,
    parts_by_extern_id,
    rejected_rows,
    users_body,
)

RECORDED = json.loads((Path(__file__).parent / "recorded.json").read_text())
RUN = RECORDED["scenario_v12"]["exchanges"]
REFUSED = next(exchange for exchange in RUN if "empty external" in json.dumps(exchange["response"]))
SESSION = UploadSession(9778993, 10, True, 99996)


def test_a_batch_looks_as_metas_page_shows_it():
    rows = EncodedRows(("EMAIL",), b"\x01" * 32 + b"\x02" * 32)

    assert json.loads(users_body(rows, SESSION, {})) == {
        "payload": {"schema": ["EMAIL"], "data": [["01" * 32], ["02" * 32]]},
        # Source: Meta sheet §4.3, developers.facebook.com …/custom-audience/users.
        "session": {
            "session_id": 9778993,
            "batch_seq": 10,
            "last_batch_flag": True,
            "estimated_num_total": 99996,
        },
    }


cells = st.sampled_from([UNKNOWN, b"\x00" * 31 + b"\x01", b"\xff" * 32])


@given(st.lists(st.lists(cells, min_size=3, max_size=3)))
def test_unknown_cells_are_empty_strings_and_all_others_keep_their_place(table):
    rows = EncodedRows(("EMAIL", "PHONE", "FN"), b"".join(cell for row in table for cell in row))

    sent = json.loads(users_body(rows, SESSION, {}))["payload"]["data"]

    assert sent == [["" if cell == UNKNOWN else cell.hex() for cell in row] for row in table]


@given(st.lists(cells))
def test_a_single_key_keeps_its_rows_too(column):
    rows = EncodedRows(("EMAIL",), b"".join(column))

    sent = json.loads(users_body(rows, SESSION, {}))["payload"]["data"]

    assert sent == [["" if cell == UNKNOWN else cell.hex()] for cell in column]


def plain(code: str) -> bytes:
    return code.encode().ljust(PLAIN_BYTES, b"\0")


def test_the_recorded_refusal_of_an_empty_external_id_finds_its_row():
    payload = REFUSED["request_body_json"]["payload"]
    columns = [plain if key == "EXTERN_ID" else digest for key in payload["schema"]]
    cells = [make(cell) for row in payload["data"] for make, cell in zip(columns, row, strict=True)]
    rows = EncodedRows(tuple(payload["schema"]), b"".join(cells))

    [rejected] = rejected_rows(REFUSED["response"]["invalid_entry_samples"], rows)

    assert (rejected.row, rejected.reason) == (1, "empty external ID")
    assert json.loads(users_body(rows, SESSION, {}))["payload"]["data"] == payload["data"]


def digest(text: str) -> bytes:
    return bytes.fromhex(text) or UNKNOWN


codes = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=PLAIN_BYTES // 4)


@given(st.lists(st.tuples(cells, codes)))
def test_codes_are_sent_in_clear_and_rows_without_one_apart(table):
    rows = EncodedRows(("EMAIL", "EXTERN_ID"), b"".join(cell + plain(code) for cell, code in table))

    sent = {}
    for part, places in parts_by_extern_id(rows):
        data = json.loads(users_body(part, SESSION, {}))["payload"]["data"]
        sent |= {place: (part.schema, row) for place, row in zip(places, data, strict=True)}

    hexed = ["" if cell == UNKNOWN else cell.hex() for cell, _ in table]
    assert sent == {
        place: (("EMAIL", "EXTERN_ID"), [text, code]) if code else (("EMAIL",), [text])
        for place, (text, (_, code)) in enumerate(zip(hexed, table, strict=True))
    }


@pytest.mark.parametrize(
    "samples", [{}, [], None, {"no json": "x"}, {'["zz"]': "x"}, {"7": "x"}, {'["ff"]': "x"}, {"[7]": "x"}]
)
def test_samples_that_name_no_row_of_ours_are_left_out(samples):
    assert rejected_rows(samples, EncodedRows(("EMAIL",), b"\x01" * 32)) == []


def test_a_row_sent_twice_is_rejected_twice():
    rows = EncodedRows(("EMAIL",), b"\x01" * 32 + b"\x02" * 32 + b"\x01" * 32)

    assert [row.row for row in rejected_rows({f'["{"01" * 32}"]': "x"}, rows)] == [0, 2]


def test_rows_with_external_ids_stay_in_one_part():
    rows = EncodedRows(("EMAIL", "EXTERN_ID"), 2 * (b"\x01" * 32 + plain("7")))

    [(part, places)] = parts_by_extern_id(rows)

    assert (part, list(places)) == (rows, [0, 1])
