"""What the frame of every page does in a real browser: keyboard, menus, theme, toasts, live fragments."""

from collections.abc import Iterator

import pytest
from flask import Flask, render_template_string, request
from playwright.sync_api import Page, expect

from tests.conftest import TEST_PASSWORD, make_app, opened, served_at
from webapp.web import htmx

pytestmark = pytest.mark.browser

LIVE = """
{% from "shared/_macros.html" import menu, live_note %}
<section id="live" hx-get="/vivo" hx-trigger="{{ 'every 200ms, ' if count < 90 }}refresh from:body"
         hx-target="this" hx-swap="outerMorph">
  <div id="row" data-state="{{ 'completed' if count > 2 else 'sending' }}" data-name="Black Friday">
    <span class="status">{{ 'Completato' if count > 2 else 'Invio in corso' }}</span>
    <b id="count">{{ count }}</b>
    {% call menu("menu-riga", "Azioni per Black Friday") %}
    <button type="button" hx-post="/ferma" hx-target="#live" hx-swap="none"
            hx-confirm="{{ question }}">Ferma</button>
    {% endcall %}
  </div>
  {{ live_note(3, "Si aggiorna da solo", "Fermo") }}
</section>
"""
QUESTION = "Fermare?|Gli altri non verranno inviati.|ferma il caricamento|lascialo proseguire"
PAGE = (
    '{% extends "shared/base.html" %}{% set crumbs = [("Prova", none)] %}{% block title %}Prova{% endblock %}'
    "{% block main %}<h1>Prova</h1>" + LIVE + "{% endblock %}"
)


class Server:
    """A page with a live fragment, and what it was asked for."""

    def __init__(self, app: Flask) -> None:
        self.polls = 0
        self.stopped = 0
        self.broken = False
        app.add_url_rule("/prova", "prova", lambda: render_template_string(PAGE, count=0, question=QUESTION))
        app.add_url_rule("/vivo", "vivo", self.live)
        app.add_url_rule("/ferma", "ferma", self.stop, methods=["POST"])

    def live(self) -> str | tuple[str, int]:
        self.polls += 1
        if self.broken:
            return "", 500
        return render_template_string(LIVE, count=self.polls, question=QUESTION)

    def stop(self) -> object:
        assert request.headers["HX-Request"] == "true"
        self.stopped += 1
        return htmx.notice(htmx.make_response("", 204), "Caricamento fermato.")


@pytest.fixture
def server(app: Flask) -> Server:
    return Server(app)


@pytest.fixture
def live(server: Server, window: Page) -> Page:
    window.goto("/prova")
    return window


def wait_polls(page: Page, server: Server, more: int) -> None:
    goal = server.polls + more
    while server.polls < goal:
        page.wait_for_timeout(50)


def test_the_menu_stays_in_sight_however_far_one_scrolls(window: Page):
    window.goto("/stile")
    window.get_by_role("link", name="Panoramica").scroll_into_view_if_needed()
    window.evaluate("window.scrollTo(0, 3000)")

    expect(window.get_by_role("link", name="Panoramica", exact=True)).to_be_in_viewport()


def test_a_live_fragment_asks_again_and_keeps_its_place(live, server):
    wait_polls(live, server, 2)

    expect(live.locator("#count")).not_to_have_text("0")


def test_a_screen_reader_hears_changes_of_state_only(live, server):
    expect(live.locator("#annunci")).to_have_text("Black Friday: Completato")


def test_pause_stops_the_questions_and_resume_starts_them_again(live, server):
    live.get_by_role("button", name="Non aggiornare la pagina").click()
    live.wait_for_timeout(300)
    asked = server.polls
    live.wait_for_timeout(700)
    assert server.polls == asked

    live.get_by_role("button", name="Riprendi ad aggiornare la pagina").click()
    wait_polls(live, server, 2)


def test_nothing_is_asked_while_a_menu_of_the_fragment_is_open(live, server):
    live.get_by_role("button", name="Azioni per Black Friday").click()
    live.wait_for_timeout(300)
    asked = server.polls
    live.wait_for_timeout(700)
    assert server.polls == asked

    live.keyboard.press("Escape")
    wait_polls(live, server, 2)


def test_nothing_is_asked_while_the_tab_is_hidden(live, server):
    live.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    live.wait_for_timeout(300)
    asked = server.polls
    live.wait_for_timeout(700)
    assert server.polls == asked

    live.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    wait_polls(live, server, 2)


def test_a_lost_connection_is_said_once_and_so_is_its_return(live, server):
    server.broken = True
    toast = live.locator(".toast.err")
    expect(toast).to_have_text("Connessione persa: i numeri sono fermi. Riproviamo da soli.")
    wait_polls(live, server, 3)
    expect(toast).to_have_count(1)
    expect(live.locator("#row")).to_be_visible()

    server.broken = False
    expect(toast).to_have_count(0)
    expect(live.locator(".toast.ok")).to_have_text(
        "Connessione ripristinata: i numeri si aggiornano di nuovo."
    )


def test_stopping_asks_first_and_the_safe_answer_stops_nothing(live, server):
    actions = live.get_by_role("button", name="Azioni per Black Friday")
    actions.click()
    live.get_by_role("button", name="Ferma").click()
    dialog = live.get_by_role("dialog")
    expect(dialog).to_contain_text("Gli altri non verranno inviati.")
    expect(dialog.get_by_role("button", name="lascialo proseguire")).to_be_focused()

    live.keyboard.press("Escape")

    expect(dialog).to_be_hidden()
    expect(actions).to_be_focused()
    assert server.stopped == 0


def test_stopping_goes_on_when_it_is_confirmed(live, server):
    live.get_by_role("button", name="Azioni per Black Friday").click()
    live.get_by_role("button", name="Ferma").click()
    live.get_by_role("button", name="ferma il caricamento").click()

    expect(live.locator(".toast.ok")).to_have_text("Caricamento fermato.")
    assert server.stopped == 1


def test_a_toast_goes_by_itself_and_can_be_closed(window, signed_in):
    window.clock.install()
    window.goto("/stile")
    window.evaluate("document.dispatchEvent(new CustomEvent('avviso', {detail: {testo: 'Salvato.'}}))")
    toast = window.locator("#avvisi .toast")
    expect(toast).to_have_text("Salvato.")

    window.clock.fast_forward(7_500)

    expect(toast).to_have_count(0)


def test_an_error_toast_stays_until_it_is_closed(window):
    window.clock.install()
    window.goto("/stile")
    window.evaluate(
        "document.dispatchEvent(new CustomEvent('avviso', {detail: {testo: 'Non salvato.', tipo: 'err'}}))"
    )
    window.clock.fast_forward(60_000)
    toast = window.locator("#avvisi .toast")
    expect(toast).to_have_text("Non salvato.")

    toast.get_by_role("button", name="Chiudi l’avviso").click()

    expect(toast).to_have_count(0)


def test_the_end_of_a_session_is_said_two_minutes_before(window):
    window.clock.install()
    window.goto("/stile")
    left_s = int(window.locator("body").get_attribute("data-session-left"))
    assert 29 * 60 < left_s <= 30 * 60  # of an administrator
    window.clock.fast_forward((left_s - 130) * 1000)
    expect(window.locator("#avvisi .toast")).to_have_count(0)

    window.clock.fast_forward(12_000)

    expect(window.locator("#avvisi .toast")).to_contain_text("Tra 2 minuti dovrai entrare di nuovo.")


def test_the_first_tab_offers_to_skip_the_menu(window):
    window.goto("/stile")
    window.keyboard.press("Tab")
    expect(window.get_by_role("link", name="Vai al contenuto")).to_be_focused()

    window.keyboard.press("Enter")

    assert window.evaluate("document.activeElement.id") == "contenuto"


def test_the_chosen_theme_is_there_on_the_next_page_too(window):
    window.goto("/stile")
    window.get_by_role("button", name="Cambia tema").click()
    expect(window.locator("html")).to_have_attribute("data-theme", "dark")

    window.reload()

    expect(window.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_user_menu_signs_out(window):
    window.goto("/stile")
    window.get_by_role("button", name="Giulia Ferri").click()
    window.get_by_role("button", name="Esci").click()

    expect(window.get_by_role("heading", name="Accesso")).to_be_visible()
    expect(window.get_by_text("Sei uscito.")).to_be_visible()


@pytest.fixture
def phone(chromium, served, signed_in) -> Iterator[Page]:
    with opened(chromium, served, signed_in, viewport={"width": 320, "height": 700}) as page:
        yield page


def test_on_a_phone_the_menu_opens_over_the_page(phone):
    phone.goto("/stile")
    entry = phone.get_by_role("link", name="Panoramica")
    expect(entry).to_be_hidden()

    phone.get_by_role("button", name="Apri il menu").click()
    expect(entry).to_be_visible()

    phone.keyboard.press("Escape")
    expect(entry).to_be_hidden()


@pytest.mark.parametrize("path", ["/stile", "/accesso", "/non-c-e"])
def test_nothing_is_wider_than_a_small_phone(phone, path):
    phone.goto(path)

    assert phone.evaluate("document.documentElement.scrollWidth") <= 320


def test_signing_in_works_by_keyboard_and_without_javascript(chromium, served, giulia):
    with opened(chromium, served, None, java_script_enabled=False) as page:
        page.goto("/stile?x=1")
        page.goto("/accesso?dopo=/stile")
        page.get_by_label("Email").fill("giulia@aurora.example")
        page.keyboard.press("Tab")
        page.keyboard.type(TEST_PASSWORD)
        page.keyboard.press("Enter")

        expect(page.get_by_role("heading", name="Foglio dei componenti")).to_be_visible()
        expect(page.get_by_role("button", name="Giulia Ferri")).to_be_visible()


def test_wrong_credentials_take_the_focus_to_the_sentence_that_says_so(chromium, served, giulia):
    with opened(chromium, served, None) as page:
        page.goto("/accesso")
        page.get_by_label("Email").fill("giulia@aurora.example")
        page.get_by_label("Password").fill("non è questa")
        page.keyboard.press("Enter")

        expect(page.get_by_role("alert")).to_be_focused()


def test_the_demo_is_one_click_away_and_always_says_that_it_is_one(chromium, database):
    app = make_app(database, demo=True)
    with served_at(app) as address, opened(chromium, address, None) as page:
        page.goto("/accesso?dopo=/stile")
        page.get_by_role("button", name="entra nella demo").click()

        expect(page.get_by_label("Modalità demo")).to_contain_text("nessun dato raggiunge Facebook")
        page.get_by_role("link", name="Collega un account vero").click()
        expect(page.get_by_role("heading", name="Collega un account vero")).to_be_visible()


UPLOAD = (
    '{% extends "shared/base.html" %}{% set crumbs = [("Prova", none)] %}{% block title %}Prova{% endblock %}'
    "{% block main %}<h1>Prova</h1>"
    '<form id="f" method="post" action="/file" enctype="multipart/form-data" novalidate data-upload'
    ' data-max-bytes="1000" data-too-large="Il file supera 1 kB.">'
    '<input type="hidden" name="csrf_token" value="{{ csrf_token() }}">'
    '<label for="file">File</label><input id="file" type="file" name="file">'
    '<progress hidden aria-label="Invio del file"></progress><button type="submit">continua</button></form>'
    "{% endblock %}"
)


@pytest.fixture
def upload_page(app: Flask, window: Page) -> Page:
    def receive() -> object:
        file = request.files["file"]
        if file.filename == "vuoto.csv":
            return '<form id="f"><div data-error-summary tabindex="-1">Vuoto</div></form>', 422
        return htmx.go_to(f"/stile?letti={len(file.read())}")

    app.add_url_rule("/invia", "invia", lambda: render_template_string(UPLOAD))
    app.add_url_rule("/file", "file", receive, methods=["POST"])
    window.goto("/invia")
    return window


def choose(page: Page, name: str, size: int) -> None:
    page.get_by_label("File", exact=True).set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": b"x" * size}
    )
    page.get_by_role("button", name="continua").click()


def test_a_file_arrives_and_the_page_goes_on(upload_page):
    choose(upload_page, "clienti.csv", 900)

    upload_page.wait_for_url("**/stile?letti=900")


def test_a_refused_file_brings_the_form_back_with_its_error(upload_page):
    choose(upload_page, "vuoto.csv", 10)

    expect(upload_page.get_by_text("Vuoto")).to_be_focused()


def test_a_file_that_is_too_large_is_said_before_it_is_sent(upload_page):
    choose(upload_page, "clienti.csv", 1_001)

    expect(upload_page.locator(".toast.err")).to_have_text("Il file supera 1 kB.")
