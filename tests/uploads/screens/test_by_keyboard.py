"""Uploading, stopping and answering a question with the keyboard alone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import add_operator, opened
from tests.support.keyboard import press, tab_to
from tests.uploads.screens.building import add_upload
from tests.uploads.screens.test_browser import form  # noqa: F401 (the upload form with an account on the simulator)
from webapp.access.models import Role
from webapp.uploads.status import BatchStatus, UploadStatus

pytestmark = pytest.mark.browser


def test_users_are_uploaded(form: Page):  # noqa: F811
    press(form, "Crea nuova", "ArrowRight")
    expect(form.locator("input[name=audience]:enabled").first).to_be_visible()
    tab_to(form, "Clienti newsletter")
    form.keyboard.press("Space")
    expect(form.locator("#verifica")).to_contain_text("La custom audience accetta aggiunte e rimozioni")
    press(form, "Ho raccolto il consenso", "Space")
    expect(form.locator("#ready-text")).to_contain_text("Verranno inviati 2 utenti.")

    press(form, "carica gli utenti")

    expect(form.get_by_text("Caricamento avviato. Lo trovi in cima allo storico.")).to_be_visible()
    expect(form.locator("tbody .status")).to_have_text("In coda")


def test_an_upload_is_followed_and_stopped(window: Page, clienti, worker):
    add_upload(
        clienti, [(BatchStatus.SENT, 100, 0), (BatchStatus.PENDING, 300, 0)], status=UploadStatus.SENDING
    )
    window.goto(f"/database/{clienti.public_id}/custom-audience")

    press(window, "Azioni per Clienti attivi 12 mesi")
    press(window, "Ferma il caricamento")
    dialog = window.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="lascialo proseguire")).to_be_focused()
    press(window, "^ferma il caricamento")

    expect(window.locator("tbody .status")).to_have_text("Fermato", timeout=15_000)
    press(window, "^Clienti attivi 12 mesi")
    expect(window.get_by_role("heading", name="Clienti attivi 12 mesi")).to_be_visible()


def test_support_finds_why_an_upload_stands_still(chromium, app, served, aurora, clienti):
    add_upload(
        clienti, status=UploadStatus.PAUSED, reason="L’autorizzazione è scaduta.", todo="Autorizza di nuovo."
    )
    browser = app.test_client()
    browser.sign_in(add_operator(aurora, Role.SUPPORT, "paolo@aurora.example", "Paolo Neri"))
    allowed = ["clipboard-read", "clipboard-write"]
    with opened(chromium, served, browser, permissions=allowed) as window:
        window.goto("/")
        press(window, "^Caricamenti")
        expect(window.get_by_role("heading", name="Caricamenti", level=1)).to_be_visible()
        tab_to(window, "Cerca per audience, cliente o numero")
        window.keyboard.type("attivi 12")
        expect(window).to_have_url(re.compile(r"q=attivi\+12"))
        press(window, "^Clienti attivi 12 mesi")

        expect(window.locator("#reason")).to_contain_text("L’autorizzazione è scaduta.")
        press(window, "Copia diagnosi")
        expect(window.locator(".toast.ok")).to_contain_text("Diagnosi copiata")
