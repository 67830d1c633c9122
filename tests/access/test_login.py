"""Signing in: who enters, who does not, and that nobody can tell the difference between the two mistakes."""

import time_machine
from sqlmodel import select

from tests.conftest import TEST_PASSWORD, add_operator, make_app
from webapp import db
from webapp.access.models import LoginAttempt, Operator, Role
from webapp.access.queries import operator_by_email
from webapp.access.signing_in import passwords

WRONG = "Email o password non corrispondono. Controlla e riprova."


def sign_in(client, email="giulia@aurora.example", password=TEST_PASSWORD, **more):
    return client.post_form("/accesso", {"email": email, "password": password}, **more)


def test_a_page_asks_for_login_and_remembers_where_to_go_back(client):
    answer = client.get("/?da=1")

    assert answer.status_code == 303
    assert answer.location == "/accesso?dopo=/?da%3D1"


def test_the_overview_is_where_one_lands_so_it_needs_no_return_path(client):
    assert client.get("/").location == "/accesso"


def test_the_login_page_can_be_filled_by_a_password_manager(client, page):
    tree = page(client.get("/accesso"))

    assert tree.get_element_by_id("email").get("autocomplete") == "username"
    assert tree.get_element_by_id("password").get("autocomplete") == "current-password"


def test_the_right_password_opens_the_overview(client, giulia):
    answer = sign_in(client)

    assert (answer.status_code, answer.location) == (303, "/")
    assert "Giulia Ferri" in client.get("/stile").text


def test_the_address_may_be_typed_in_capitals(client, giulia):
    assert sign_in(client, " Giulia@Aurora.example ").status_code == 303


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(client, giulia, page):
    wrong = page(sign_in(client, password="tutt’altra password"), 422)
    unknown = page(sign_in(client, "nessuno@aurora.example"), 422)

    assert wrong.findtext(".//*[@role='alert']//p") == WRONG
    assert unknown.findtext(".//*[@role='alert']//p") == WRONG


def test_an_unknown_address_takes_as_long_as_a_wrong_password(database):
    """Both verify a hash with the same figures: the one of nobody's password is made like all others."""
    nobodys, another = (
        passwords.nobodys_hash().split("$"),
        passwords.hash_password("una qualunque").split("$"),
    )

    assert nobodys[:4] == another[:4]
    assert list(map(len, nobodys)) == list(map(len, another))  # salt and digest are whole


def test_the_password_is_never_sent_back(client, giulia):
    answer = sign_in(client, password="tutt’altra password")

    assert "tutt’altra password" not in answer.text
    assert "giulia@aurora.example" in answer.text


def test_an_empty_form_says_what_is_missing(client, page):
    tree = page(sign_in(client, "", ""), 422)

    assert [error.text_content().strip() for error in tree.find_class("error")] == [
        "Scrivi il tuo indirizzo email.",
        "Scrivi la tua password.",
    ]


def test_a_deactivated_operator_does_not_enter(client, aurora):
    add_operator(aurora, Role.MARKETER, is_active=False)

    assert sign_in(client).status_code == 422


def test_a_password_of_a_megabyte_is_refused_without_hashing_it(client, giulia):
    assert sign_in(client, password="a" * 1_000_000).status_code == 422


def test_an_old_hash_is_renewed_at_the_first_sign_in(database, giulia):
    client = make_app(database, password_kib=47104, password_passes=2).test_client()
    sign_in(client)

    with db.reading() as session:
        renewed = operator_by_email(session, giulia.email).password_hash
    assert renewed.startswith("$argon2id$v=19$m=47104,t=2,p=1$")
    assert passwords.matches(renewed, TEST_PASSWORD)


def test_the_eleventh_guess_at_an_account_waits(client, giulia, page):
    for _ in range(10):
        assert sign_in(client, password="non è questa").status_code == 422

    answer = sign_in(client)

    assert "Troppi tentativi. Riprova tra 5 minuti." in page(answer, 429).text_content()
    assert 290 <= int(answer.headers["Retry-After"]) <= 301


def test_an_account_under_attack_does_not_close_the_others(app, client, giulia, aurora):
    add_operator(aurora, Role.MARKETER, "paolo@aurora.example", "Paolo Neri")
    for _ in range(10):
        sign_in(client, password="non è questa", environ_base={"REMOTE_ADDR": "198.51.100.7"})

    assert sign_in(app.test_client(), "paolo@aurora.example").status_code == 303


def test_one_address_cannot_try_many_accounts(client, giulia):
    for number in range(10):
        sign_in(client, f"tentativo{number}@aurora.example")

    assert sign_in(client).status_code == 429


def test_knowing_one_password_does_not_help_to_guess_others(app, giulia):
    for number in range(10):
        sign_in(app.test_client(), f"tentativo{number}@aurora.example")
        if number % 2:
            sign_in(app.test_client())

    assert sign_in(app.test_client(), "altro@aurora.example").status_code == 429


def test_after_five_minutes_one_may_try_again(app, giulia):
    with time_machine.travel("2026-11-23T13:05:00+00:00", tick=False) as now:
        for _ in range(11):
            sign_in(app.test_client(), password="non è questa")
        now.shift(301)
        assert sign_in(app.test_client()).status_code == 303


def test_the_table_of_attempts_names_nobody(client, giulia):
    sign_in(client, password="non è questa", environ_base={"REMOTE_ADDR": "198.51.100.7"})

    with db.reading() as session:
        keys = [attempt.key for attempt in session.exec(select(LoginAttempt))]
    assert len(keys) == 4  # the account in this network and everywhere, the network, overall
    assert not any("giulia" in key or "198.51" in key for key in keys)


def test_the_return_path_is_followed_after_sign_in(client, giulia):
    answer = client.post_form(
        "/accesso", {"email": giulia.email, "password": TEST_PASSWORD, "dopo": "/stile?colori=1"}
    )

    assert answer.location == "/stile?colori=1"


def test_who_is_already_in_is_not_asked_again(signed_in):
    assert signed_in.get("/accesso?dopo=/stile").location == "/stile"


def test_the_demo_has_a_door_of_its_own(database, page):
    client = make_app(database, demo=True).test_client()
    assert "entra nella demo" in page(client.get("/accesso")).text_content()

    assert client.post_form("/accesso/demo").location == "/"

    with db.reading() as session:
        operator = session.exec(select(Operator)).one()
        assert (operator.name, operator.email) == ("Giulia Ferri", "giulia@aurora.example")
    assert "Studio Aurora" in client.get("/stile").text


def test_the_demo_door_is_not_there_otherwise(client, page):
    assert "demo" not in page(client.get("/accesso")).text_content()
    assert client.post_form("/accesso/demo").status_code == 404


def test_what_the_browser_kept_goes_with_who_signs_out(signed_in):
    answer = signed_in.post_form("/uscita")

    assert answer.headers["Clear-Site-Data"] == '"storage"'
