"""E-mail addresses: what is accepted, what is refused and why; the shortcut agrees with the library."""

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.values.emails import read_email


@pytest.mark.parametrize(
    "raw",
    [
        "mario.rossi@gmail.com",
        "  Mario.Rossi@GMAIL.com ",
        "\u00a0mario.rossi@gmail.com\u00a0",
        "\ufeffmario.rossi@gmail.com",
        "\u200bmario.rossi@gmail.com\u200b ",
        "mario.rossi@gmail.com\r\n",
    ],
)
def test_blanks_case_and_invisible_characters_do_not_matter(raw):
    assert read_email(raw).value == "mario.rossi@gmail.com"


@pytest.mark.parametrize("address", ["mario+promo@gmail.com", "m.a.r.i.o@gmail.com", "o'neil@example.com"])
def test_dots_tags_and_apostrophes_stay(address):
    assert read_email(address).value == address


@pytest.mark.parametrize("raw", ["", "   ", "\u00a0", "\ufeff", "-", "—"])
def test_an_empty_cell_is_a_missing_address(raw):
    assert read_email(raw).reason == "email_empty"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("mario@gmail,com", "email_invalid.comma"),
        ("mariogmail.com", "email_invalid.no_at"),
        ("mario @ gmail.com", "email_invalid.space"),
        ("mario@@gmail.com", "email_invalid.many_at"),
        ("mario@", "email_invalid.domain"),
        ("mario@gmail", "email_invalid.domain"),
        ("@gmail.com", "email_invalid.local"),
        ("niccolò@gmail.com", "email_invalid.accent"),
        ("mario@gmail..com", "email_invalid"),
        ("mario@posta.local", "email_invalid"),
        ("f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79", "email_invalid.hash"),
    ],
)
def test_a_wrong_address_says_what_to_correct(raw, reason):
    assert read_email(raw) == (None, reason, None)


def library(address: str) -> str | None:
    try:
        validate_email(address, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        return None
    return address


labels = st.text("abz09-", min_size=1, max_size=8)
endings = st.sampled_from(["com", "it", "test", "local", "onion", "xn--"])
domains = st.lists(st.one_of(labels, endings), max_size=4)
near_addresses = st.builds("{}@{}".format, st.text("abz09._+-'!", max_size=70), domains.map(".".join))


@settings(deadline=None)
@given(st.one_of(near_addresses, st.text("ab.@-_, ", max_size=12)))
def test_an_address_is_accepted_exactly_when_the_library_accepts_it(address):
    trimmed = address.strip()

    assert read_email(address).value == library(trimmed)


@settings(deadline=None)
@given(st.text())
def test_reading_twice_changes_nothing(raw):
    value, reason, _ = read_email(raw)

    assert (value is None) != (reason is None)
    assert value is None or read_email(value).value == value
