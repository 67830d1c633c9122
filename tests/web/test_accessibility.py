"""Pages that belong to no room, judged by axe-core in light and dark, wide and narrow."""

import pytest
from playwright.sync_api import Page

from tests.conftest import opened
from tests.support.axe import violations_in_every_mode

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]  # four examinations a test


@pytest.fixture
def window(chromium, served, signed_in):
    with opened(chromium, served, signed_in, bypass_csp=True) as page:
        yield page


@pytest.mark.parametrize("path", ["/stile", "/non-c-e", "/", "/profilo"])
def test_axe_finds_nothing_to_say(window: Page, path: str):
    window.goto(path)

    assert violations_in_every_mode(window) == []


def test_axe_finds_nothing_to_say_of_an_open_menu(window: Page):
    window.goto("/stile")
    window.get_by_role("button", name="Azioni di prova").click()

    assert violations_in_every_mode(window, "menu") == []


def test_axe_finds_nothing_to_say_of_the_sign_in_page_and_its_errors(window: Page):
    window.context.clear_cookies()
    window.goto("/accesso")
    assert violations_in_every_mode(window) == []

    window.get_by_role("button", name="entra").click()
    assert violations_in_every_mode(window, "errori") == []
