"""Platea under a path of a host: every address it gives is below that path, and nothing else is answered."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import html

from tests.conftest import TEST_PASSWORD, make_app
from tests.contacts.conftest import import_file
from webapp import db
from webapp.contacts.models import UserDatabase
from webapp.destinations.meta.accounts import oauth
from webapp.web import security

ROOT = "/platea"
URL = f"http://127.0.0.1:8000{ROOT}"
LINKS = ("href", "src", "hx-get", "data-copy-from")
ADDRESSES = (*LINKS, "action", "formaction", "hx-post", "poster")
MOST_PAGES = 60
CSV = "Nome;Email\nMario;mario.rossi@posta.example\nAnna;non è un indirizzo\n"


@pytest.fixture
def app(database):
    return make_app(database, public_url=URL)


@pytest.fixture
def people(aurora, app) -> UserDatabase:
    with db.writing() as session:
        made = UserDatabase(client_id=aurora.id, name="Clienti")
        session.add(made)
    import_file(made, CSV)
    return made


def addresses(text: str, names: tuple[str, ...] = ADDRESSES) -> set[str]:
    """Every address of ours in a page, as a browser would ask for it."""
    found = {
        value
        for element in html.fromstring(text).iter()
        for name, value in element.attrib.items()
        if name in names and value.startswith("/")
    }
    return {address.partition("#")[0] for address in found}


def send(browser, page: str, to: str, data: dict | None = None, htmx: bool = False, **more):
    """Send a form of *page* as a browser does, with the token that stands in it."""
    (token, *_) = html.fromstring(browser.get(page, **more).text).xpath("//*[@name='csrf_token']/@value")
    headers = {"HX-Request": "true"} if htmx else {}
    return browser.post(to, data={"csrf_token": token, **(data or {})}, headers=headers, **more)


def test_no_link_of_any_page_leads_out_of_the_path(signed_in, people):
    """Whoever follows every link from the overview on stays below the path, and finds no page missing."""
    left, seen, outside, missing = [f"{ROOT}/", f"{ROOT}/questa-non-c-e"], set(), [], []
    while left and len(seen) < MOST_PAGES:
        page = left.pop(0)
        kind = re.sub(r"[A-Za-z0-9_-]{20,}|\?.*", "…", page)
        if kind in seen:
            continue
        seen.add(kind)
        answer = signed_in.get(page)
        if answer.status_code in (302, 303):
            outside += [page] * (not urlsplit(answer.location).path.startswith(ROOT))
        elif answer.status_code != 200 and not page.endswith("non-c-e"):
            missing.append((page, answer.status_code))
        if "text/html" not in answer.content_type:
            continue
        found = addresses(answer.text) if answer.text.strip() else set()
        outside += [(page, one) for one in found if not one.startswith(f"{ROOT}/")]
        left += sorted(addresses(answer.text, LINKS)) if found else []

    assert (outside, missing) == ([], [])
    for part in ("database", "filtri", "caricamenti", "configura/integrazioni", "configura/utenti", "guida"):
        assert f"{ROOT}/{part}" in seen, part
    assert len(seen) > 30


def test_files_fragments_forms_and_redirects_of_htmx_work_below_the_path(signed_in, people):
    css = next(one for one in addresses(signed_in.get(f"{ROOT}/").text) if "app.css" in one)
    assert signed_in.get(css).headers["Cache-Control"] == "public, max-age=31536000, immutable"

    page = f"{ROOT}/database/{people.public_id}/importazioni/nuova"
    gone = send(signed_in, page, page, htmx=True)
    assert gone.status_code == 422  # no file; the form itself was taken
    out = send(signed_in, page, f"{ROOT}/uscita", htmx=True)
    assert out.headers["HX-Redirect"] == f"{ROOT}/accesso"


def test_who_signs_in_is_led_back_to_the_page_below_the_path(app, giulia):
    browser = app.test_client()
    asked = browser.get(f"{ROOT}/database?q=x")
    assert asked.location == f"{ROOT}/accesso?dopo={ROOT}/database?q%3Dx"

    (after,) = parse_qs(urlsplit(asked.location).query)["dopo"]
    form = {"email": giulia.email, "password": TEST_PASSWORD, "dopo": after}
    answer = send(browser, f"{ROOT}/accesso", f"{ROOT}/accesso", form)

    assert (answer.status_code, answer.location) == (303, f"{ROOT}/database?q=x")
    assert all("; Path=/platea" in cookie for cookie in answer.headers.getlist("Set-Cookie"))


@pytest.mark.parametrize(
    "elsewhere", ["/altro", "/plateau", "/platea/../altro", "//platea/x", "/plateabis/x", "/"]
)
def test_nobody_is_led_to_another_program_of_the_same_host(app, elsewhere):
    with app.test_request_context(f"{ROOT}/accesso"):
        assert security.local_path(elsewhere) is None
        assert security.local_path(f"{ROOT}/database?q=/altro") == f"{ROOT}/database?q=/altro"


def test_facebook_is_told_to_come_back_below_the_path(app):
    with app.test_request_context(f"{ROOT}/"):
        assert oauth.redirect_uri() == f"{URL}/configura/integrazioni/facebook/ritorno"


def test_over_https_cookies_are_bound_to_tls_and_to_the_path(database, giulia):
    app = make_app(database, public_url="https://esempio.it/platea")
    browser, page = app.test_client(), f"{ROOT}/accesso"
    form = {"email": giulia.email, "password": TEST_PASSWORD}
    answer = send(browser, page, page, form, base_url="https://esempio.it")
    cookies = answer.headers.getlist("Set-Cookie")
    assert sorted(cookie.partition("=")[0] for cookie in cookies) == [
        "__Secure-platea",
        "__Secure-platea-browser",
    ]
    assert all("; Secure; HttpOnly; Path=/platea" in cookie for cookie in cookies)
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_what_comes_without_the_path_is_told_what_the_proxy_does(app):
    client = app.test_client()
    lost = client.get("/accesso")
    assert lost.status_code == 404
    assert f"Platea si apre da {URL}." in lost.text and "il proxy toglie /platea dall’indirizzo" in lost.text
    assert client.get("/").location == f"{URL}/"
    assert [client.get(path).status_code for path in ("/healthz", f"{ROOT}/healthz")] == [200, 200]
    assert client.get("/plateau/accesso").status_code == 404
