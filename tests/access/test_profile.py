"""One's own page and a new password."""

from tests.conftest import TEST_PASSWORD
from webapp import db
from webapp.access import passwords
from webapp.access.queries import operator_by_email

NEW = "sette nani e una mela"


def change(browser, old=TEST_PASSWORD, new=NEW, htmx=False):
    return browser.post_form("/profilo/password", {"attuale": old, "nuova": new}, htmx=htmx)


def opens_with(password: str) -> bool:
    with db.reading() as session:
        return passwords.matches(operator_by_email(session, "giulia@aurora.example").password_hash, password)


def test_the_page_says_who_one_is(signed_in, page):
    text = page(signed_in.get("/profilo")).text_content()

    assert "giulia@aurora.example" in text and "Studio Aurora" in text and "Amministratore" in text


def test_a_new_password_is_set_and_one_stays_in(signed_in, page):
    assert change(signed_in).location == "/profilo"

    assert "Password cambiata." in page(signed_in.get("/profilo")).text_content()
    assert opens_with(NEW) and not opens_with(TEST_PASSWORD)


def test_a_new_password_ends_the_other_sessions(app, signed_in, giulia):
    other = app.test_client()
    other.sign_in(giulia)

    change(signed_in)

    assert other.get("/profilo").status_code == 303


def test_who_does_not_know_the_current_one_changes_nothing(signed_in, page):
    tree = page(change(signed_in, old="non è questa"), 422)

    assert (
        tree.get_element_by_id("attuale-error").text_content().strip() == "Non è la password che usi adesso."
    )
    assert opens_with(TEST_PASSWORD)


def test_a_short_one_is_refused_beside_its_field(signed_in, fragment):
    form = fragment(change(signed_in, new="corta", htmx=True), 422)

    assert form.get_element_by_id("nuova-error").text_content().strip() == (
        "La password deve avere almeno 12 caratteri."
    )
    assert opens_with(TEST_PASSWORD)


def test_guessing_the_current_one_is_slowed_down_too(signed_in):
    for _ in range(10):
        change(signed_in, old="non è questa")

    assert "Troppi tentativi." in change(signed_in).text
    assert opens_with(TEST_PASSWORD)
