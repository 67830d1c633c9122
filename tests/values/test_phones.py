"""Telephone numbers: Italian habits, spreadsheet damage, and that the shortcut agrees with the library."""

import phonenumbers
import pytest
from hypothesis import given, settings
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
