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


# Cells of `31-emails.csv`, the collection of shapes that real files have, and their neighbours.
@pytest.mark.parametrize(
    "raw",
    [
        *("'anna@posta.it", '"anna@posta.it"', "<anna@posta.it>", "(anna@posta.it)", "{anna@posta.it"),
        *(
            "anna@posta.it.",
            "anna@posta.it,",
            "anna@posta.it;",
            "\u00a0anna@posta.it\u00a0.",
            "«anna@posta.it»",
        ),
        *("mailto:anna@posta.it", "mail=anna@posta.it", "E-mail: anna@posta.it", "pec: anna@posta.it"),
        *("Anna Rossi <anna@posta.it>", '"Rossi, Anna" <anna@posta.it>', "Niccolò <anna@posta.it>"),
        *("Anna|anna@posta.it", "anna@posta.it|Anna Rossi", '="anna@posta.it"', "=anna@posta.it"),
        *("anna@posta.it; anna@posta.it", "anna@posta.it <anna@posta.it>", "\u200b'ANNA@posta.it"),
    ],
)
def test_the_one_address_of_a_cell_is_taken_out_of_what_stands_around_it(raw):
    assert read_email(raw) == ("anna@posta.it", None, "cleaned")


@pytest.mark.parametrize(
    "between", [";", "; ", ", ", ",", " ", "\n", " / ", "/", "|", " e ", " ::: ", "; Mail: ", "> <", " o "]
)
def test_of_two_whole_addresses_the_first_is_taken_and_said(between):
    assert read_email(f"anna@posta.it{between}ugo@posta.it") == ("anna@posta.it", None, "second_address_left")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        *[(f"{sign}anna@posta.it", "email_invalid.sign") for sign in "#?*!&~$^/%"],
        *[(raw, "email_invalid.sign") for raw in ("%20anna@posta.it", "an%20na@posta.it", "a/b@posta.it")],
        *[(raw, "email_invalid.sign") for raw in ("chi=anna@posta.it", "m***@posta.it", "anna'@posta.it")],
        *[("anna@posta.it (nuova)", "email_invalid.text"), ("Anna anna@posta.it", "email_invalid.text")],
        *[
            ("non usare anna@posta.it", "email_invalid.text"),
            ("anna@posta.it ugo@@posta.it", "email_invalid.text"),
        ],
        ("Anna <anna@posta.it>, Ugo <ugo@posta.it>", "email_invalid.two"),
        *[("...anna@posta.it", "email_invalid.sign"), ("anna@posta.it...", "email_invalid")],
        *[("ugo(at)posta.it", "email_invalid.no_at"), ("fabio@gmail", "email_invalid.domain")],
    ],
)
def test_rubbish_that_may_be_part_of_an_address_is_refused_with_its_name(raw, reason):
    assert read_email(raw) == (None, reason, None)


@pytest.mark.parametrize(
    "address", ["d'amico.anna@posta.it", "a&b@posta.it", "_anna_@posta.it", "anna-@posta.it"]
)
def test_odd_addresses_that_people_have_stay_as_they_are(address):
    assert read_email(address) == (address, None, None)


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
@given(st.one_of(near_addresses, st.text("ab.@-_, '|=/", max_size=16)))
def test_what_is_accepted_is_an_address_that_stands_in_the_text(text):
    value, _, note = read_email(text)

    if value is not None:
        assert library(value) == value
        assert value in text
        assert note is not None or value == text.strip()


plain_signs = st.from_regex(
    r"[a-z0-9_+-]+([.'&#][a-z0-9_+-]+)*@[ab.-]{0,9}\.(com|it|test|xn--)", fullmatch=True
)


@settings(deadline=None)
@given(plain_signs)
def test_an_address_without_odd_signs_is_accepted_exactly_when_the_library_accepts_it(address):
    assert read_email(address).value == library(address)


@settings(deadline=None)
@given(st.text())
def test_reading_twice_changes_nothing(raw):
    value, reason, _ = read_email(raw)

    assert (value is None) != (reason is None)
    assert value is None or read_email(value).value == value
