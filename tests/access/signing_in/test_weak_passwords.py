"""Passwords that who guesses tries first are not taken, and phrases nobody would try are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import TEST_PASSWORD
from webapp.access.signing_in import weak_passwords
from webapp.access.signing_in.passwords import MIN_CHARACTERS, WeakPassword, check_new

FREQUENT = (
    "Questa password è tra le prime che si provano: scegline una più lunga e tua, per esempio quattro parole."
)
REPEATS = "La password ripete sempre gli stessi caratteri: scegline una più varia."
OWN = (
    "La password è fatta di nomi che tutti conoscono (il tuo, l’email, lo spazio cliente, Platea): cambiala."
)
EMAIL, CONTEXT = "giulia.ferri@studioaurora.example", ("Giulia Ferri", "Studio Aurora")


@pytest.mark.parametrize(
    "password",
    [
        # The twelve that were all accepted before, but those of names.
        *("password1234", "123456789012", "Password2026!", "qwertyuiop12", "juventus1897"),
        # Shapes that every list of leaked passwords is full of.
        *("1q2w3e4r5t6y", "1qaz2wsx3edc", "qwerty123456", "iloveyou1234", "abcdefghijkl", "987654321012"),
        *("123123123123", "passwordpassword", "unbelievable", "manchesterunited", "11111111111a"),
        *("P@ssw0rd1234", "Forzanapoli1926", "ciaociaociao", "amoremio2010", "AlessandroRossi85!"),
        *("asdfghjkl123", "Benvenuto123!"),
        *("qazwsxedcrfv", "trustno1trustno1", "pàsswòrd2026!", "alessandra14021985", "Settembre2026!!"),
    ],
)  # fmt: skip
def test_what_everybody_tries_first_is_refused(password):
    with pytest.raises(WeakPassword) as refused:
        check_new(password, EMAIL, CONTEXT)
    assert str(refused.value) in (FREQUENT, REPEATS)


@pytest.mark.parametrize(
    "password",
    ["studioaurora1", "Giulia.Ferri2026", "ferri-studio-aurora", "platea2026platea!", "studioaurora.example"],
)
def test_names_that_whoever_guesses_knows_are_refused(password):
    with pytest.raises(WeakPassword) as refused:
        check_new(password, EMAIL, CONTEXT)
    assert str(refused.value) in (OWN, FREQUENT)
    assert weak_passwords.is_frequent(password, (EMAIL, "Platea", *CONTEXT))


@pytest.mark.parametrize(
    "password",
    [
        TEST_PASSWORD,
        "perché no, così è più lunga di sessantaquattro caratteri e nessuno la indovina",
        "una frase lunga abbastanza",
        "correct horse battery staple",
        "vK7#mQ2x!pLw",
        "tre gatti sul tetto a Vigevano",
        "giulia mangia brodo storto",
    ],
)
def test_what_takes_guessing_is_taken(password):
    check_new(password, EMAIL, CONTEXT)


@pytest.mark.parametrize(
    "password",
    # Source: SecLists, 10-million-password-list-top-1000000.txt; the first is its line 2,202.
    ["Mailcreated5240", "Sojdlg123aljg", "sonyericsson", "ghjcnjgfhjkm", "chickenwing101"],
)
@pytest.mark.parametrize("written", [str, str.upper, str.swapcase])
def test_what_a_published_list_of_leaks_holds_is_refused(password, written):
    with pytest.raises(WeakPassword) as refused:
        check_new(written(password), EMAIL)
    assert str(refused.value) == FREQUENT


def test_the_three_thousand_most_used_of_our_length_are_refused_and_many_more():
    """ASVS 5.0, 6.2.4: at least 3,000 that match the rule of length. The list has all of its million."""
    published = weak_passwords.published()

    assert len(published) == 43_937 and min(map(len, published)) == MIN_CHARACTERS
    for password in sorted(published)[::15]:
        with pytest.raises(WeakPassword):
            check_new(password, EMAIL)


@given(st.text(max_size=200))
def test_any_text_gets_an_answer(text):
    assert weak_passwords.is_frequent(text, (text, "Giulia")) in (True, False)


@given(
    st.sampled_from(sorted(weak_passwords.frequent_words()[0])), st.integers(0, 9999), st.sampled_from("!.?")
)
def test_a_frequent_word_stays_one_with_a_number_and_a_sign(word, number, sign):
    """Three thousand and more: each word of the list with all that is put behind it (ASVS 5.0, 6.2.4)."""
    assert weak_passwords.is_frequent(word.capitalize() + str(number)[:3] + sign)


def test_the_list_is_long_enough():
    """With a sign, a year or 123 behind them, and in pairs, they are far more than the 3,000 asked for."""
    assert len(weak_passwords.frequent_words()[0]) > 1_000
