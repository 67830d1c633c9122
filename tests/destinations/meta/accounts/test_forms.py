"""What is typed in the account form, and what becomes of it."""

import pytest

from webapp.destinations.meta.accounts.forms import MASK, read_account

GOOD = {"nome": "Aurora Italia", "account_id": "1029384756102", "token": ""}
WRONG = "Scrivi il numero dell’account, con o senza “act_”. Esempio: 1029384756102."


@pytest.mark.parametrize(
    ("typed", "act_id"),
    [
        ("1029384756102", "1029384756102"),
        ("  1029384756102\n", "1029384756102"),
        ("1029 3847 56102", "1029384756102"),
        ("1029\u00a03847\u200956102", "1029384756102"),
        ("1", "1"),
        ("act_1029384756102", "1029384756102"),
        (" ACT_ 1029 384756102", "1029384756102"),
    ],
)
def test_spaces_and_the_word_before_the_digits_are_dropped(typed, act_id):
    form = read_account(GOOD | {"account_id": typed})

    assert (form.act_id, form.errors) == (act_id, {})
    assert form.is_cleaned == (typed.strip() != act_id)


@pytest.mark.parametrize(
    "typed",
    [
        "act_",
        "act_act_1",
        "act1",
        "-1",
        "0",
        "0129",
        "1.029",
        "1,5",
        "1e9",
        "0x10",
        "１２３",
        "٣٤",
        "NaN",
    ]
    + ["1" * 21, "9" * 5000, "1029384756102' OR 1=1", "<b>1</b>", "12\x00"],
)
def test_anything_but_digits_is_refused(typed):
    form = read_account(GOOD | {"account_id": typed})

    assert form.errors == {"account_id": WRONG} and len(form.act_id) <= 40


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Aurora Italia", "Aurora Italia"),
        ("  Aurora   Italia ", "Aurora Italia"),
        ("Aurora\tItalia\n", "Aurora Italia"),
        ("Caffe\u0300", "Caffè"),
        ("D’Angelo & figli | Milano", "D’Angelo & figli | Milano"),
    ],
)
def test_a_name_is_kept_as_typed_with_single_spaces(typed, name):
    form = read_account(GOOD | {"nome": typed})

    assert (form.name, form.errors) == (name, {})


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("", "Scrivi un nome: è quello che vedrai nei menu."),
        (" \u00a0 ", "Scrivi un nome: è quello che vedrai nei menu."),
        ("a" * 81, "Il nome è troppo lungo: usa al massimo 80 caratteri."),
        ("a\x00b", "Il nome contiene caratteri che non si vedono: scrivilo di nuovo."),
        ("\u202eailatI", "Il nome contiene caratteri che non si vedono: scrivilo di nuovo."),
    ],
)
def test_a_name_that_cannot_be_shown_is_refused(typed, error):
    assert read_account(GOOD | {"nome": typed}).errors == {"nome": error}


@pytest.mark.parametrize("typed", ["", "   ", MASK, f" {MASK} "])
def test_no_token_or_the_mask_means_that_none_was_pasted(typed):
    form = read_account(GOOD | {"token": typed})

    assert (form.token, form.errors) == (None, {})


def test_a_pasted_token_loses_the_spaces_around_it():
    assert read_account(GOOD | {"token": "  EAAB0123456789abcdefgh\n"}).token == "EAAB0123456789abcdefgh"


@pytest.mark.parametrize(
    "typed", ["EAAB", "EAAB0123456789 abcdefgh", "EAAB0123456789\x00abcdefgh", "x" * 2001]
)
def test_what_is_no_token_is_not_asked_about(typed):
    form = read_account(GOOD | {"token": typed})

    assert form.token is None
    assert form.errors == {"token": "Questo non sembra un access token: copialo per intero, senza spazi."}


def test_a_form_never_shows_its_token():
    assert "EAAB0123456789abcdefgh" not in repr(read_account(GOOD | {"token": "EAAB0123456789abcdefgh"}))


def test_missing_fields_are_errors_not_crashes():
    assert set(read_account({}).errors) == {"nome", "account_id"}


@pytest.mark.parametrize("typed", ["", "   "])
def test_without_an_account_one_is_asked_for(typed):
    """It may be chosen from a list: there is nothing that was typed wrongly."""
    missing = "Scegli l’account inserzionista, oppure scrivi il suo numero."

    assert read_account(GOOD | {"account_id": typed}).errors == {"account_id": missing}
