"""Files for spreadsheets: what would be computed is escaped, what is a number or a phone stays whole."""

import csv
import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from webapp.web import csv_file
from webapp.web.csv_file import safe_cell


@given(some.text(max_size=20))
def test_no_cell_begins_as_a_formula_does(text: str):
    cell = safe_cell(text)

    assert cell.endswith(text)
    if cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")):
        assert re.fullmatch(r"\+[0-9 ]+|-[0-9]+([.,][0-9]+)?", cell)


@pytest.mark.parametrize(
    "text", ['=HYPERLINK("http://x")', "+cmd|' /C calc'!A0", "-1+1", "@SUM(A1)", "\t=1", "＝1", "＋1"]
)
def test_a_formula_is_escaped(text: str):
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["+393331234567", "+39 333 1234567", "-12,50", "-3", "D’Angelo", ""])
def test_a_phone_and_a_negative_amount_stay_whole(text: str):
    assert safe_cell(text) == text


def test_the_file_is_what_italian_excel_opens_by_itself():
    text = "".join(csv_file.lines([("Nome", "Città"), ("Anna; detta “Nina”", 'Forlì "centro"')]))

    assert text.startswith("\ufeffNome;Città\r\n")
    assert list(csv.reader(text.splitlines()[1:], delimiter=";")) == [
        ["Anna; detta “Nina”", 'Forlì "centro"']
    ]
