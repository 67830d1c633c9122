"""What stands around a value, and cells that say there is none."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.contacts.cells import (
    dialling_country,
    is_missing,
    phone_countries,
    read_code,
    read_country,
    read_gender,
    read_number,
    read_postcode,
    read_province,
    read_text,
    read_yes_no,
)
from webapp.values.emails import read_email
from webapp.values.formulas import escape
from webapp.values.phones import read_mobile

MARKERS = [
    "",
    " ",
    "-",
    "--",
    "—",
    "n.d.",
    "N.D.",
    "N/A",
    "n/d",
    "#N/D",
    "#N/A",
    "NULL",
    "null",
    "nan",
    "NaN",
]
MARKERS += ["\\N", "#VALORE!", "<NA>", '=""', "'", '="n.d."']


@pytest.mark.parametrize("cell", MARKERS)
def test_a_missing_value_is_missing_for_every_reader(cell):
    assert read_email(cell).reason == "email_empty"
    assert read_mobile(cell).reason == "phone_empty"
    for read in (
        *(read_text, read_code, read_country, read_province, read_postcode),
        *(read_gender, read_number, read_yes_no, dialling_country),
    ):
        assert read(cell) is None, read


def test_words_that_say_something_are_not_missing():
    assert not any(map(is_missing, ["no", "0", "Nadia", "Nando", "nessuna", "n", "non disponibile"]))
    assert read_province("NA") == "NA", "Napoli"
    assert read_country("NA") == "NA", "Namibia"
    assert [read_text(name) for name in ("None", "Nan", "Null", "Na")] == ["None", "Nan", "Null", "Na"]


# The cells of `25-equals-quote.csv`, and the apostrophes of Shopify's export.
@pytest.mark.parametrize(
    ("read", "cell", "value"),
    [
        (read_code, '="0001"', "0001"),
        (read_text, '="Nome1"', "Nome1"),
        (read_postcode, '="00181"', "00181"),
        (read_postcode, "'00184", "00184"),
        (read_postcode, "'SW1A 1AA", "SW1A 1AA"),
        (read_code, "'7001000000001", "7001000000001"),
        (read_code, "'AB12", "AB12"),
        (read_text, "'0012", "0012"),
        (read_text, "'=1+1", "=1+1"),
        (read_text, '="dice ""ciao"""', 'dice "ciao"'),
        (read_text, "'Ndrangheta", "'Ndrangheta"),
        (read_text, "'t Hooft", "'t Hooft"),
        (read_gender, '="F"', "f"),
        (read_gender, "'m", "m"),
        (read_number, "'1.459,26", 1459.26),
        (read_yes_no, '="1"', True),
        (read_yes_no, "0.0", False),
        (read_yes_no, "no.", False),
        (read_province, '="to"', "TO"),
        (read_country, "'Italia", "IT"),
    ],
)
def test_what_a_spreadsheet_wraps_is_unpacked(read, cell, value):
    assert read(cell) == value


@settings(deadline=None)
@given(st.text(st.one_of(st.sampled_from("'\"=+-@ aà0"), st.characters()), max_size=20))
def test_text_that_was_read_comes_back_from_an_export_as_it_is(cell):
    value = read_text(cell)

    assert value is None or read_text(escape(value)) == value


@pytest.mark.parametrize(
    ("cell", "country"),
    [
        *[(cell, "IT") for cell in ("+39", "0039", "39", "39.0", "'+39", "Italia (+39)", "+39 Italia", "IT")],
        *[("1", "US"), ("+1", "US"), ("44", "GB"), ("+351", "PT"), ("Svizzera", "CH")],
        *[
            (cell, None)
            for cell in ("", "n.d.", "351", "347", "039", "02", "+999", "boh", "+39 347", "+39 +41")
        ],
    ],
)
def test_a_dialling_code_is_a_country_unless_it_may_be_something_else(cell, country):
    assert dialling_country(cell) == country


@pytest.mark.parametrize(
    ("country_cell", "dial_cell", "countries"),
    [
        ("", "", ("IT", None)),
        ("US", "", ("US", None)),
        ("United States", "n.d.", ("US", None)),
        ("US", "+39", ("US", "IT")),
        ("", "0041", ("IT", "CH")),
        ("Atlantide", "", (None, None)),
        ("Atlantide", "+39", (None, "IT")),
        ("US", "boh", (None, None)),
        ("", "351", (None, None)),
    ],
)
def test_the_country_of_a_row_is_unknown_when_its_cell_cannot_be_read(country_cell, dial_cell, countries):
    assert phone_countries(country_cell, dial_cell, home="IT") == countries
