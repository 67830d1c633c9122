"""An open session: it ends by itself, at sign-out, and whenever the operator's sessions must all end."""

import pytest
import time_machine

from tests.conftest import TEST_PASSWORD, make_app
from webapp import db
from webapp.access.operators import set_password


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
def now():
    with time_machine.travel("2026-11-23T08:00:00+00:00", tick=False) as traveller:
        yield traveller


def test_a_session_nobody_uses_ends_after_eight_hours(now, signed_in):
    now.shift(8 * 3600 + 1)

    assert signed_in.get("/stile?x=1").status_code == 200
    assert signed_in.get("/").location == "/accesso"


def test_a_session_in_use_goes_on_but_never_past_twelve_hours(now, signed_in):
    for _ in range(2):
        now.shift(5 * 3600)
        assert signed_in.get("/demo").status_code == 404  # in: who is out is sent to sign in
    now.shift(2 * 3600 + 1)

    assert signed_in.get("/demo").status_code == 303


def test_a_page_that_updates_by_itself_does_not_keep_the_session_open(now, signed_in):
    now.shift(5 * 3600)
    signed_in.get_htmx("/demo")
    now.shift(4 * 3600)

    assert signed_in.get("/demo").status_code == 303


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
