"""An open session: it ends by itself, at sign-out, and whenever the operator's sessions must all end."""

from hashlib import sha256

import pytest
import time_machine
from sqlmodel import select

from tests.conftest import TEST_PASSWORD, add_operator, make_app
from webapp import db
from webapp.access.members.operators import set_password
from webapp.access.models import OpenSession, Role


def is_in(client) -> bool:
    return client.get("/stile").text.count("Giulia Ferri") > 0 and client.get("/").status_code == 200


def cookie_of(client) -> str:
    return client.get_cookie("platea").value


def test_signing_out_ends_the_session_for_a_copied_cookie_too(app, signed_in):
    copied = cookie_of(signed_in)

    answer = signed_in.post_form("/uscita")

    assert answer.location == "/accesso"
    assert "Sei uscito." in signed_in.get("/accesso").text
    thief = app.test_client()
    thief.set_cookie("platea", copied)
    assert thief.get("/").status_code == 303


def test_signing_out_is_a_post(signed_in, page):
    page(signed_in.get("/uscita"), 405)


def test_signing_in_starts_from_an_empty_cookie(client, giulia):
    """Otherwise who prepared the cookie of a shared computer would know it afterwards."""
    with client.session_transaction() as session:
        session["lasciato"] = "da un altro"
    before = client.csrf_token()

    client.post_form("/accesso", {"email": giulia.email, "password": TEST_PASSWORD})

    with client.session_transaction() as session:
        assert "lasciato" not in session
    assert client.post("/uscita", data={"csrf_token": before}).status_code == 400


def test_a_new_password_ends_every_open_session(signed_in, giulia):
    with db.writing() as session:
        set_password(session, giulia.email, "una password del tutto nuova")

    assert signed_in.get("/").location == "/accesso"


def test_a_deactivated_operator_is_out_at_once(signed_in, giulia):
    with db.writing() as session:
        session.merge(giulia).is_active = False

    assert signed_in.get("/").status_code == 303


@pytest.fixture
def marta(app, aurora):
    """A browser where a marketer of Studio Aurora is signed in."""
    browser = app.test_client()
    browser.sign_in(add_operator(aurora, Role.MARKETER, "marta@aurora.example", "Marta Riva"))
    return browser


@pytest.fixture
def now():
    with time_machine.travel("2026-11-23T08:00:00+00:00", tick=False) as traveller:
        yield traveller


def stays_in(browser) -> bool:
    return browser.get("/demo").status_code == 404  # who is out is sent to sign in


def test_a_session_nobody_uses_ends_after_eight_hours(now, marta):
    now.shift(8 * 3600 + 1)

    assert marta.get("/stile?x=1").status_code == 200
    assert marta.get("/").location == "/accesso"


def test_the_session_of_an_administrator_ends_after_half_an_hour(now, signed_in, marta):
    now.shift(30 * 60 + 1)

    assert not stays_in(signed_in)
    assert stays_in(marta)


def test_who_is_signed_out_by_time_is_told_and_brought_back(now, signed_in, page):
    now.shift(30 * 60 + 1)
    answer = signed_in.get("/configura/utenti")

    assert answer.location == "/accesso?dopo=/configura/utenti"
    assert "La sessione è finita. Entra di nuovo" in page(signed_in.get(answer.location)).text_content()
    assert "La sessione è finita" not in signed_in.get("/accesso").text


def test_who_was_never_in_is_told_nothing(client, page):
    client.get("/database")

    assert "La sessione è finita" not in page(client.get("/accesso")).text_content()


def test_an_administrator_who_goes_on_working_stays_in(now, signed_in):
    for _ in range(6):
        now.shift(25 * 60)
        assert stays_in(signed_in)


def test_a_session_in_use_goes_on_but_never_past_twelve_hours(now, marta):
    for _ in range(2):
        now.shift(5 * 3600)
        assert stays_in(marta)
    now.shift(2 * 3600 + 1)

    assert not stays_in(marta)


def test_a_page_that_updates_by_itself_does_not_keep_the_session_open(now, marta):
    now.shift(5 * 3600)
    marta.get_htmx("/demo")
    now.shift(4 * 3600)

    assert not stays_in(marta)


def test_a_cookie_signed_with_another_key_is_nobodys(database, signed_in):
    cookie = cookie_of(signed_in)
    elsewhere = make_app(database, secret_key="un’altra chiave, dopo la rotazione").test_client()
    elsewhere.set_cookie("platea", cookie)

    assert elsewhere.get("/").location == "/accesso"


@pytest.mark.parametrize("cookie", ["", "x", "eyJfdXNlcl9pZCI6IjE6MCJ9.aa.bb", "." * 4000])
def test_a_cookie_that_is_no_cookie_of_ours_is_nobodys(client, cookie):
    client.set_cookie("platea", cookie)

    assert client.get("/").location == "/accesso"


def test_the_database_does_not_hold_what_a_cookie_holds(signed_in):
    with signed_in.session_transaction() as cookie:
        key = cookie["_user_id"]
    with db.reading() as session:
        (row,) = session.exec(select(OpenSession)).all()

    assert len(key) >= 43  # 256 bits
    assert key not in str(row) and row.key_hash != sha256(key.encode()).hexdigest()


def test_signing_in_again_ends_the_session_that_this_browser_had(client, giulia):
    form = {"email": giulia.email, "password": TEST_PASSWORD}
    client.post_form("/accesso", form)
    copied = cookie_of(client)
    client.post_form("/uscita")
    client.post_form("/accesso", form)
    with db.reading() as session:
        assert len(session.exec(select(OpenSession)).all()) == 1

    client.set_cookie("platea", copied)
    assert client.get("/").location == "/accesso"


def test_a_fragment_sends_to_sign_in_and_back_to_its_page(client):
    answer = client.get_htmx("/demo", **{"HX-Current-URL": "http://localhost/database/abc?pagina=2"})

    assert answer.status_code == 401
    assert answer.text == ""
    assert answer.headers["HX-Redirect"] == "/accesso?dopo=/database/abc?pagina%3D2"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client):
    cookie = client.get("/accesso").headers["Set-Cookie"]

    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie
    assert "Domain" not in cookie


def test_over_https_the_cookie_travels_only_encrypted(database):
    client = make_app(database, public_url="https://platea.example").test_client()

    cookie = client.get("/accesso", base_url="https://platea.example").headers["Set-Cookie"]

    assert cookie.startswith("__Host-platea=") and "Secure" in cookie
