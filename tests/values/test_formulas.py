"""What an export escapes, an import reads as it was."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.values.formulas import escape, unescape
from webapp.web.csv_file import line

NUMBER = re.compile(r"[+-][0-9]").match
RISKY = tuple("=+-@\t\r＝＋－＠")


@given(st.text(st.sampled_from("'=+-@＝ 1a\t"), max_size=8) | st.text(max_size=20))
def test_escaping_can_be_undone_and_leaves_no_formula(text):
    assert unescape(escape(text)) == text
    assert not escape(text).startswith(tuple("=@\t\r＝＋－＠"))


def test_an_apostrophe_of_a_name_stays():
    for text in ("'Ndrangheta", "'", "D'Angelo", "''", "'a=1"):
        assert escape(text) == unescape(text) == text


@given(
    st.lists(st.text(st.sampled_from("'\"=+-@＝;,|\t\r\n 1a"), max_size=8), min_size=1, max_size=4),
    st.sampled_from(";,\t|"),
)
def test_whatever_separator_a_file_is_opened_with_no_cell_is_a_formula(cells, separator):
    """Numbers that stay as they are (`+39 340…`, `-12,5`) are what `escape` leaves alone on purpose."""
    written = line(cells)

    found = [
        cell for row in csv.reader(io.StringIO(written, newline=""), delimiter=separator) for cell in row
    ]

    shown = [cell.lstrip("\t\r\n") for cell in found]
    assert [cell for cell in shown if cell.startswith(RISKY) and not NUMBER(cell)] == []


@pytest.mark.parametrize("separator", [",", "\t", "|"])
def test_a_formula_behind_another_separator_is_only_text(separator):
    written = line([f"Mario{separator}=HYPERLINK(1)", "x"])

    assert f"{separator}'=HYPERLINK" in written
