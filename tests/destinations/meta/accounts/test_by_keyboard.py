"""Connecting an account with the keyboard alone, through Facebook's dialog and back."""

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from tests.conftest import opened, served_at
from tests.destinations.meta.accounts.journey import FACEBOOK
from tests.support.keyboard import press, tab_to
from webapp import services as platea

pytestmark = pytest.mark.browser


def test_an_account_is_connected(app, meta_settings, chromium, signed_in, simulator):
    with served_at(app) as address, opened(chromium, address, signed_in) as window:
        platea.start(replace(meta_settings, public_url=address))
        window.goto(FACEBOOK)
        press(window, "Configura un account Facebook")
        expect(window.get_by_label("Nome")).to_be_visible()
        tab_to(window, "^Nome")
        window.keyboard.type("Aurora Outlet")
        tab_to(window, "^Account ID")
        window.keyboard.type(simulator.account_id)
        press(window, "^autorizza")
        window.get_by_role("button", name="Continua").focus()  # Facebook's own page, not ours
        window.keyboard.press("Enter")
        expect(window.get_by_text("Ora clicca su salva.")).to_be_visible()
        press(window, "^salva")

        expect(window.get_by_role("link", name="Info su Aurora Outlet")).to_be_visible()
        expect(window.get_by_text("Account salvato.")).to_be_visible()
