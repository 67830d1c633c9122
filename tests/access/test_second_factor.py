"""The second factor: switched on from the profile, asked for at sign-in, with codes for a lost phone."""

import pytest
import time_machine
from sqlmodel import select

from tests.access.phone import Phone
from tests.conftest import TEST_PASSWORD, add_operator
from webapp import db
from webapp.access.models import OpenSession, RecoveryCode, Role, SecondFactor

URL = "/profilo/secondo-fattore"
WRONG = "Il codice non è giusto, oppure è già stato usato."


@pytest.fixture
def now():
    """Ten in the morning; nothing moves unless the test moves it."""
    with time_machine.travel("2026-11-23T10:00:00+00:00", tick=False) as traveller:
        yield traveller


def read_key(browser, page) -> Phone:
    browser.post_form(URL, {"password": TEST_PASSWORD})
    return Phone.reading(page(browser.get(URL)))


def switch_on(browser, page) -> tuple[Phone, list[str]]:
    """The phone, and the recovery codes that are shown once."""
    phone = read_key(browser, page)
    shown = page(browser.post_form(f"{URL}/conferma", {"codice": phone.code()}))
    return phone, [code.text for code in shown.xpath("//ul[@class='codes']//code")]


@pytest.fixture
def switched_on(now, signed_in, page):
    """Giulia's phone and recovery codes, half a minute after she switched the second factor on."""
    made = switch_on(signed_in, page)
    now.shift(30)
    return made


def password(client, **more):
    return client.post_form("/accesso", {"email": "giulia@aurora.example", "password": TEST_PASSWORD, **more})


def give(client, code, **more):
    return client.post_form("/accesso/codice", {"codice": code, **more})


def is_in(client) -> bool:
    return client.get("/profilo").status_code == 200


def test_the_key_is_shown_as_a_picture_and_as_text(now, signed_in, page):
    phone = read_key(signed_in, page)

    picture = signed_in.get(f"{URL}/qr.svg")
    assert picture.mimetype == "image/svg+xml" and picture.data.startswith(b"<svg")
    assert picture.headers["Cache-Control"] == "no-store"
    assert len(phone.secret) == 20


def test_it_counts_only_once_a_first_code_was_given(now, app, signed_in, page):
    phone = read_key(signed_in, page)
    assert WRONG in page(signed_in.post_form(f"{URL}/conferma", {"codice": "000000"}), 422).text_content()
    assert password(app.test_client()).location == "/"

    shown = page(signed_in.post_form(f"{URL}/conferma", {"codice": phone.code()}))

    codes = [code.text for code in shown.xpath("//ul[@class='codes']//code")]
    assert len(set(codes)) == 10 and all(len(code) == 14 for code in codes)
    assert password(app.test_client()).location == "/accesso/codice"


def test_the_key_is_not_shown_again_once_it_counts(switched_on, signed_in, page):
    tree = page(signed_in.get(URL))

    assert "Ti restano 10 codici di recupero." in tree.text_content()
    assert not tree.xpath("//*[@id='chiave']")
    assert signed_in.get(f"{URL}/qr.svg").status_code == 404


def test_it_is_not_switched_on_without_the_password(now, signed_in, page):
    answer = signed_in.post_form(URL, {"password": "tutt’altra password"})

    assert "Non è la password che usi adesso." in page(answer, 422).text_content()
    assert not page(signed_in.get(URL)).xpath("//*[@id='chiave']")


def test_switching_it_on_ends_the_sessions_opened_without_it(now, app, signed_in, giulia, page):
    other = app.test_client()
    other.sign_in(giulia)

    switch_on(signed_in, page)

    assert not is_in(other)
    assert is_in(signed_in)


def test_password_and_code_open_the_page_that_was_wanted(switched_on, client, page):
    phone, _ = switched_on
    answer = password(client, dopo="/stile")
    assert answer.location == "/accesso/codice?dopo=/stile"
    field = page(client.get(answer.location)).get_element_by_id("codice")
    assert field.get("autocomplete") == "one-time-code"
    assert not is_in(client)

    assert give(client, phone.code(), dopo="/stile").location == "/stile"
    assert is_in(client)


def test_the_code_may_be_typed_with_a_space(switched_on, client):
    password(client)
    code = switched_on[0].code()

    assert give(client, f" {code[:3]} {code[3:]} ").status_code == 303


def test_a_code_works_once(switched_on, app, page):
    code = switched_on[0].code()
    first, second = app.test_client(), app.test_client()
    for browser in (first, second):
        password(browser)

    assert give(first, code).status_code == 303
    assert WRONG in page(give(second, code), 422).text_content()
    assert not is_in(second)


def test_the_code_that_switched_it_on_does_not_open_the_door(now, signed_in, client, page):
    phone, _ = switch_on(signed_in, page)
    password(client)

    assert give(client, phone.code()).status_code == 422


def test_an_old_code_does_not_open_the_door(now, switched_on, client):
    old = switched_on[0].code()
    now.shift(90)
    password(client)

    assert give(client, old).status_code == 422


def test_the_session_after_the_code_is_a_new_one(switched_on, client):
    password(client)
    with client.session_transaction() as cookie:
        half = cookie["_user_id"]

    give(client, switched_on[0].code())

    with client.session_transaction() as cookie:
        assert cookie["_user_id"] != half
    with db.reading() as session:
        assert not [row for row in session.exec(select(OpenSession)) if row.waits_for_code]


def test_half_a_sign_in_opens_nothing_and_is_worth_ten_minutes(now, switched_on, client):
    phone, _ = switched_on
    password(client)
    assert client.get("/").location == "/accesso"
    assert client.post_form("/profilo/password").location == "/accesso"

    now.shift(601)

    assert give(client, phone.code()).location == "/accesso"
    assert client.get("/accesso/codice").location == "/accesso"
    assert not is_in(client)


def test_without_the_password_there_is_no_page_for_a_code(switched_on, client):
    assert client.get("/accesso/codice").location == "/accesso"
    assert give(client, switched_on[0].code()).location == "/accesso"


def test_the_sixth_guess_waits_five_minutes(now, switched_on, client, page):
    phone, _ = switched_on
    password(client)
    for _ in range(5):
        assert give(client, "000000").status_code == 422

    answer = give(client, phone.code())

    assert "Troppi tentativi. Riprova tra 5 minuti." in page(answer, 429).text_content()
    assert answer.headers["Retry-After"] == "300"
    now.shift(302)
    assert give(client, phone.code()).status_code == 303


@pytest.mark.parametrize(("pause_s", "most"), [(301, 20), (3601 / 5, 50)])
def test_guesses_are_counted_by_the_hour_and_by_the_day_too(now, switched_on, app, pause_s, most):
    """In fives with a pause long enough for the shorter limits, as a patient attacker would."""
    tried = 0
    for _ in range(most + 1):
        browser = app.test_client()
        password(browser)
        if give(browser, "000000").status_code == 429:
            break
        tried += 1
        now.shift(pause_s if tried % 5 == 0 or most == 50 else 0)

    assert tried == most


def test_a_recovery_code_stands_in_for_the_phone_once(switched_on, app, page):
    code = switched_on[1][3]
    first, second = app.test_client(), app.test_client()
    for browser in (first, second):
        password(browser)

    assert give(first, code.upper().replace("-", " ")).location == "/"
    assert "Hai usato un codice di recupero: te ne restano 9." in first.get("/stile").text
    assert give(second, code).status_code == 422


def test_somebody_elses_recovery_code_opens_nothing(switched_on, app, aurora, page):
    paolo = add_operator(aurora, Role.MARKETER, "paolo@aurora.example", "Paolo Neri")
    his = app.test_client()
    his.sign_in(paolo)
    _, codes = switch_on(his, page)
    client = app.test_client()
    password(client)

    assert give(client, codes[0]).status_code == 422


def test_the_database_holds_neither_the_key_nor_the_recovery_codes(switched_on):
    phone, codes = switched_on
    with db.reading() as session:
        rows = str([*session.exec(select(SecondFactor)), *session.exec(select(RecoveryCode))])

    assert not any(code in rows or code.replace("-", "") in rows for code in codes)
    assert phone.secret.hex() not in rows and str(phone.secret) not in rows


def test_new_recovery_codes_take_the_place_of_the_old_ones(now, switched_on, signed_in, app, page):
    phone, old = switched_on
    form = {"password": TEST_PASSWORD, "codice": phone.code()}
    shown = page(signed_in.post_form(f"{URL}/codici", form))
    new = [code.text for code in shown.xpath("//ul[@class='codes']//code")]
    client = app.test_client()
    password(client)

    assert give(client, old[0]).status_code == 422
    assert give(client, new[0]).status_code == 303


@pytest.mark.parametrize("action", ["codici", "spegni"])
@pytest.mark.parametrize("wrong", [{"password": "tutt’altra password"}, {"codice": "000000"}])
def test_password_and_code_are_asked_for_before_anything_changes(switched_on, signed_in, page, action, wrong):
    form = {"password": TEST_PASSWORD, "codice": switched_on[0].code(), **wrong}

    page(signed_in.post_form(f"{URL}/{action}", form), 422)

    assert "Ti restano 10 codici" in signed_in.get(URL).text


def test_once_switched_off_the_password_is_enough(switched_on, signed_in, app):
    form = {"password": TEST_PASSWORD, "codice": switched_on[0].code()}

    assert signed_in.post_form(f"{URL}/spegni", form).location == "/profilo"

    assert password(app.test_client()).location == "/"
    with db.reading() as session:
        assert session.exec(select(RecoveryCode)).all() == []


@pytest.fixture
def required(aurora):
    with db.writing() as session:
        session.merge(aurora).second_factor_required = True


def test_an_administrator_of_a_client_that_wants_it_gets_nowhere_without(now, required, app, signed_in, page):
    assert signed_in.get("/").location == URL
    assert signed_in.get("/configura/utenti").location == URL
    fragment = signed_in.get_htmx("/caricamenti/elenco")
    assert (fragment.status_code, fragment.headers["HX-Redirect"]) == (204, URL)
    assert "Per continuare attiva il secondo fattore" in page(signed_in.get(URL)).text_content()

    switch_on(signed_in, page)

    assert signed_in.get("/").status_code == 200


def test_a_marketer_is_not_asked_for_what_only_administrators_need(required, app, aurora):
    marta = app.test_client()
    marta.sign_in(add_operator(aurora, Role.MARKETER, "marta@aurora.example", "Marta Riva"))

    assert marta.get("/").status_code == 200


def test_the_owner_is_an_administrator_of_it_too(required, app):
    owner = app.test_client()
    owner.sign_in(add_operator(None, Role.SUPPORT, "chiara@agenzia.example", "Chiara Rossi", is_owner=True))

    assert owner.get("/configura/clienti").location == URL
