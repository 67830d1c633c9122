"""One's own page and a new password."""

import pytest
from sqlmodel import select

from tests.conftest import TEST_PASSWORD, add_operator
from webapp import db
from webapp.access.models import OpenSession, Role
from webapp.access.queries import operator_by_email
from webapp.access.signing_in import passwords
from webapp.access.signing_in.browsers import browser_name

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

    assert (
        "Password cambiata: le altre sessioni sono finite." in page(signed_in.get("/profilo")).text_content()
    )
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


FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36"
EDGE = f"{CHROME} Edg/142.0.0.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605 Version/18.1 Safari/604.1"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (FIREFOX, "Firefox su Linux"),
        (CHROME, "Chrome su Windows"),
        (EDGE, "Edge su Windows"),
        (IPHONE, "Safari su iPhone"),
        ("curl/8.5.0", "Browser sconosciuto"),
        ("", "Browser sconosciuto"),
    ],
)
def test_a_browser_is_called_as_its_owner_calls_it(user_agent, name):
    assert browser_name(user_agent) == name


@pytest.fixture
def elsewhere(app, giulia):
    """Another browser where Giulia signed in with her password."""
    browser = app.test_client()
    form = {"email": giulia.email, "password": TEST_PASSWORD}
    place = {"REMOTE_ADDR": "203.0.113.77"}
    browser.post_form("/accesso", form, headers={"User-Agent": FIREFOX}, environ_base=place)
    return browser


def test_the_page_says_where_one_is_signed_in(signed_in, elsewhere, page):
    rows = page(signed_in.get("/profilo")).xpath("//section[@id='sessions']//li")

    words = [" ".join(row.text_content().split()) for row in rows]
    assert any("Firefox su Linux Rete 203.0.113.0/24" in row for row in words)
    assert sum("Questa" in row for row in words) == 1


def test_one_session_is_ended_from_there(signed_in, elsewhere, page):
    form = page(signed_in.get("/profilo")).xpath("//section[@id='sessions']//li//form")[0]

    signed_in.post_form(form.get("action"))

    assert elsewhere.get("/profilo").status_code == 303
    assert signed_in.get("/profilo").status_code == 200


def test_all_the_others_are_ended_at_once(app, signed_in, elsewhere, giulia):
    third = app.test_client()
    third.sign_in(giulia)

    answer = signed_in.post_form("/profilo/sessioni/chiudi")

    assert answer.location == "/profilo"
    assert [browser.get("/profilo").status_code for browser in (signed_in, elsewhere, third)] == [
        200,
        303,
        303,
    ]


def test_a_session_of_somebody_else_cannot_be_ended(app, signed_in, aurora, page):
    marta = app.test_client()
    marta.sign_in(add_operator(aurora, Role.MARKETER, "marta@aurora.example", "Marta Riva"))
    with db.reading() as session:
        hers = session.exec(select(OpenSession).order_by(OpenSession.id.desc())).first()

    assert signed_in.post_form(f"/profilo/sessioni/{hers.public_id}/chiudi").status_code == 404
    assert marta.get("/profilo").status_code == 200
