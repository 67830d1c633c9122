"""Pages that belong to no room, judged by axe-core in light and dark, wide and narrow."""

import pytest
from playwright.sync_api import Page

from tests.conftest import opened
from tests.support.axe import violations

pytestmark = pytest.mark.browser


@pytest.fixture(params=[(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")], ids=str)
def any_window(request, chromium, served, signed_in):
    width, scheme = request.param
    size = {"width": width, "height": 900}
    with opened(chromium, served, signed_in, viewport=size, color_scheme=scheme, bypass_csp=True) as page:
        yield page


@pytest.mark.parametrize("path", ["/stile", "/non-c-e", "/", "/profilo"])
def test_axe_finds_nothing_to_say(any_window: Page, path: str):
    any_window.goto(path)

    assert violations(any_window) == []


def test_axe_finds_nothing_to_say_of_an_open_menu(any_window: Page):
    any_window.goto("/stile")
    any_window.get_by_role("button", name="Azioni di prova").click()

    assert violations(any_window) == []


def test_axe_finds_nothing_to_say_of_the_sign_in_page_and_its_errors(any_window: Page):
    any_window.context.clear_cookies()
    any_window.goto("/accesso")
    assert violations(any_window) == []

    any_window.get_by_role("button", name="entra").click()
    assert violations(any_window) == []
