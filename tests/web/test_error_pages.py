"""When something is not there, not allowed or broken: a page a person can read, and for htmx a toast."""

import json
import re
from dataclasses import replace

import pytest
from flask import abort, request

from tests.conftest import make_app
from webapp import db
from webapp.services import start


@pytest.fixture
def broken(app):
    """The application as in production, with a page that fails."""

    def fail() -> str:
        raise RuntimeError("qualcosa di nostro, con dentro giulia@aurora.example")

    app.add_url_rule("/guasto", "guasto", fail)
    app.testing = False
    return app.test_client()


def toast(answer) -> dict:
    return json.loads(answer.headers["HX-Trigger"])["avviso"]


def test_an_unknown_address_says_so_and_shows_the_way_back(client, page):
    tree = page(client.get("/non-c-e"), 404)

    assert tree.findtext(".//h1") == "Questa pagina non c’è"
    assert "Forse il link è vecchio o l’elemento è stato eliminato." in tree.text_content()
    assert tree.xpath("//a[@href='/']")


def test_a_method_that_is_not_meant_says_which_are(client, page):
    answer = client.get("/accesso/demo")

    page(answer, 405)
    assert "POST" in answer.headers["Allow"]


def test_a_stale_form_asks_to_reload(client, page):
    tree = page(client.post("/accesso", data={"email": "a", "password": "b"}), 400)

    assert tree.findtext(".//h1") == "Ricarica la pagina"


def test_our_own_failure_gives_a_code_for_support_and_nothing_else(broken, page):
    text = page(broken.get("/guasto"), 500).text_content()

    assert "L’errore è nostro e l’abbiamo registrato." in text
    assert re.search(r"all’assistenza:\s+[0-9a-f]{12}\b", text)
    assert "RuntimeError" not in text and "giulia" not in text


def test_the_code_on_the_page_is_the_one_in_the_log(broken, capsys):
    code = re.search(r"<code>([0-9a-f]{12})</code>", broken.get("/guasto").text)[1]

    assert code in capsys.readouterr().out


def test_every_page_of_an_error_says_by_which_name_the_log_knows_the_request(client, capsys):
    """Also where it is nobody's fault: who asks for help reads it out, who runs Platea looks for it."""
    for path in ("/non-c-e", "/accesso"):
        answer = client.get(path) if path == "/non-c-e" else client.post(path)
        named = re.search(r"Codice per l’assistenza: <code>([0-9a-f]{12})</code>", answer.text)[1]
        assert (answer.headers["X-Request-Id"], named in capsys.readouterr().out) == (named, True)


def test_for_htmx_a_failure_leaves_the_page_as_it_is(broken):
    answer = broken.get_htmx("/guasto")

    assert (answer.status_code, answer.text) == (500, "")


def test_for_htmx_a_refusal_is_a_toast_and_nothing_is_swapped(client):
    answer = client.get_htmx("/non-c-e")

    assert (answer.status_code, answer.text) == (404, "")
    assert answer.headers["HX-Reswap"] == "none"
    assert toast(answer) == {
        "testo": "Forse il link è vecchio o l’elemento è stato eliminato.",
        "tipo": "err",
    }


def test_for_htmx_a_stale_form_is_a_toast_that_asks_to_reload(client):
    answer = client.post("/accesso", headers={"HX-Request": "true"})

    assert answer.status_code == 400
    assert "Ricarica la pagina" in toast(answer)["testo"]


def test_without_its_database_platea_says_that_it_will_be_back(database, page):
    app = make_app(database)
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = "1:0"
    start(replace(database, database_url="postgresql+psycopg://nessuno@127.0.0.1:1/platea?connect_timeout=1"))

    answer = client.get("/")

    assert "Platea non è disponibile" in page(answer, 503).text_content()
    assert answer.headers["Retry-After"] == "15"
    assert 'http-equiv="refresh" content="15"' in answer.text
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").get_json()["status"] == "down"
    db.connect(database.database_url)


def test_an_error_page_follows_the_chosen_theme(client, page):
    client.set_cookie("tema", "dark")

    assert page(client.get("/non-c-e"), 404).get("data-theme") == "dark"


def test_a_theme_nobody_knows_is_ignored(client, page):
    client.set_cookie("tema", '"><script>')

    assert page(client.get("/non-c-e"), 404).get("data-theme") is None
    assert page(client.get("/accesso")).get("data-theme") is None


def test_a_view_may_say_better_what_went_wrong(app, signed_in, page):
    app.add_url_rule("/rifiuto", "rifiuto", lambda: abort(409, "Questo caricamento è già in corso."))
    app.add_url_rule("/manca", "manca", lambda: request.form["campo"])

    assert "Questo caricamento è già in corso." in page(signed_in.get("/rifiuto"), 409).text_content()
    assert "campo" not in page(signed_in.get("/manca"), 400).text_content()
