"""Files for spreadsheets: what would be computed is escaped, what is a number or a phone stays whole."""

import csv
import io
import re
from itertools import chain

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from webapp.contacts.cells import read_code, read_number, read_text
from webapp.values.formulas import escape as safe_cell
from webapp.values.formulas import unescape
from webapp.web import csv_file


@given(some.text(max_size=20))
def test_no_cell_begins_as_a_formula_does(text: str):
    cell = safe_cell(text)

    assert unescape(cell) == text
    if cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")):
        assert re.fullmatch(r"\+[0-9 ]+|-[0-9]+([.,][0-9]+)?", cell)


@pytest.mark.parametrize("separator", [",", "\t", "|", ";"])
@given(rows=some.lists(some.lists(some.text("=+-@,\t|;\"'\r\n a1＝", max_size=8), min_size=1), max_size=4))
@example(rows=[["-1", "2+cmd|' /C calc'!A0"]])
@example(rows=[["+393331234567", ""]])
@example(rows=[["Rossi", "Mario,=HYPERLINK(A1)"]])
@example(rows=[["a", 'x,"=1+1'], ["a", "due righe\n=1+1"]])
def test_opened_with_whatever_separator_no_cell_is_a_formula(rows, separator):
    text = "".join(csv_file.lines(rows)).removeprefix("\ufeff")

    for cell in chain.from_iterable(csv.reader(io.StringIO(text, newline=""), delimiter=separator)):
        if cell.startswith(("=", "+", "-", "@", "＝")):
            assert re.fullmatch(r"-[0-9]+([.,][0-9]+)?|\+[0-9 ]+", cell)


def test_a_number_at_the_beginning_of_a_row_is_read_as_it_was():
    written = csv_file.line(["-12,50", "+393331234567"])

    assert written == "'-12,50;+393331234567\r\n"
    assert read_number("'-12,50") == -12.5
    assert read_code("'+393331234567") == "+393331234567"


@pytest.mark.parametrize(
    "text", ['=HYPERLINK("http://x")', "+cmd|' /C calc'!A0", "-1+1", "@SUM(A1)", "＝1", "＋1"]
)
def test_a_formula_is_escaped(text: str):
    assert safe_cell(text) == f"'{text}"
    assert safe_cell(f"Mario,{text}") == f"Mario,'{text}"
    assert read_text(safe_cell(f"Mario,{text}")) == f"Mario,{text}"


@pytest.mark.parametrize("text", ["+393331234567", "+39 333 1234567", "-12,50", "-3", "D’Angelo", ""])
def test_a_phone_and_a_negative_amount_stay_whole(text: str):
    assert safe_cell(text) == text


def test_the_file_is_what_italian_excel_opens_by_itself():
    text = "".join(csv_file.lines([("Nome", "Città"), ("Anna; detta “Nina”", 'Forlì "centro"')]))

    assert text.startswith("\ufeffNome;Città\r\n")
    assert list(csv.reader(text.splitlines()[1:], delimiter=";")) == [
        ["Anna; detta “Nina”", 'Forlì "centro"']
    ]
