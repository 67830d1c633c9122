"""Telephone numbers: Italian habits, spreadsheet damage, and that the shortcut agrees with the library."""

import re

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from webapp.values.phones import read_mobile, read_phone


@pytest.mark.parametrize(
    "raw",
    [
        "3331234567",
        "333 1234567",
        "333 123 4567",
        "333-1234567",
        "333/1234567",
        "333.123.45.67",
        "+39 333 1234567",
        "(+39) 3331234567",
        "+39 (0)333 1234567",
        "0039 333 1234567",
        "00393331234567",
        "393331234567",
        " 3331234567 ",
        "333\u00a01234567",
        "\u202a+39 333 1234567\u202c",
        "cell. 333 1234567",
        "'3331234567",
        "3331234567,00",
        "3331234567.0",
        "3,331234567E+09",
    ],
)
def test_every_way_of_writing_an_italian_mobile_is_one_number(raw):
    assert read_mobile(raw).value == "393331234567"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("392 1234567", "393921234567"),
        ("39 392 1234567", "393921234567"),
        ("393 5879761", "393935879761"),
        ("335 123456", "39335123456"),
    ],
)
def test_a_mobile_that_begins_like_the_country_code_is_told_by_its_length(raw, value):
    assert read_mobile(raw).value == value


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("+49 15122617393", "4915122617393"),
        ("0041 79 802 10 05", "41798021005"),
        ("+44 (0)7400 875703", "447400875703"),
    ],
)
def test_a_foreign_mobile_keeps_its_own_prefix(raw, value):
    assert read_mobile(raw).value == value


def test_numbers_belong_to_the_country_asked_for():
    assert read_mobile("079 802 10 05", country="CH").value == "41798021005"


@pytest.mark.parametrize(
    "raw", ["02 1234567", "06/7738414", "+39 02 1234567", "011-1234567", "+39 (0)2 1234567"]
)
def test_a_landline_is_discarded_for_sms(raw):
    assert read_mobile(raw).reason == "phone_landline"


def test_a_landline_is_a_phone_and_keeps_its_zero():
    assert read_phone("02 1234567").value == "39021234567"
    assert read_phone("+39 (0)2 1234567").value == "39021234567"
    assert read_phone("02 1234567 int. 12").value == "39021234567"


@pytest.mark.parametrize("raw", ["", "  ", "-", "—", "\u200b"])
def test_an_empty_cell_is_a_missing_number(raw):
    assert read_mobile(raw).reason == "phone_empty"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("3,33E+09", "phone_invalid.excel"),
        ("3.33123E+09", "phone_invalid.excel"),
        ("non disponibile", "phone_invalid.letters"),
        ("329551", "phone_invalid.short"),
        ("333123456789", "phone_invalid.long"),
        ("+999 3331234567", "phone_invalid.country"),
        ("800 123456", "phone_invalid.service"),
        ("0000000000", "phone_invalid"),
    ],
)
def test_a_wrong_number_says_why(raw, reason):
    assert read_mobile(raw) == (None, reason, None)


def test_without_a_country_a_national_number_cannot_be_read():
    assert read_phone("020 7946 0958", country=None).reason == "phone_invalid.country"
    assert read_phone("+44 (0)20 7946 0958", country=None).value == "442079460958"


# Cells of `33-phones.csv`, the collection of shapes that real files have, and their neighbours.
@pytest.mark.parametrize(
    ("raw", "value", "note"),
    [
        ("p:+393475552001", "393475552001", None),  # Meta's own lead export
        ("whatsapp:+39 347 5571001", "393475571001", None),
        ("mobile=3475571001", "393475571001", None),
        ("tel/cell: 347 5571004", "393475571004", None),
        ("n. 347 5571004", "393475571004", None),
        ("📱3475571010", "393475571010", None),
        ("347 5571009;", "393475571009", None),
        ("347,5571007", "393475571007", None),
        ("347_5571008", "393475571008", None),
        ("347/557/10/07", "393475571007", None),
        ("+39 +39 3475571011", "393475571011", None),
        ("393475558001.0", "393475558001", None),
        ("+393475571032,00", "393475571032", None),
        ('="3475567001"', "393475567001", None),
        ("３４７５５７１０３３", "393475571033", None),
        ("347 5571006 int. 4", "393475571006", "extension_left"),
        ("347 5571002 / 347 5571003", "393475571002", "second_number_left"),
        ("347 5571004 - 02 5571004", "393475571004", "second_number_left"),
        ("02 5571004 / 347 5571004", "393475571004", "second_number_left"),
        ("3475571014 3475571015", "393475571014", "second_number_left"),
        ("3475571014,3475571015", "393475571014", "second_number_left"),
        ("347 5571029 e 347 5571030", "393475571029", "second_number_left"),
        ("tel 02 1234567 cell 347 5571004", "393475571004", "second_number_left"),
        ("Mobile: 347 5571014 ::: Home: 02 5571014", "393475571014", "second_number_left"),
        ("3475571014; +39 347 5571014", "393475571014", "cleaned"),
    ],
)
def test_the_number_of_a_cell_is_found_among_what_stands_around_it(raw, value, note):
    assert read_mobile(raw) == (value, None, note)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("335 557100/1", "phone_invalid.half"),
        ("338 123456 (2)", "phone_invalid.half"),
        ("335-123456-7", "phone_invalid.half"),
        ("335 123456 / 2", "phone_invalid.half"),
        ("335 123 456 7", "phone_invalid.half"),
        ("(335) 123456 (1)", "phone_invalid.half"),
        ("335123456 1)", "phone_invalid.half"),
        ("39347557103 9", "phone_invalid.half"),
        ("347/5571016/17", "phone_invalid.half"),
        ("3475571014/15", "phone_invalid.half"),
        ("335557100²", "phone_invalid.signs"),
        ("347557100*", "phone_invalid.signs"),
        ("335557100①", "phone_invalid.signs"),
        ("0347 5571013", "phone_invalid.zero"),
        ("+39 0347 5571036", "phone_invalid.zero"),
        ("039 3475571012", "phone_invalid.zero"),
        ("3475571O25", "phone_invalid.letters"),
        ("3475571028 ore pasti", "phone_invalid.letters"),
        ("moglie 347 5571028", "phone_invalid.letters"),
        ("dopo le 18: 3475571038", "phone_invalid.letters"),
        ("int. 4 3475571038", "phone_invalid.letters"),
        ("3E+09", "phone_invalid.excel"),
        ("1234567890", "phone_invalid"),
    ],
)
def test_digits_of_two_places_are_never_one_number_and_the_reason_is_true(raw, reason):
    assert read_mobile(raw) == (None, reason, None)


# `32-country-column.csv`: American area codes 320–399 are Italian mobile prefixes.
@pytest.mark.parametrize(
    ("raw", "country", "value"),
    [
        ("(347) 555-0123", "US", "13475550123"),
        ("330-555-0188", "US", "13305550188"),
        ("3475550199", "CA", "13475550199"),
        ("06 12 34 56 78", "FR", "33612345678"),
        ("079 123 45 67", "CH", "41791234567"),
        ("612 34 56 78", "ES", "34612345678"),
        ("0151 12345678", "DE", "4915112345678"),
        ("354 611 2345", "IS", "3546112345"),
        ("347 5551234", "IT", "393475551234"),
        ("+39 347 5551234", "US", "393475551234"),
    ],
)
def test_a_number_is_read_in_the_country_of_its_row(raw, country, value):
    assert read_mobile(raw, country).value == value


@pytest.mark.parametrize(
    ("raw", "country", "reason"),
    [
        ("347 555 0123", None, "phone_invalid.country"),
        ("393475550123", None, "phone_invalid.country"),
        ("15122617393", None, "phone_invalid.country"),  # Austin, or a German mobile without its zero
        ("347 555 0123", "Atlantide", "phone_invalid.country"),
        ("320 155 0123", "US", "phone_invalid.abroad"),
        ("06 12345678", "IT", "phone_landline"),
    ],
)
def test_a_number_of_an_unknown_or_another_country_is_discarded_with_a_true_reason(raw, country, reason):
    assert read_mobile(raw, country) == (None, reason, None)


@pytest.mark.parametrize("raw", ["+39 347 5550123", "0039 347 5550123", "p:+393475550123"])
def test_a_number_with_its_prefix_needs_no_country(raw):
    assert read_mobile(raw, None).value == "393475550123"


def test_a_dialling_code_of_its_own_column_goes_before_the_country_and_may_not_be_contradicted():
    assert read_mobile("347 555 0123", "IT", dial_country="US").value == "13475550123"
    assert read_mobile("347 555 0123", None, dial_country="IT").value == "393475550123"
    assert read_mobile("+39 347 555 0123", "US", dial_country="IT").value == "393475550123"
    assert read_mobile("+1 416 555 0123", "IT", dial_country="US").value == "14165550123", "Canada"
    assert read_mobile("+39 347 555 0123", "IT", dial_country="US").reason == "phone_invalid.dial_code"
    assert read_mobile("+1 347 555 0123", "IT", dial_country="IT").reason == "phone_invalid.dial_code"


def library(raw: str) -> str | None:
    try:
        number = phonenumbers.parse(raw, "IT")
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.number_type(number) != phonenumbers.PhoneNumberType.MOBILE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")


prefixes = st.sampled_from(["", "", "+39", "0039", "39", "(+39)", "+39 ", "0039 ", "39 ", "39-"])
separators = st.sampled_from(["", " ", "-", "/", "."])
beginnings = st.from_regex("[3490][0-9]{2}", fullmatch=True)
endings = st.text("0123456789", min_size=4, max_size=9)


@settings(deadline=None)
@given(prefixes, beginnings, separators, endings)
def test_an_italian_number_is_read_as_the_library_reads_it(prefix, beginning, separator, end):
    raw = f"{prefix}{beginning}{separator}{end}"

    assert read_mobile(raw).value == library(raw)


@settings(deadline=None)
@given(st.one_of(st.text(), st.text("0123456789+ /-().eE,", max_size=20)))
def test_reading_twice_changes_nothing(raw):
    value, reason, _ = read_mobile(raw)

    assert (value is None) != (reason is None)
    assert value is None or read_mobile("+" + value).value == value


def numbers_in(text: str, country: str | None) -> set[str]:
    """The numbers that the library finds in *text*, as E.164 digits."""
    found = phonenumbers.PhoneNumberMatcher(
        text, country, leniency=phonenumbers.Leniency.POSSIBLE, max_tries=1_000
    )
    return {phonenumbers.format_number(one.number, phonenumbers.PhoneNumberFormat.E164)[1:] for one in found}


whole = ["347 5571001", "3475571001", "335 557100", "335557100", "347-557-1003", "02 5571004", "+39"]
whole += ["+1 347 555 0123", "06 12 34 56 78", "0151 12345678"]
scraps = [
    "1",
    "2",
    "10",
    "17",
    "347",
    "1001",
    "/",
    "-",
    " ",
    ".",
    ",",
    ";",
    " e ",
    "tel ",
    "int. 4",
    "x7",
    "²",
    "a",
]
cells = st.lists(st.sampled_from(whole + scraps), min_size=1, max_size=5).map("".join)
countries = st.sampled_from(["IT", "US", "FR", None])


@settings(deadline=None)
@example("+39,347 5571001", "US")  # read without its prefix it is a number of New York
@given(st.one_of(cells, st.text("0123456789+ -./,", max_size=20)), countries)
def test_what_is_accepted_is_a_number_that_the_library_finds_in_that_text(text, country):
    value, _, note = read_mobile(text, country)

    if value is not None and note is None:
        written = re.sub(r"(?<![0-9+])00(?=[1-9])", "+", text)
        # Behind a prefix a comma is a gap (347,5571007), where the library ends a number.
        assert value in numbers_in(written, country) | numbers_in(written.replace(",", " "), country)


@settings(deadline=None)
@given(cells, countries)
def test_a_number_taken_from_a_cell_with_more_in_it_stands_in_one_place(text, country):
    value, _, _ = read_mobile(text, country)

    if value is not None:
        runs = [match.span() for match in re.finditer(r"\+?[0-9]+", text)]
        places = [text[first[0] : last[1]] for n, first in enumerate(runs) for last in runs[n:]]
        assert any(value in numbers_in(place, country) for place in places)


nine_digits = st.from_regex("3[2-9][0-9]{7}", fullmatch=True)
ways_of_adding = st.sampled_from(
    ["{}/{}", "{} ({})", "{}-{}", "{} {}", "{},{}", "{} / {}", "{}({})", "{} - {}", "{}_{}"]
)


@settings(deadline=None)
@given(nine_digits, ways_of_adding, st.from_regex("[0-9]{1,2}", fullmatch=True))
def test_a_whole_number_never_takes_the_digits_beside_it(number, way, more):
    written = way.format(f"{number[:3]} {number[3:]}", more)

    assert read_mobile(written).value is None
