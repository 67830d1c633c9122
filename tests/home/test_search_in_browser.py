"""Search everything from any page: keyboard only, and whatever becomes of the answers."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.conftest import opened
from tests.support.axe import violations_in_every_mode
from tests.uploads.screens.building import add_upload
from webapp import db
from webapp.contacts import databases

pytestmark = pytest.mark.browser


@pytest.fixture
def black_friday(aurora):
    with db.writing() as session:
        clienti = databases.create_database(session, aurora.id, "Clienti Italia")
    return add_upload(clienti, audience_name="Black Friday")


def field(page: Page):
    return page.get_by_role("combobox", name="Che cosa cerchi")


def active(page: Page) -> str:
    """The option that the field names as the active one, as a screen reader finds it."""
    name = field(page).get_attribute("aria-activedescendant")
    return page.locator(f"#{name}[aria-selected=true]").inner_text() if name else ""


def test_with_the_keyboard_alone_from_any_page_and_back(window: Page, black_friday):
    window.goto("/filtri")
    window.get_by_role("link", name="Guida", exact=True).focus()
    window.keyboard.press("Control+k")
    expect(field(window)).to_be_focused()
    expect(window.get_by_role("option", name="Panoramica")).to_be_visible()
    expect(field(window)).to_have_attribute("aria-expanded", "true")
    assert active(window) == ""
    window.keyboard.press("ArrowDown")
    assert active(window) == "Panoramica"
    window.keyboard.press("Escape")
    expect(window.get_by_role("dialog")).to_have_count(0)
    expect(window.get_by_role("link", name="Guida", exact=True)).to_be_focused()

    window.keyboard.press("Meta+k")
    window.keyboard.type("clienti")
    expect(window.get_by_role("group", name="Database utenti").get_by_role("option")).to_have_count(1)
    expect(window.get_by_role("status").filter(has_text="risultati")).to_be_visible()
    options = window.get_by_role("option")
    first, last = options.first.inner_text(), options.last.inner_text()
    assert active(window) == first
    window.keyboard.press("ArrowUp")
    assert active(window) == last
    window.keyboard.press("ArrowDown")
    assert active(window) == first

    window.keyboard.press("Control+a")
    window.keyboard.type("black fri")
    window.keyboard.press("Enter")  # before the answer is there

    expect(window).to_have_url(re.compile(f"/caricamenti/{black_friday.public_id}$"))


def test_the_button_opens_it_and_axe_finds_nothing_to_say(chromium, served, signed_in, black_friday):
    with opened(chromium, served, signed_in, bypass_csp=True) as page:
        page.goto("/filtri")
        page.get_by_role("link", name="Cerca").click()
        page.keyboard.type("a")
        expect(page.get_by_role("option", name="Black Friday")).to_be_visible()

        assert list(violations_in_every_mode(page, "ricerca", "dialog[open]")) == []
        page.get_by_role("button", name="Chiudi la ricerca").click()
        expect(page.get_by_role("link", name="Cerca")).to_be_focused()


def test_an_answer_that_comes_late_is_never_shown(window: Page, black_friday):
    held: list[Route] = []
    window.goto("/filtri")
    window.route("**/cerca", lambda route: held.append(route))
    window.keyboard.press("Control+k")
    window.keyboard.type("registro")
    while not any("registro" in (route.request.post_data or "") for route in held):
        window.wait_for_timeout(20)
    window.keyboard.press("Control+a")
    window.keyboard.type("black")
    while "black" not in (held[-1].request.post_data or ""):
        window.wait_for_timeout(20)
    expect(window.get_by_text("Sto cercando…")).to_be_visible()

    held[-1].continue_()
    expect(window.get_by_role("option", name="Black Friday")).to_be_visible()
    for route in held[:-1]:
        route.continue_()
    window.wait_for_load_state("networkidle")

    assert window.get_by_role("option", name="Registro").count() == 0
    assert active(window).startswith("Black Friday")


def test_a_lost_line_is_told_in_the_dialog_and_a_lost_session_leads_to_sign_in(window: Page, black_friday):
    window.goto("/filtri")
    window.route("**/cerca", lambda route: route.abort())
    window.keyboard.press("Control+k")
    window.keyboard.type("black")
    expect(window.get_by_text("Connessione persa: la ricerca non risponde.")).to_be_visible()
    expect(field(window)).to_have_value("black")

    window.unroute("**/cerca")
    window.keyboard.type(" f")
    expect(window.get_by_role("option", name="Black Friday")).to_be_visible()

    window.context.clear_cookies()
    window.keyboard.type("r")
    expect(window).to_have_url(re.compile("/accesso"))
